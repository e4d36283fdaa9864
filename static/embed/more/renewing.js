// A membership that renews itself: signed while it is paid or after that, seen and ended where it is read.
//
// Knows the contract of subscriptions. Refuses to sign by itself: the reader does that with Alipay.

import * as words from "./words.js";
import { h } from "../tools.js";
import { IN_WECHAT, ON_PHONE, here, line } from "./tools.js";

// "1m", "30d": how often, and how much.
const terms = (t, every, price) => {
  const count = parseInt(every);
  const often = every === "1m" ? t(words.monthly) : t(/m$/.test(every) ? words.months : words.everyDays, count);
  return often.replace("#", price);
};

// An act that goes to Alipay's page or fails with a word below.
const goes = ({ lock, t, button }, label, look, where) => {
  const wrong = h("p class=must role=alert"), it = button(label, async () => {
    it.disabled = true;
    try {
      location.href = await where();
    } catch (error) {
      wrong.textContent = lock._told(error);
    }
    it.disabled = false;
  }, look);
  return [it, wrong];
};

// Beside the code of an order at Alipay's gateway: paying and signing are one act there, on a computer.
export const payAndRenew = (view, { id, token, price, renews, pay_url: atGateway }) => {
  const { lock, t } = view;
  if (!renews || !atGateway || ON_PHONE) return [];
  const where = async () => (await lock._call(`orders/${id}/subscription`, token, { back: here() })).sign_url;
  return [...goes(view, t(words.payAndRenew), "other", where), line(terms(t, renews, price) + t(words.consent))];
};

// Within the receipt of a right that ends: what is agreed to, and how to end it or to begin.
export const renewing = async (view, right, place) => {
  const { lock, t, button, site } = view;
  if (!right.expires_at) return;
  const again = () => renewing(view, right, place);
  try {
    const [{ renews, price }, { items }] = await Promise.all([lock._call(`sites/${site}/products/${lock._of}`), lock._call("subscriptions", right.token)]);
    const live = items.find(({ state }) => /normal|paused/.test(state));
    if (live) {
      const end = button(t(words.endRenewal), async () => {
        if (end.dataset.sure) await lock._call(`subscriptions/${live.id}/unsign`, right.token, {}).then(again, lock._told);
        end.textContent = t(words.endSure);
        end.dataset.sure = 1;
      }, "bare");
      place.replaceChildren(line(t(words.renews, terms(t, live.every, live.amount))), end);
    } else if (renews && !IN_WECHAT) {
      place.replaceChildren(...goes(view, t(words.begin), "small", async () => {
        const { sign_url, wallet_url } = await lock._call("subscriptions", right.token, { back: here() });
        // The wallet opens beside this page, which finds out when its reader is back.
        const back = () => {
          if (place.isConnected) document.hidden || again();
          else document.removeEventListener("visibilitychange", back);
        };
        document.addEventListener("visibilitychange", back);
        return ON_PHONE && wallet_url || sign_url;
      }), line(terms(t, renews, price) + t(words.consent)));
    } else place.replaceChildren();
  } catch { /* the text is open: this is asked again at the next visit */ }
};
