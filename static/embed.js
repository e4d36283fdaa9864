// <matcha-lock site="blog" product="slug">: sells a product where it stands and opens it once it is paid.
//
// Knows the reader contract. Refuses to know the blog: no global, no element but its own, every string goes in
// as text; only the bought article is HTML. Without this script the link inside the element leads to the same sale.
(() => {
  "use strict";
  if (!window.HTMLDialogElement || !document.adoptedStyleSheets || customElements.get("matcha-lock")) return;
  const HOME = new URL(document.currentScript?.src || location.href).origin;

  // ---- words: [Chinese, English]

  const WORDS = {
    lang: ["zh-CN", "en"],
    read: ["展开阅读全文", "Read on"],
    resume: ["继续付款", "Go on paying"],
    off: ["暂停出售", "Not on sale"],
    wait: ["请稍候…", "One moment…"],
    have: ["已购买？输入恢复码", "Bought it? Enter your recovery code"],
    wrong: ["这个恢复码不能打开本文", "This code does not open this article"],
    close: ["关闭", "Close"],
    cancel: ["取消", "Cancel"],
    retry: ["重试", "Try again"],
    choose: ["选择付款方式", "How will you pay?"],
    wechat: ["微信", "WeChat"],
    alipay: ["支付宝", "Alipay"],
    alipay_official: ["支付宝", "Alipay"],
    scan: [who => `用${who}扫码付款`, who => `Pay with ${who}`],
    alt: [(who, yuan) => `${who}收款码，应付 ${yuan} 元`, (who, yuan) => `${who} code, ¥${yuan} to pay`],
    must: [yuan => `请务必支付 ${yuan} 元, 多付少付都不能自动解锁`, yuan => `Pay exactly ¥${yuan}: more or less cannot be unlocked automatically`],
    fixed: ["扫码后请核对金额", "Check the amount after scanning"],
    open: ["扫码后请输入这个金额", "Type this amount after scanning"],
    press: ["；手机上可长按识别或保存", ". On a phone, long-press to scan or save"],
    left: [time => `剩余 ${time}`, time => `${time} left`],
    minutes: ["分钟", "min"],
    seconds: ["秒", "seconds"],
    extend: [n => `延长时间（还可 ${n} 次）`, n => `More time (${n} left)`],
    expired: ["付款码已过期", "This code has expired"],
    twice: ["若已付款请勿重复支付", "If you have paid, do not pay again"],
    late: ["到账后文章会自动打开", "The article opens when the money arrives"],
    again: ["重新获取付款码", "Get a new code"],
    full: ["此刻付款的人较多", "Many people are paying right now"],
    soon: [n => `${n} 秒后自动重试`, n => `Trying again in ${n} s`],
    silent: ["收款手机暂时不在线", "The receiving phone is offline"],
    why: ["现在付款无法确认到账，请稍后再来", "A payment could not be confirmed now, please come back later"],
    failed: ["出了点问题", "Something went wrong"],
    offline: ["连接不上服务器，请检查网络", "The server cannot be reached, check your network"],
    page: ["到付款页打开", "Open the pay page"],
    keep: ["已解锁。请保存恢复码，换设备时凭它阅读", "Unlocked. Keep the recovery code to read on another device"],
    copy: ["复制", "Copy"],
    copied: ["已复制", "Copied"],
    kept: ["我已保存", "I kept it"],
  };
  const speak = at => Object.fromEntries(Object.entries(WORDS).map(([name, words]) => [name, words[at]]));

  // ---- looks: what a theme may change is a --matcha-* variable or a ::part

  const LOOKS = new CSSStyleSheet();
  LOOKS.replaceSync(`
:host{display:block;--fg:var(--matcha-fg,#20261f);--bg:var(--matcha-bg,#fff);--dim:var(--matcha-dim,#5d665c);
  --line:var(--matcha-line,#dfe4da);--tea:var(--matcha-accent,#3c6e47);--on:var(--matcha-on-accent,#fff);
  --odd:var(--matcha-odd,#a8480f);font:16px/1.6 var(--matcha-font,system-ui,"PingFang SC","Microsoft YaHei",sans-serif)}
@media(prefers-color-scheme:dark){:host{--fg:var(--matcha-fg,#e4e8df);--bg:var(--matcha-bg,#1c211c);
  --dim:var(--matcha-dim,#a3ad9f);--line:var(--matcha-line,#39423a);--tea:var(--matcha-accent,#93c79c);
  --on:var(--matcha-on-accent,#12210f);--odd:var(--matcha-odd,#f0a46b)}}
[hidden]{display:none!important}
*{box-sizing:border-box}
h2,p{margin:0}
.card,.view,form{display:grid;gap:.75rem;align-content:center;justify-items:center;text-align:center}
.card,dialog{color:var(--fg);background:var(--bg);border:1px solid var(--line);border-radius:var(--matcha-radius,14px)}
.card{min-height:12rem;padding:1.25rem}
.title{min-height:1.6em}
button,input{font:inherit;color:inherit;min-height:44px;padding:.4rem 1.1rem;background:none;border:1px solid var(--line);border-radius:10px}
button{cursor:pointer}
button:hover{border-color:var(--tea)}
button:disabled{opacity:.6}
.go{min-width:15rem;background:var(--tea);border-color:var(--tea);color:var(--on);font-weight:600}
.bare{border:0}
.dim,.bare{color:var(--dim);font-size:.875rem}
a{color:var(--tea)}
:focus-visible{outline:3px solid var(--tea);outline-offset:2px}
[tabindex="-1"]:focus{outline:0}
dialog{width:min(25rem,100vw);max-width:none;max-height:100dvh;overflow:auto;overscroll-behavior:contain;padding:.75rem 1.25rem 1.25rem}
dialog::backdrop{background:#0f160f8c}
header{display:flex;align-items:center;justify-content:space-between}
h2{font-size:1.0625rem}
.x{padding:0;width:44px;margin-right:-.75rem;font-size:1.5rem}
.view{min-height:12rem}
.amount{font-size:2.75rem;line-height:1.2;font-weight:600}
.amount b{color:var(--odd)}
.must{font-weight:600}
.must,.dim{word-break:keep-all;overflow-wrap:anywhere}
.dim{text-wrap:balance}
.time,.amount{font-variant-numeric:tabular-nums}
.soon{color:var(--odd);font-weight:600}
img{width:240px;height:240px;padding:8px;background:#fff;border:1px solid var(--line);border-radius:10px;object-fit:contain}
.row{display:flex;flex-wrap:wrap;gap:.5rem;justify-content:center}
form{width:100%}
input{width:100%;text-align:center}
code{font:600 1rem/1.6 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere;user-select:all}
.say{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media(max-width:30rem){dialog{width:100vw;margin-bottom:0;border-width:1px 0 0;border-radius:18px 18px 0 0}}
@media(prefers-reduced-motion:no-preference){dialog[open]{animation:rise .2s}@keyframes rise{from{opacity:0;translate:0 12px}}}`);

  // ---- tools

  const POLL_MS = 3e3, POLL_MAX_MS = 15e3, POLL_ENDED_MAX_MS = 60e3, ANSWER_WAIT_MS = 15e3;
  const PAST_MAX = 2, PAST_KEPT_MS = 7 * 864e5; // ended orders are still asked about: money may be found days later
  const WORK_BITS_MAX = 24; // more would only burn the reader's battery

  // Functions become properties, all else attributes: nothing is parsed as markup, and no style attribute is set.
  const h = (tag, props, ...kids) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (name.startsWith("on")) node[name] = value;
      else if (value != null) node.setAttribute(name, value);
    }
    node.append(...kids.filter(Boolean));
    return node;
  };
  const button = (label, onclick, look = "") => h("button", { class: look, type: "button", onclick }, label);
  const note = (text, look = "dim", role) => h("p", { class: look, role }, text);

  // Storage may be blocked; then the page itself remembers, as long as it lives.
  const memory = new Map();
  const recall = (key, store = "localStorage") => {
    try { return memory.get(store + key) ?? JSON.parse(window[store].getItem(key)); } catch { return null; }
  };
  const retain = (key, value, store = "localStorage") => {
    try { window[store].setItem(key, JSON.stringify(value)); } catch { memory.set(store + key, value); }
    return value;
  };

  // randomUUID exists only on https; random bytes exist everywhere.
  const uuid = () => crypto.randomUUID?.() ?? "00000000-0000-4000-8000-000000000000".replace(/0/g,
    () => (crypto.getRandomValues(new Uint8Array(1))[0] & 15).toString(16));

  // By performance.now(): the reader's wall clock may be wrong, or set while he waits.
  const countdown = (until, each, end) => {
    let last;
    const tick = () => {
      const left = Math.max(0, Math.ceil((until - performance.now()) / 1e3));
      if (left !== last) each(last = left);
      if (!left) { clearInterval(timer); end(); }
    };
    const timer = setInterval(tick, 250);
    tick();
    return () => clearInterval(timer);
  };

  // Asked for only when amounts run short: SHA-256("challenge.nonce") must begin with so many zero bits.
  const work = async ({ challenge, difficulty_bits: bits }) => {
    for (let first = 0; bits <= WORK_BITS_MAX; first += 512) {
      const tries = Array.from({ length: 512 }, (_, i) => `${challenge}.${first + i}`);
      const sums = await Promise.all(tries.map(text => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
      const hit = sums.findIndex(sum => {
        const bytes = new Uint8Array(sum), at = bytes.findIndex(Boolean);
        return at * 8 + Math.clz32(bytes[at]) - 24 >= bits;
      });
      if (hit >= 0) return tries[hit];
      await new Promise(done => setTimeout(done)); // the page stays alive
    }
    throw new RangeError("proof of work");
  };

  // ---- the element

  customElements.define("matcha-lock", class extends HTMLElement {
    static observedAttributes = ["site", "product", "server", "lang"];

    connectedCallback() {
      this.here = true;
      this.refresh();
    }
    disconnectedCallback() {
      this.here = false;
      this.life.abort();
      this.quiet();
      this.close();
    }
    attributeChangedCallback(_, before, after) {
      if (this.here && before !== after) this.refresh();
    }

    // Starts afresh: opens what is owned, else takes up the orders that were under way.
    async refresh() {
      this.life?.abort();
      const { signal } = this.life = new AbortController();
      this.ids = { site: this.getAttribute("site"), product: this.getAttribute("product") };
      const [site, product] = Object.values(this.ids).map(encodeURIComponent);
      this.base = (this.getAttribute("server") || HOME).replace(/\/+$/, "");
      this.page = `${this.base}/a/${site}/${product}`;
      this.path = `/api/v1/sites/${site}/products/${product}`;
      this.key = `matcha:${this.base}/${site}/${product}`;
      this.t = speak(/^zh/i.test(this.closest("[lang]")?.lang || navigator.language) ? 0 : 1);
      this.facts = null;
      // token, code: the right to read. now: the order on show. past: those that ended.
      this.own = { past: [], ...recall(this.key) };
      this.own.past = this.own.past.filter(order => Date.now() - order.at < PAST_KEPT_MS);
      const shown = recall(this.key, "sessionStorage"); // this tab was loaded again while its reader was paying
      retain(this.key, false, "sessionStorage");
      this.build();
      this.drawCard(this.own.token && this.t.wait);
      addEventListener("storage", event => { // another tab of this reader ordered or paid
        const there = event.key === this.key && recall(this.key);
        if (there && (there.token || !this.dialog.open && there.now?.id !== this.own.now?.id)) this.refresh();
      }, { signal });
      if (this.own.token && await this.unlock().catch(() => false) || signal.aborted) return;
      this.drawCard();
      this.learn().catch(() => {});
      this.own.past.forEach(order => this.follow(order));
      const { now } = this.own;
      if (now?.id) {
        now.until = 0; // counted by another page's clock
        await this.follow(now);
      }
      if (signal.aborted || !this.own.now) return;
      if (shown) {
        this.showModal();
        if (now.id) this.drawOrder();
        else this.place(now.channel);
      } else if (now.id && now.status !== "pending") this.putAway();
    }

    open() {
      if (this.done || this.dialog.open) return;
      this.showModal();
      this.start();
    }
    close() {
      this.dialog.close();
    }

    showModal() {
      this.dialog.showModal();
      retain(this.key, true, "sessionStorage");
      this.emit("open");
    }

    async start() {
      const { now, token } = this.own;
      if (token) return this.enter();
      if (now?.id) return this.drawOrder();
      this.show("wait", this.t.wait);
      try {
        if (!this.facts) await this.learn();
      } catch (error) {
        return this.fail(error, () => this.start());
      }
      const { channels = [] } = this.facts;
      if (!channels.length) this.drawSilent();
      else if (channels.length < 2) this.place(channels[0]);
      else this.drawChoice(channels);
    }

    emit(name, detail) {
      const { id, status, amount, price, channel, late } = this.own.now || {};
      // Never a token: any script of the page may listen.
      detail = { ...this.ids, order: id && { id, status, amount, price, channel, late }, ...detail };
      this.dispatchEvent(new CustomEvent(`matcha:${name}`, { bubbles: true, composed: true, detail }));
    }

    save() {
      retain(this.key, this.own);
    }

    // ---- the server

    async call(path, { token, body, headers } = {}) {
      const answer = await fetch(this.base + path, {
        method: body ? "POST" : "GET",
        body: body && JSON.stringify(body),
        credentials: "omit", // rights are bearer tokens; no cookie crosses
        cache: "no-store",
        signal: AbortSignal.timeout?.(ANSWER_WAIT_MS),
        headers: {
          "accept-language": this.t.lang,
          ...(body && { "content-type": "application/json" }),
          ...(token && { authorization: `Bearer ${token}` }),
          ...headers,
        },
      });
      const data = await answer.json().catch(() => ({}));
      if (answer.ok) return data;
      throw Object.assign(new Error(data.detail || data.title || answer.status), data, { status: answer.status });
    }

    // The button works before title and price are here.
    async learn() {
      const { signal } = this.life, facts = await this.call(this.path);
      if (signal.aborted) return;
      this.facts = facts;
      this.drawCard();
    }

    // ---- one order

    // The id is ours and is stored before it is sent: whatever breaks, asking again gives the same order.
    async place(channel, headers) {
      const { signal } = this.life, { own } = this;
      if (own.now?.channel !== channel) own.now = { client_order_id: uuid(), channel, at: Date.now() };
      const order = own.now, retry = () => this.place(channel);
      this.save();
      this.show("wait", this.t.wait);
      try {
        const fresh = await this.call("/api/v1/orders", {
          body: { ...this.ids, channel, client_order_id: order.client_order_id },
          headers: { "matcha-reader": retain("matcha:reader", recall("matcha:reader") || uuid()), ...headers },
        });
        if (signal.aborted) return;
        this.take(order, fresh);
        this.emit("order");
        this.follow(order);
      } catch (error) {
        if (signal.aborted || !this.dialog.open) return;
        if (error.code === "proof_of_work" && !headers) {
          return work(error).then(done => this.place(channel, { "matcha-pow": done }), () => this.fail(error, retry));
        }
        if (error.code === "no_free_amount") this.drawFull(error, retry);
        else if (error.code === "no_live_account") this.drawSilent(error);
        else this.fail(error, retry);
      }
    }

    // What the server says of an order is the truth; here it is only kept and shown.
    take(order, fresh) {
      const { own } = this, before = order.status;
      Object.assign(order, fresh, { until: performance.now() + (fresh.expires_in_ms || 0) });
      if (order.status === "paid") {
        if (!order.unlock) return; // the right to read comes to the bearer, with the next poll
        own.now = order;
        this.emit("paid");
        Object.assign(own, order.unlock, { past: [] });
      }
      if (order.status === "refunded") return this.forget(order);
      this.save();
      if (order !== own.now) return;
      if (own.token) return this.enter();
      if (order.status !== before && order.status === "expired") this.emit("expire");
      if (order.status === "cancelled") {
        this.putAway();
        this.close();
      } else if (this.dialog.open && this.dialog.dataset.view !== "restore") this.drawOrder();
      this.drawCard();
    }

    // An order that ended makes room for the next, but its money may still be on the way.
    putAway() {
      const { own } = this;
      own.past = [own.now, ...own.past].slice(0, PAST_MAX);
      own.now = null;
      this.save();
    }

    forget(order) {
      const { own } = this;
      own.past = own.past.filter(other => other !== order);
      if (own.now === order) {
        own.now = null;
        this.close();
      }
      this.save();
    }

    // The event stream is for speed. Polling stands behind it, because streams get buffered or cut, and goes on
    // slowly behind an order that ended.
    follow(order) {
      if (order.poll) return order.poll();
      const { signal } = this.life, { own } = this;
      let delay = order.status === "pending" ? POLL_MS : POLL_ENDED_MAX_MS, timer, source, broken;
      const over = () => signal.aborted || own.token || ![own.now, ...own.past].includes(order);
      const pending = () => order.status === "pending";
      const later = () => { clearTimeout(timer); timer = setTimeout(poll, delay); };
      const hear = fresh => {
        const before = pending();
        if (!over()) this.take(order, fresh);
        if (over() || !pending()) source?.close();
        if (before && !pending()) delay = POLL_MS;
      };
      const poll = order.poll = async () => {
        clearTimeout(timer);
        if (over() || document.hidden) return; // to come back polls at once
        try {
          hear(await this.call(`/api/v1/orders/${order.id}`, { token: order.token }));
        } catch (error) {
          if (!over() && [401, 404].includes(error.status)) this.forget(order);
        }
        if (over()) return;
        later();
        delay = Math.min(delay * 1.5, pending() ? POLL_MAX_MS : POLL_ENDED_MAX_MS);
      };
      const listen = () => {
        if (!pending() || source?.readyState < EventSource.CLOSED) return;
        source = new EventSource(new URL(order.events_url, this.base));
        source.addEventListener("order", event => {
          broken = false;
          delay = POLL_MAX_MS;
          hear(JSON.parse(event.data));
          if (order.status === "paid") poll(); // the right to read is the bearer's, not the stream's
          else if (!over()) later();
        });
        source.onerror = () => {
          if (broken) return;
          broken = true;
          delay = POLL_MS;
          later();
        };
      };
      const wake = () => {
        if (over() || document.hidden) return;
        delay = POLL_MS;
        listen();
        poll();
      };
      document.addEventListener("visibilitychange", wake, { signal });
      for (const name of ["pageshow", "online"]) addEventListener(name, wake, { signal });
      signal.addEventListener("abort", () => source?.close());
      listen();
      return poll();
    }

    async act(verb) {
      const order = this.own.now;
      try {
        this.take(order, await this.call(`/api/v1/orders/${order.id}/${verb}`, { token: order.token, body: {} }));
        if (verb === "extend") this.emit("extend");
      } catch (error) {
        this.say(this.told(error));
        order.poll(); // what is true now decides what is shown
      }
    }

    // ---- reading

    // Paid or restored. The token is stored, so nothing is lost however often this has to be tried.
    async enter(typed) {
      this.show("wait", this.t.wait);
      try {
        if (await this.unlock()) return;
        if (typed) this.drawRestore(this.t.wrong);
        else this.start();
      } catch (error) {
        this.fail(error, () => this.enter(typed));
      }
    }

    // True once the article stands on the page; false when the stored right is not good, and is dropped.
    async unlock() {
      const { own, life } = this;
      let data;
      try {
        data = await this.call(`${this.path}/content`, { token: own.token });
      } catch (error) {
        if (![401, 402].includes(error.status)) throw error;
        own.token = own.code = null;
        if (own.now?.unlock) own.now = null;
        this.save();
        return false;
      }
      if (life.signal.aborted) return true;
      this.content?.remove();
      const template = document.createElement("template");
      template.innerHTML = data.html || "";
      this.content = h("div", { class: "matcha-content", tabindex: -1 }, template.content);
      this.after(this.content);
      this.done = true;
      const inside = this.dialog.open;
      this.close();
      this.drawOwned(inside);
      this.emit("unlock", { content: this.content, key: data.key });
      own.now = null;
      this.save();
      life.abort();
      for (const other of document.querySelectorAll("matcha-lock")) {
        if (other.key === this.key && !other.done) other.refresh();
      }
      return true;
    }

    async restore(code) {
      this.show("wait", this.t.wait);
      try {
        this.own.token = (await this.call("/api/v1/unlocks/restore", { body: { code } })).token;
      } catch (error) {
        return this.drawRestore(this.told(error), code);
      }
      this.save();
      this.enter(true);
    }

    // ---- the card on the page

    build() {
      const { t } = this;
      const root = this.shadowRoot || this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [LOOKS];
      this.content?.remove();
      this.done = false;
      this.name = h("p", { class: "title", part: "title" });
      this.main = h("button", { class: "go", part: "button", type: "button", "aria-haspopup": "dialog", onclick: () => this.open() });
      this.card = h("div", { class: "card", part: "card", lang: t.lang, tabindex: -1 }, this.name, this.main,
        button(t.have, () => { this.showModal(); this.drawRestore(); }, "bare"));
      this.heading = h("h2", { id: "heading", tabindex: -1 });
      this.view = h("div", { class: "view" });
      this.live = h("p", { class: "say", role: "status" });
      const x = h("button", { class: "bare x", type: "button", "aria-label": t.close, onclick: () => this.close() }, "×");
      const dialog = h("dialog", {
        part: "dialog", lang: t.lang, "aria-labelledby": "heading",
        onclick: event => { if (event.target === dialog) this.close(); }, // the backdrop
        onclose: () => {
          if (dialog !== this.dialog || this.done) return;
          this.quiet();
          retain(this.key, false, "sessionStorage");
          if (this.own.now?.id && this.own.now.status !== "pending") this.putAway();
          this.drawCard();
        },
      }, h("header", {}, this.heading, x), this.view, this.live);
      this.dialog = dialog;
      this.quiet = () => {};
      root.replaceChildren(this.card, dialog);
    }

    drawCard(label) {
      const { t, facts } = this, { now } = this.own, off = facts && facts.state !== "on_sale";
      const [words, price] = now?.status === "pending" ? [t.resume, now.amount] : [t.read, facts?.price];
      this.name.textContent = facts?.title;
      this.main.disabled = off;
      this.main.textContent = label || (off ? t.off : price ? `${words} · ¥${price}` : words);
    }

    // The lock becomes the receipt: the recovery code stays until the reader says that he kept it.
    drawOwned(inside) {
      const { t, own, card, content } = this, code = h("code", { part: "code" }, own.code);
      card.hidden = !own.code;
      card.replaceChildren(note(t.keep), code, h("div", { class: "row" },
        button(t.copy, async event => {
          const copy = event.target;
          try {
            await navigator.clipboard.writeText(own.code);
            copy.textContent = t.copied;
          } catch {
            getSelection().selectAllChildren(code); // ready for the reader's own copy
          }
        }),
        button(t.kept, () => {
          own.code = null;
          this.save();
          this.drawOwned(true);
        })));
      if (inside) (own.code ? card : content).focus({ preventScroll: true });
    }

    // ---- the dialog

    // One view takes the place of another; the focus moves along, so that a keyboard or a screen reader follows.
    show(name, heading, ...kids) {
      this.quiet();
      this.drawn = null;
      this.dialog.dataset.view = name;
      this.heading.textContent = heading;
      this.view.replaceChildren(...kids);
      this.heading.focus();
    }

    say(text) {
      this.live.textContent = text;
    }

    told(error) {
      const text = error.status ? error.message : this.t.offline;
      this.emit("error", { code: error.code, message: text });
      return text;
    }

    drawChoice(channels) {
      const { t, facts } = this;
      this.show("choice", t.choose, note(`¥${facts.price}`, "amount"), ...channels.map(name => button(t[name] || name, () => this.place(name), "go")));
    }

    drawOrder() {
      const { t } = this, order = this.own.now, { amount, channel, code } = order;
      const who = t[channel] || channel, must = t.must(amount);
      if (order.status !== "pending") {
        this.say(t.expired);
        return this.show("expired", t.expired, note(t.twice, "must"), note(t.late), button(t.again, () => { this.putAway(); this.place(channel); }, "go"));
      }
      if (this.drawn !== order) { // else only the time has changed
        const [yuan, fen] = amount.split(".");
        this.show("order", t.scan(who),
          h("p", { class: "amount", part: "amount" }, `¥${yuan}.`, amount === order.price ? fen : h("b", {}, fen)),
          note(must, "must"),
          h("img", { part: "qr", src: new URL(code.image_url, this.base), width: 240, height: 240, alt: t.alt(who, amount) }),
          note((t[code.kind] || "") + t.press),
          this.time = h("p", { class: "time", part: "timer", role: "timer" }),
          h("div", { class: "row" }, this.more = button("", () => this.act("extend")), button(t.cancel, () => this.act("cancel"))));
        this.drawn = order;
        this.left = null;
      }
      this.more.hidden = !order.extensions_left;
      this.more.textContent = t.extend(order.extensions_left);
      this.quiet();
      this.quiet = countdown(order.until, left => {
        this.time.textContent = t.left(`${Math.floor(left / 60)}:${`${left % 60}`.padStart(2, 0)}`);
        this.time.classList.toggle("soon", left <= 20);
        // Spoken at the start, at one minute, at twenty seconds and at the end; a voice every second helps nobody.
        const words = t.left(left < 60 ? `${left} ${t.seconds}` : `${Math.round(left / 60)} ${t.minutes}`);
        if (this.left === null) this.say(`${must}. ${words}`);
        else if ([60, 20].some(mark => this.left > mark && left <= mark)) this.say(words);
        this.left = left;
      }, () => setTimeout(order.poll, 500)); // only the server says that it is over
    }

    drawFull(error, retry) {
      const { t } = this, wait = note("", "time", "timer");
      this.show("full", t.full, note(this.told(error)), wait);
      // A little chance, so that all who wait do not come back in the same instant.
      const ms = Math.max(error.retry_after_ms || POLL_MS, 1e3) + Math.random() * 1e3;
      this.quiet = countdown(performance.now() + ms, left => { wait.textContent = t.soon(left); }, retry);
    }

    drawSilent(error = { status: 503, code: "no_live_account", message: this.t.silent }) {
      const { t } = this;
      this.told(error);
      this.show("silent", t.silent, note(t.why), button(t.retry, () => { this.own.now = this.facts = null; this.save(); this.start(); }, "go"));
    }

    drawRestore(wrong, code = "") {
      const { t } = this, input = h("input", { value: code, required: "", "aria-label": t.have, autocomplete: "off", spellcheck: false });
      const send = event => { event.preventDefault(); this.restore(input.value.trim()); };
      this.show("restore", t.have, h("form", { onsubmit: send }, input, wrong && note(wrong, "must", "alert"), h("button", { class: "go" }, t.read)));
      input.focus();
    }

    fail(error, retry) {
      const { t } = this;
      this.show("failed", t.failed, note(this.told(error), "", "alert"), button(t.retry, retry, "go"), h("a", { href: this.page }, t.page));
    }
  });
})();
