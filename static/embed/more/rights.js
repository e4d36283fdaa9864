// Views of the right to read: what to keep after payment, seats, attachments, and what the page's address brings.

import * as words from "./words.js";
import { h, recall } from "../tools.js";
import { here, readdress, row } from "./tools.js";
import { claimButton, watchClaim } from "./claim.js";
import { draw } from "./picture.js";
import { renewing } from "./renewing.js";

const asked = {}; // codes from the page's address: all locks of a page ask once
const made = new Map(); // the addresses of attachments, by the content that they stand in

// What the page's address brings after its #.
const part = name => new RegExp(`[#&]${name}=([^&]*)`).exec(location.hash)?.[1];
const clean = () => readdress(here());

export const restore = view => view.panel.append(claimButton(view));

// The lock has become the receipt. The recovery code stays until the reader says that he kept it, and at hand after that.
export const owned = view => {
  const { lock, card, t, button, copier } = view, all = recall(lock._shelf) || {}, right = all[lock._of];
  attachments(view);
  // A code in the address would be shared with the address; other locks of the page may still want it.
  if (part("unlock") && [...document.querySelectorAll("matcha-lock")].every(({ _done: done }) => done)) clean();
  if (!right?.code) return;
  const { code, kept } = right, link = () => `${here()}#unlock=${code}`;
  const turn = kept => {
    lock._keep(lock._of, { ...right, kept });
    card.hidden = false;
    card.className = kept ? "card small-card" : "card";
    if (kept) card.replaceChildren(button(`${t(words.code)} ›`, () => { turn(0); card.focus(); }, "bare"));
    else card.replaceChildren(...first, h("code part=code", {}, code), row(
      copier(t(words.copy), () => code, "small"), copier(t(words.unlockLink), link, "small"),
      button(t(words.save), async event => {
        const url = draw(view, code, link()), picture = h("img class=picture", { src: url, alt: `${t(words.code)} ${code}` });
        picture.onerror = () => picture.remove(); // a policy without data: pictures; the file can be saved all the same
        event.currentTarget.parentNode.after(h("a download=matcha.png", { href: url }, picture), h("a class=link download=matcha.png", { href: url }, t(words.hint)));
        event.currentTarget.remove();
      }, "small")),
      renewal(lock, right, t), standing,
      button(t(words.kept), () => { turn(1); lock._content?.focus({ preventScroll: true }); }));
  };
  const first = [...card.childNodes].slice(0, 1), standing = h("div");
  turn(kept);
  renewing(view, right, standing);
};

// A right that ends is prolonged on the pay page, by its code: what is left of it is added.
const renewal = ({ _shelf: shelf, _of: of }, { expires_at: end }, t) => {
  if (!end) return "";
  const [, base, site] = /^matcha:(.*)\/([^/]*)$/.exec(shelf);
  return h("a class=link", { href: `${base}/a/${site}/${of}?renew=1` }, t(words.renew, new Date(end).toLocaleDateString()));
};

// A sealed picture or download stands in the opened text as data-matcha-src or -href. Each is fetched and opened by
// itself; one that fails is replaced by the reason and breaks nothing else.
const attachments = ({ lock, t }) => {
  const { _content: content, _decrypt: decrypt } = lock;
  for (const [old, urls] of made) if (!old.isConnected) {
    urls.forEach(url => URL.revokeObjectURL(url));
    made.delete(old);
  }
  content?.querySelectorAll("[data-matcha-name]").forEach(async node => {
    const { matchaSrc: src, matchaHref: href, matchaName: name, matchaType: type } = node.dataset;
    try {
      const file = new Uint8Array(await (await fetch(src || href)).arrayBuffer());
      const head = new TextDecoder().decode(file.subarray(0, 20)).split(".", 2).join(".") + ".";
      if (head !== lock.getAttribute("sealed").slice(0, head.length)) throw 0; // another format or key version
      const url = URL.createObjectURL(new Blob([await decrypt(file.subarray(head.length), `file:${name}`)], { type }));
      made.set(content, [...(made.get(content) || []), url]);
      node[src ? "src" : "href"] = url;
    } catch {
      node.replaceWith(t(words.broken));
    }
  });
};

export const tooManySeats = ({ lock, panel, t }) => {
  const { seats = [] } = lock._error, again = lock._retry;
  const day = time => time ? new Date(time).toLocaleDateString(t(words.zh) ? "zh-CN" : "en", { dateStyle: "medium" }) : "";
  const form = h("form", {
    onsubmit(event) {
      event.preventDefault();
      again([...new FormData(form).getAll("seat")]);
    },
  },
  h("div class=picks role=group aria-labelledby=a", {}, ...seats.map(({ id, label, since, last_seen_at }) => h("label class=pick", {},
    h("input type=checkbox name=seat", { value: id }),
    h("span", {}, label || t(words.buyer), h("small", {}, t(last_seen_at ? words.seen : words.since, day(last_seen_at || since))))))),
  h("button class=go", {}, t(words.signOut)));
  panel.replaceChildren(form);
};

// #unlock=CODE, #matcha-order=…, and a claim that is not yet answered.
export const brought = async view => {
  const { lock, own, site, product } = view, code = part("unlock"), handed = part("matcha-order");
  if (own.claim) watchClaim(view);
  if (handed) try {
    const [shelf, of, order] = JSON.parse(decodeURIComponent(handed));
    if (shelf === lock._shelf && of === product) {
      clean();
      if (own.now && own.now.id !== order.id) lock._putAway();
      own.now = order;
      await lock._ask(1);
      if (order.amount) lock.open(); // the server knows it
      else if (own.now === order) own.now = 0;
      lock._save();
    }
  } catch { /* not ours */ }
  if (code) {
    const name = lock._shelf + code, first = !asked[name];
    try {
      const got = await (asked[name] ||= lock._call("unlocks/restore", 0, { code }).finally(clean));
      if (got.site !== site) return;
      lock._keep(got.product, { ...got, code, kept: 1 });
      await lock._enter(got.product, 1);
    } catch {
      if (first) lock.restore(code); // asks again, and says what is wrong
    }
  }
};
