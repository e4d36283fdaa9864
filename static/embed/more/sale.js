// Views of the sale: what else would open the article and in which wallet, and all that helps with the code.

import * as words from "./words.js";
import { h, recall, retain } from "../tools.js";
import { IN_ALIPAY, IN_WECHAT, ON_PHONE, here, isAlipay, line, onePerWallet, readdress, row } from "./tools.js";
import { claimButton } from "./claim.js";
import { payAndRenew } from "./renewing.js";

const FULL_RETRY_MS = 3e3;
const streams = new WeakMap(); // by order
const wishes = new WeakMap(); // by showing: which product was picked, and the coupons that shape prices
const wishesOf = ({ own, product }) => {
  if (!wishes.has(own)) wishes.set(own, { pick: product, coupons: {} });
  return wishes.get(own);
};

// The wallet that the page is open in; else the one of last time.
const inHand = channels => channels.find(channel => IN_WECHAT ? channel === "wechat" : IN_ALIPAY && isAlipay(channel));

export const choice = view => {
  const { lock, panel, t, button, wallet, product } = view, { offers = [], price } = lock._facts;
  const channels = onePerWallet(lock._facts.channels);
  const hand = inHand(channels), wish = wishesOf(view), { coupons } = wish;
  const place = channel => {
    retain("matcha:wallet", channel);
    const { pick } = wish, coupon = coupons[pick]?.code;
    lock._place({ channel, ...(pick !== product && { product: pick }), ...(coupon && { coupon }) });
  };
  const sure = hand || !channels[1] && channels[0];
  if (sure && !offers.length && !coupons[product]) return place(sure);
  const known = hand || channels.find(channel => channel === recall("matcha:wallet")), first = known || channels[0];
  wish.shown = true;
  const option = ({ product: slug, title, price, validity_ms: time, renews }) => h("label class=pick", {},
    h("input type=radio name=pick", { value: slug, checked: slug === wish.pick, onchange: () => { wish.pick = slug; } }),
    h("span", {}, title, time ? h("small", {}, t(words.days, Math.round(time / 864e5)), renews ? t(words.canRenew) : "") : ""),
    h("b", {}, `¥${coupons[slug]?.price || price}`));
  panel.replaceChildren(
    offers.length
      ? h("div class=picks role=radiogroup aria-labelledby=a", {}, option({ product, price, title: t(words.alone) }), ...offers.map(option))
      : line(`¥${coupons[product]?.price || price}`, "amount"),
    ...[first, ...channels.filter(channel => channel !== first)].map(channel => button(wallet(channel), () => place(channel), known && channel !== first ? "go other" : "go")),
    button(t(words.coupon), () => couponEntry(view), "bare"));
};

// A coupon shapes the price before the amount is chosen; an order that is open is given back for it.
const couponEntry = (view, code = "", wrong = "") => {
  const { lock, own, t, button, site } = view, wish = wishesOf(view), pick = own.now?.product || wish.pick;
  const input = h(`input required autocomplete=off spellcheck=false aria-label="${t(words.couponIs)}"`, { value: code });
  const apply = async event => {
    event.preventDefault();
    const code = input.value.trim();
    try {
      const { coupon } = await lock._call(`sites/${site}/products/${pick}?coupon=${encodeURIComponent(code)}`);
      wish.coupons[pick] = coupon;
      const { now } = own;
      if (now?.id) change(view, { ...JSON.parse(now.wish), coupon: coupon.code });
      else lock._start();
    } catch (error) {
      couponEntry(view, code, lock._told(error));
    }
  };
  lock._show("coupon", t(words.coupon), h("form", { onsubmit: apply }, input, h("p class=must role=alert", {}, wrong), h("button class=go", {}, t(words.apply))),
    button(t(words.back), () => lock._start(), "bare"));
  input.focus();
};

// The code on show is given back, and still listened for. Where it was paid a moment ago, that counts.
const change = async ({ lock, own }, wish) => {
  const { now } = own;
  if (/^#matcha-order/.test(location.hash)) readdress(here());
  const fresh = await lock._call(`orders/${now.id}/cancel`, now.token, {}).catch(() => ({}));
  if (fresh.status === "paid") return lock._ask(1);
  if (own.now === now) lock._putAway();
  lock._place(wish);
};

// The same order for a browser that can pay it: what it needs to go on, after the # that no server sees.
const handover = ({ lock, own }) => {
  const { wish, at, client_order_id, id, token } = own.now, order = { wish, at, client_order_id, id, token };
  return `${here()}#matcha-order=${encodeURIComponent(JSON.stringify([lock._shelf, lock.getAttribute("product"), order]))}`;
};

export const order = view => {
  const { lock, own, panel, t, button, wallet, copier, site, product } = view, { now: order } = own;
  const { amount, channel, extensions_left, pay_url, pay_page_url, code: { kind, payload, image_url } } = order, who = wallet(channel);
  const [sum, must, image, time] = panel.children;
  const outside = IN_WECHAT && isAlipay(channel), inWallet = IN_WECHAT || IN_ALIPAY;

  const sumRow = row();
  sum.replaceWith(sumRow);
  sumRow.append(sum, pay_url ? "" : copier(t(words.copy), () => amount, "small"));
  if (outside) {
    image.before(line(t(words.outside), "must"), copier(t(words.link), () => handover(view), "go"));
    // WeChat's own menu opens the page's address: while this order is on show, that carries it too.
    const { hash } = location, hadFragment = /^#matcha-order/.test(hash) ? "" : hash;
    readdress(handover(view));
    lock.addEventListener("matcha:close", () => readdress(here() + hadFragment), { once: true });
  }
  // Alipay's gateway has a page for the phone that holds the wallet, and one for computers; both come back here.
  const page = ON_PHONE ? pay_url : pay_page_url;
  if (!outside && page) {
    const target = `${page}&back=${encodeURIComponent(here())}`;
    image[ON_PHONE ? "before" : "after"](h("a class=go part=app", { href: target }, t(ON_PHONE ? words.app : words.page)));
  }
  if (pay_url) must.remove();
  else if (!outside && ON_PHONE && /^https:\/\/qr\.alipay\.com\//i.test(payload)) {
    const target = `alipays://platformapi/startapp?saId=10000007&qrcode=${encodeURIComponent(payload)}`;
    image.before(h("a class=go part=app", { href: target }, t(words.app)));
  }
  image.onerror = () => image.replaceWith(line(t(words.image), "must"));
  const how = !ON_PHONE || outside || pay_url ? "" : inWallet ? t(words.press) : t(words.album, who);
  image.after(pay_url ? "" : line(t(kind === "fixed" ? words.fixed : words.open) + how));

  const more = button("", async () => {
    try {
      lock._take(order, await lock._call(`orders/${order.id}/extend`, order.token, {}));
      lock._emit("extend");
      label();
    } catch (error) {
      lock._told(error);
      lock._ask(1); // what is true now decides what is shown
    }
  });
  const label = () => {
    more.hidden = !order.extensions_left;
    more.textContent = t(words.extend, order.extensions_left);
  };
  label();
  const cancel = async () => {
    try {
      lock._take(order, await lock._call(`orders/${order.id}/cancel`, order.token, {}));
    } catch (error) {
      lock._told(error);
      lock._ask(1);
    }
  };
  const acts = row(button(t(words.cancel), cancel));
  time.after(
    row(more, h("a class=link target=_blank rel=noopener download", { href: image_url }, t(words.save))), acts,
    order.list_price !== order.price || wishesOf(view).shown ? "" : button(t(words.coupon), () => couponEntry(view), "bare"),
    ...payAndRenew(view, order));
  // After a reload the order is here before the facts are.
  Promise.resolve(lock._facts || lock._call(`sites/${site}/products/${product}`)).then(({ channels }) => {
    acts.prepend(...onePerWallet(channels).filter(other => wallet(other) !== who).map(other => button(t(words.use, wallet(other)), () => {
      retain("matcha:wallet", other);
      change(view, { ...JSON.parse(order.wish), channel: other });
    })));
  }, () => {});

  // Each event of the stream is a reason to ask at once; asking goes on without it, because streams get buffered or cut.
  if (streams.has(order)) return;
  const stream = new EventSource(order.events_url);
  streams.set(order, stream);
  stream.addEventListener("order", async () => {
    await lock._ask(1);
    if (!lock.isConnected || lock._own.now !== order || order.status !== "pending") stream.close();
  });
};

export const expired = view => {
  const { panel, t } = view;
  panel.firstChild.after(line(t(words.late)));
  panel.append(claimButton(view));
};

// All amounts are held: the next free one is taken without a word from the reader.
export const noFreeAmount = ({ lock, panel, dialog, t }) => {
  const wait = h("p role=timer"), again = lock._retry;
  // A little chance, so that all who wait do not come back in the same instant.
  const until = performance.now() + (lock._error.retry_after_ms || FULL_RETRY_MS) + Math.random() * 1e3;
  panel.prepend(wait);
  const tick = () => {
    if (!dialog.open || !wait.isConnected) return;
    const left = Math.max(0, Math.ceil((until - performance.now()) / 1e3));
    wait.textContent = t(words.soon, left);
    if (left) setTimeout(tick, 250);
    else again();
  };
  tick();
};
