// One showing of one lock, from the moment it stands on the page until it is taken away or starts afresh: all that it
// knows lives in here, so what an earlier showing left running finds only its own, dead nodes.

import looks from "./looks.css";
import * as words from "./words.js";
import { chance, h, recall, retain } from "./tools.js";
import { decrypt, openText, parse } from "./sealed.js";

const POLL_MS = 3e3, POLL_MAX_MS = 1e4, POLL_ENDED_MAX_MS = 6e4, ANSWER_WAIT_MS = 15e3, PAUSE_MS = 500;
const PAST_MAX = 2, PAST_KEPT_MS = 7 * 864e5; // ended orders are still asked about: money may be found days later

const self = document.currentScript, HOME = self?.src || location.href;
const LOOKS = new CSSStyleSheet();
LOOKS.replaceSync(looks);

// Comfort and what is needed rarely come as a second script from beside this one, as soon as there is use for it;
// without it the sale works all the same. Its hash is built in, so who pins this part has pinned both. It hands over a
// function for each view that it completes, and for each error that it knows to help.
let coming, rare;
const more = () => coming ||= new Promise(done => {
  const script = Object.assign(document.createElement("script"), {
    src: new URL(KEEP_FILE, HOME), integrity: KEEP_HASH, crossOrigin: "", nonce: self?.nonce,
    onload: () => done(rare = script._rare),
  });
  document.head.append(script);
});

const pause = () => new Promise(done => setTimeout(done, PAUSE_MS));

export const ATTRIBUTES = ["site", "product", "server", "sealed", "dark", "lang"];

export const begin = lock => {
  const life = new AbortController(), { signal } = life;
  const [site, product, server, sealed, dark] = ATTRIBUTES.map(name => lock.getAttribute(name)), [, version, box] = parse(sealed);
  const base = server || new URL(HOME).origin, path = `sites/${site}/products/${product}`;
  const shelf = `matcha:${base}/${site}`, key = `${shelf}/${product}`;
  const texts = words.TEXTS[/^zh/i.test(lock.closest("[lang]")?.lang || navigator.language) ? 0 : 1];
  const t = (word, filling) => texts[word].replace("$", filling);

  // now: the order on show. past: those that ended. keys: of sealed texts, by version. shown: the dialog is open.
  const own = { past: [], keys: {}, ...recall(key) };
  own.past = own.past.filter(order => Date.now() - order.at < PAST_KEPT_MS);
  const save = () => retain(key, own);

  // The rights to read of the whole site, by product: { token, code, kept, wide }. Wide: it opens other products too.
  const rights = () => recall(shelf) || {};
  const keep = (of, right) => retain(shelf, { ...rights(), [of]: right });

  let facts, news, view, last, content, bought, timer, asking, delay, leave = () => {};

  const emit = (name, detail) => lock.dispatchEvent(new CustomEvent(`matcha:${name}`, {
    bubbles: true, composed: true,
    // Never a token: any script of the page may listen.
    detail: { site, product, order: JSON.parse(JSON.stringify(bought || own.now || null, ["id", "status", "amount", "price", "channel", "late"])), ...detail },
  }));

  const call = async (path, token, body, headers) => {
    const answer = await fetch(`${base}/api/v1/${path}`, {
      method: body ? "POST" : "GET",
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout?.(ANSWER_WAIT_MS),
      headers: {
        "accept-language": t(words.lang),
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { "content-type": "application/json", "matcha-reader": retain("matcha:reader", recall("matcha:reader") || chance()) }),
        ...headers,
      },
    });
    const data = await answer.json().catch(() => ({}));
    if (answer.ok) return data;
    throw { ...data, status: answer.status };
  };

  // ---- one order

  // The id is ours and is stored before it is sent: whatever breaks, asking again gives the same order.
  const place = async (wish, headers) => {
    const text = JSON.stringify(wish);
    if (own.now?.wish !== text) own.now = { wish: text, at: Date.now(), client_order_id: chance() };
    const order = own.now;
    save();
    show("wait", t(words.wait));
    try {
      take(order, await call("orders", 0, { site, product, ...wish, client_order_id: order.client_order_id }, headers));
      emit("order");
      ask(1);
    } catch (error) {
      fail(error, headers => place(wish, headers));
    }
  };

  // What the server says of an order is the truth; here it is only kept and shown.
  const take = (order, fresh) => {
    const before = order.status, { status, unlock } = Object.assign(order, fresh, { until: performance.now() + fresh.expires_in_ms });
    if (unlock && !bought) {
      bought = order;
      own.now = 0;
      own.past = [];
      keep(order.product, unlock);
      emit("paid");
      enter(order.product);
    }
    if (order === own.now) {
      if (before === "pending" && status === "expired") emit("expire");
      if (/cancelled|refunded/.test(status)) close(putAway());
      else if (/order|wait|expired/.test(view)) drawOrder();
    }
    save();
    drawCard();
  };

  // An order that ended makes room for the next, but its money may still be on the way.
  const putAway = () => {
    own.past = [own.now, ...own.past].slice(0, PAST_MAX);
    own.now = 0;
    save();
  };

  // What became of the orders: asked often while one is open, slowly behind those that ended, and at once when the
  // reader comes back from his wallet.
  const ask = async eager => {
    clearTimeout(asking);
    if (eager) delay = POLL_MS;
    if (document.hidden || signal.aborted) return;
    for (const order of [own.now, ...own.past]) if (order?.id) {
      await call(`orders/${order.id}`, order.token).then(
        fresh => signal.aborted || take(order, fresh), error => { if (/401|404/.test(error.status)) take(order, { status: "cancelled" }); });
    }
    clearTimeout(asking);
    asking = setTimeout(ask, delay);
    delay = Math.min(delay * 1.5, own.now?.status === "pending" ? POLL_MAX_MS : POLL_ENDED_MAX_MS);
  };

  // ---- the right to read

  const refusal = word => ({ code: "cannot_open", detail: t(word) });

  // True once the text stands on the page; nothing where no right that is stored opens it.
  const unlock = async trial => {
    // Before anything is sold: this page must be able to open it.
    if (sealed && !(version && crypto.subtle)) throw refusal(version ? words.https : words.broken);
    const kept = own.keys[version], all = rights();
    const open = async got => stand(sealed ? await openText(box, got.key, site, product, version) : got.html, got);
    // A key that is here opens the text without any server. One that does not fit is asked for anew, once.
    if (kept && !(new Date(kept.expires_at) < Date.now())) try { return await open(kept); } catch { /* it does not fit */ }
    for (const of of new Set([product, trial, ...Object.keys(all).filter(of => all[of]?.wide)])) if (all[of]) {
      let got;
      try {
        got = await call(`${path}/content${version ? `?key_version=${version}` : ""}`, all[of].token);
      } catch (error) {
        if (!/401|402/.test(error.status)) throw error;
        if (of === product || error.code !== "payment_required") keep(of, void (news = error.detail));
        continue;
      }
      if (of !== product) keep(of, { ...all[of], wide: 1 });
      got.of = of;
      if (version) own.keys = { [version]: got };
      return open(got).catch(() => { throw refusal(words.broken); });
    }
  };

  const stand = async (html, { of, key }) => {
    // The page may still be on its way, and what is to be shown with it.
    while (document.readyState === "loading") await pause();
    if (signal.aborted) return 1;
    if (html == null) {
      for (content = lock; (content = content.nextElementSibling) && !content.matches("[data-matcha-reveal]"););
      leave = shown => content?.toggleAttribute("hidden", !shown);
      leave(1);
    } else {
      // A copy of the page that was kept (Turbo) brings along what stood there.
      if (/matcha-content/.test(lock.nextElementSibling?.className)) lock.nextElementSibling.remove();
      content = h("div class=matcha-content tabindex=-1");
      content.innerHTML = html;
      lock.after(content);
      leave = () => content.remove();
    }
    lock._done = 1;
    const inside = dialog.open, { code, kept } = rights()[of] || {};
    close();
    // The lock becomes the receipt, until the reader says that he kept the recovery code.
    card.hidden = kept || !code;
    card.replaceChildren(t(words.keep), h("code part=code", {}, code));
    if (inside) (card.hidden ? content : card)?.focus({ preventScroll: true });
    Object.assign(lock, { _of: of, _content: content, _decrypt: (box, name) => decrypt(box, key, site, product, version, name) });
    dress("owned");
    emit("unlock", { content });
    save();
    life.abort();
    return 1;
  };

  // Paid or restored. The right is stored, so nothing is lost however often this has to be tried.
  const enter = async (of, typed) => {
    show("wait", t(words.wait));
    try {
      if (await unlock(of)) {
        for (const other of document.querySelectorAll("matcha-lock")) if (other._shelf === shelf && !other._done) other.refresh();
      } else if (typed) drawRestore(t(words.wrong));
      else start(news = bought = 0);
    } catch (error) {
      fail(error, () => enter(of, typed));
    }
  };

  // A right comes back by its code. That of another product is kept too, and tried here: it may be a bundle's.
  const restore = async (code, sign_out) => {
    open();
    show("wait", t(words.wait));
    try {
      const got = await call("unlocks/restore", 0, { code, sign_out });
      if (got.site === site) keep(got.product, { ...got, code, kept: 1 });
      await enter(got.product, 1);
    } catch (error) {
      if (error.code === "too_many_seats") fail(error, sign_out => restore(code, sign_out));
      else drawRestore(told(error), code);
    }
  };

  // ---- the dialog, and the card that opens it

  const drawCard = () => {
    const { now } = own, pending = now?.status === "pending", price = pending ? now.amount : facts?.price;
    title.textContent = facts?.title;
    note.textContent = news;
    slot.hidden = !news;
    main.textContent = bought || news ? t(words.retry) : /not/.test(facts?.state) ? t(words.off)
      : t(pending ? words.resume : words.read) + (price ? ` · ¥${price}` : "");
  };

  // What a view is made of: a text is a line, [label, act, look] a button.
  const kid = it => it.big ? h("p class=dim", {}, it) : it.map ? h(`button class="${it[2] || ""}"`, { onclick: () => it[1]() }, it[0]) : it;

  // One view takes the place of another; the focus moves along, so that a keyboard or a screen reader follows.
  const show = (name, words, ...kids) => {
    clearTimeout(timer);
    dialog.dataset.view = view = name;
    heading.textContent = words;
    panel.replaceChildren(...kids.map(kid));
    heading.focus();
    dress(name, name);
  };
  const dress = (name, at) => more().then(() => (at ?? view) === view && rare[name]?.(lock));
  const open = () => {
    if (dialog.open || lock._done) return;
    dialog.showModal();
    own.shown = 1;
    save();
    emit("open");
  };
  const close = () => dialog.close();
  const told = error => {
    const message = error.detail || t(words.offline); // what is not the server's word did not come from it
    emit("error", { code: error.code, message });
    return message;
  };
  const fail = (error, retry) => {
    lock._error = error;
    lock._retry = retry;
    show(error.code || "failed", told(error), [t(words.retry), retry, "go"]);
  };

  // The button works before title and price are here.
  const learn = async () => {
    lock._facts = facts = await call(path);
    drawCard();
  };
  const start = async () => {
    if (bought || news) return enter(bought?.product);
    if (own.now?.id) return drawOrder();
    show("wait", t(words.wait));
    try {
      if (!/^on/.test(facts?.state)) await learn();
      // The second part knows which wallet is at hand; nobody waits for it long.
      await Promise.race([more(), pause()]);
      const { channels, price, offers } = facts;
      if (channels[1] || offers?.[0]) show("choice", t(words.choose), h("p class=amount", {}, `¥${price}`), ...channels.map(channel => [wallet(channel), () => place({ channel }), "go"]));
      else place({ channel: channels[0] }); // without any the server says why
    } catch (error) {
      fail(error, start);
    }
  };

  const wallet = channel => t(channel === "wechat" ? words.wechat : words.alipay);

  const drawOrder = () => {
    const order = own.now, { amount, channel, status, price } = order, must = order.pay_url ? "" : t(words.must, amount); // who pays there cannot pay another amount
    if (status !== "pending") {
      live.textContent = t(words.expired);
      return show("expired", t(words.expired), h("p class=must", {}, t(words.twice)), [t(words.again), () => { putAway(); place(JSON.parse(order.wish)); }, "go"]);
    }
    if (view !== "order") { // else only the time has changed
      const [yuan, fen] = amount.split("."), scan = t(words.scan, wallet(channel));
      show("order", scan,
        h("p class=amount part=amount", {}, `¥${yuan}.`, h(amount === price ? "b" : "b class=soon", {}, fen)),
        h("p class=must", {}, must),
        h("img part=qr width=240 height=240", { src: order.code.image_url, alt: `${scan} ¥${amount}` }),
        h("p part=timer role=timer"));
      last = 0;
    }
    // By performance.now(): the reader's wall clock may be wrong, or set while he waits.
    const time = panel.querySelector("[role]"), tick = () => {
      const left = Math.max(0, Math.ceil((order.until - performance.now()) / 1e3));
      time.textContent = t(words.left, `${left / 60 | 0}:${`${left % 60}`.padStart(2, 0)}`);
      time.className = left > 20 || "soon";
      // Spoken at the start, at one minute, at twenty seconds and at the end; a voice every second helps nobody.
      if (left !== last && (!last || /^[26]?0$/.test(left))) live.textContent = (last ? "" : `${must}. `) + t(words.left, t(words.seconds, left));
      last = left;
      timer = left ? setTimeout(tick, 250) : setTimeout(ask, 500, 1); // only the server says that it is over
    };
    clearTimeout(timer);
    tick();
  };

  const drawRestore = (wrong = "", code = "") => {
    const input = h("input required autocomplete=off spellcheck=false aria-labelledby=a", { value: code });
    show("restore", t(words.have), h("form", { onsubmit(event) { event.preventDefault(); restore(input.value.trim()); } },
      input, h("p class=must role=alert", {}, wrong), h("button class=go", {}, t(words.read))));
    input.focus();
  };

  // ---- what stands on the page

  const body = h(`div class=root lang=${t(words.lang)}`, {
    innerHTML: `<div class=card part=card tabindex=-1><p part=title></p><p></p><button class=go part=button></button><slot hidden></slot><button class=bare>${t(words.have)}</button></div><dialog part=dialog aria-labelledby=a><button class=x aria-label=${t(words.close)}>×</button><h2 id=a tabindex=-1></h2><div class=view></div><p class=say role=status>`,
  });
  const [card, title, note, main, slot, have, dialog, x, heading, panel, live] = body.querySelectorAll("*");
  main.onclick = () => lock.open();
  have.onclick = () => { open(); drawRestore(); };
  x.onclick = close;
  dialog.onclick = ({ target }) => { if (target === dialog) close(); }; // the backdrop
  dialog.onclose = () => {
    emit("close");
    clearTimeout(timer);
    own.shown = view = 0;
    if (own.now?.id && own.now.status !== "pending") putAway();
    save();
    if (!lock._done) drawCard();
  };
  const root = lock.shadowRoot || lock.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [LOOKS];
  root.replaceChildren(body);

  // Night: as the system says, or as the blog's own switch does, which the attribute `dark` selects.
  const system = matchMedia("(prefers-color-scheme:dark)");
  const paint = () => {
    let night = dark ? dark === "always" : system.matches;
    try { night ||= lock.closest(dark); } catch { /* not a selector */ }
    body.classList.toggle("dark", night);
  };
  const watch = new MutationObserver(paint);
  watch.observe(document, { attributes: true, subtree: true });
  system.onchange = paint;
  paint();

  // What the page calls, and what the second part works with.
  Object.assign(lock, {
    open() { open(); start(); }, close, restore,
    _end() {
      life.abort();
      watch.disconnect();
      system.onchange = 0;
      close();
      leave();
      lock._done = 0;
    },
    _own: own, _shelf: shelf, _save: save, _call: call, _show: show, _place: place, _take: take, _ask: ask,
    _putAway: putAway, _keep: keep, _start: start, _enter: enter, _type: drawRestore, _told: told, _emit: emit,
  });

  // What the page's address brings after its #, and what the owner was told.
  const brought = () => { if (own.claim || /#(unlock|matcha)/.test(location.hash)) dress("brought"); };

  // Opens what is owned, else takes up the orders that were under way.
  (async () => {
    drawCard();
    for (const name of ["visibilitychange", "pageshow", "online"]) addEventListener(name, ask, { signal });
    try {
      if (await unlock()) return;
    } catch (error) {
      news = told(error);
    }
    drawCard();
    brought();
    addEventListener("hashchange", brought, { signal });
    learn().catch(error => { news = told(error); drawCard(); });
    if (own.now) own.now.until = 0; // counted by another page's clock
    const { now, shown } = own;
    await ask(1);
    if (now?.id && now === own.now) {
      if (now.status !== "pending") putAway();
      else if (shown) drawOrder(open());
    }
  })();
};
