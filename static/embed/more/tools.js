// What the views of the second part share: where a lock stands, its words, and small pieces of a view.

import * as words from "./words.js";
import { h } from "../tools.js";

const AGENT = navigator.userAgent;
export const IN_WECHAT = /MicroMessenger/i.test(AGENT), IN_ALIPAY = /AlipayClient/i.test(AGENT);
export const ON_PHONE = /Android|iPhone|iPad|Mobile/i.test(AGENT);
export const isAlipay = channel => channel.startsWith("alipay");
// A reader chooses a wallet. Where the owner has two ways into one, the first is offered.
export const onePerWallet = channels => channels.filter((channel, at) => !isAlipay(channel) || channels.findIndex(isAlipay) === at);

// A lock with what belongs to its present showing.
export const at = lock => {
  const root = lock.shadowRoot, body = root.querySelector(".root"), texts = words.TEXTS[body.lang === "en" ? 1 : 0];
  const t = (word, filling) => texts[word].replace("$", filling);
  const button = (label, onclick, look = "") => h(`button type=button class="${look}"`, { onclick }, label);
  return {
    lock, own: lock._own, t, button, body,
    site: lock.getAttribute("site"), product: lock.getAttribute("product"),
    card: root.querySelector(".card"), panel: root.querySelector(".view"), dialog: root.querySelector("dialog"),
    wallet: channel => t(isAlipay(channel) ? words.alipay : words.wechat),
    // Copies; where the browser does not let us, shows the text selected, ready for the reader's own copy.
    copier: (label, text, look) => {
      const it = button(label, async () => {
        try {
          await navigator.clipboard.writeText(text());
          it.textContent = t(words.copied);
        } catch {
          prompt(label, text());
        }
      }, look);
      return it;
    },
  };
};

export const row = (...kids) => h("div class=row", {}, ...kids.filter(Boolean));
export const line = (text, look = "dim") => h(`p class=${look}`, {}, text);

// The page's address without what was brought after the #, and with something instead.
export const here = () => location.href.split("#")[0];
export const readdress = url => history.replaceState(history.state, "", url);
