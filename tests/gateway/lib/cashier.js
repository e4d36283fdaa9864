// What buyers look at: the cashier's page of page.pay and wap.pay, the page of an agreement, and a wallet that shows
// every code and agreement, for people who try the demo without a phone.

import { Refusal } from "./answer.js";
import { PAGES } from "./gateway.js";
import * as money from "./money.js";
import { returnUrl } from "./notices.js";
import { encode, html } from "./wire.js";
import { Conflict } from "./world.js";

const page = (title, body) => `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>${html(title)}</title>
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark }
body { font: 16px sans-serif; max-width: 40em; margin: 2em auto; padding: 0 1em }
button { font: inherit; padding: .5em 1.5em }
form { display: inline }
</style>
<h1>${html(title)}</h1>
${body}
<p><small>模拟网关：不是支付宝，钱也不是真的。 A simulator: this is not Alipay, and no money moves.</small></p></html>`;

const button = (to, id, label, fields = {}) => {
  const input = ([name, value]) => `<input type="hidden" name="${name}" value="${html(value)}">`;
  const inputs = Object.entries(fields).map(input).join("");
  return `<form method="post" action="${html(to)}">${inputs}<button id="${id}">${label}</button></form>`;
};

export class Cashier {
  #world;
  #parts;

  constructor(world, parts) {
    this.#world = world;
    this.#parts = parts;
  }

  /** Opens what a call of a page asks for; the token of the page, or a refusal. */
  open(call) {
    if (call.refused) throw call.refused;
    const token = this.#world.newToken();
    this.#world.pages.set(token, this.#subject(call, PAGES[call.method] ?? "app"));
    return token;
  }

  #subject(call, kind) {
    const { trades, agreements } = this.#parts;
    if (kind === "sign") return { method: call.method, wish: agreements.wish(call) };
    const order = trades.order(call, kind);
    // Only these two ways may carry an agreement that is signed by paying.
    if (kind !== "wap") agreements.wishOfPayment(call, order);
    return { method: call.method, order };
  }

  /** The subject of a page. */
  find(token) {
    const found = this.#world.pages.get(token);
    if (!found) throw new Conflict(404, "no such page");
    return found;
  }

  show(token) {
    const { order, wish } = this.find(token);
    if (wish) return this.#showWish(token, wish);
    const paid = order.paid !== undefined;
    return page("收银台", `<p id="subject">${html(order.subject)}</p>
<p>¥<b id="amount">${money.print(order.total)}</b></p>
<p>订单号 <code id="order">${html(order.out_trade_no)}</code></p>
${paid ? "<p id=\"paid\">已付款</p>" : button(`/cashier/${token}/pay`, "pay", "确认付款")}
${order.quit_url ? `<p><a id="quit" href="${html(order.quit_url)}">返回商家</a></p>` : ""}`);
  }

  #showWish(token, { external_agreement_no, rule, status }) {
    const every = rule && `${rule.period} ${rule.type === "DAY" ? "天" : "个月"}`;
    const most = rule && `<b id="amount">${money.print(rule.single)}</b>`;
    return page("自动续费", `<p>协议 <code id="agreement">${html(external_agreement_no)}</code></p>
${rule ? `<p>每 ${every}，每次最多 ¥${most}，首次 ${rule.due}</p>` : ""}
${status === "NORMAL" ? "<p id=\"signed\">已签约</p>" : button(`/cashier/${token}/sign`, "sign", "同意并签约")}`);
  }

  /** The buyer presses the button. Where the browser goes next. */
  pay(token) {
    const { method, order } = this.find(token);
    if (!order) throw new Conflict(404, "nothing to pay here");
    this.#parts.trades.pay(order);
    if (!order.return_url) return `/cashier/${token}`;
    return returnUrl(this.#world, order.return_url, method, {
      out_trade_no: order.out_trade_no, trade_no: order.trade_no, total_amount: money.print(order.total),
      seller_id: this.#world.config.seller_id,
    });
  }

  sign(token) {
    const { method, wish } = this.find(token);
    if (!wish) throw new Conflict(404, "nothing to sign here");
    this.#parts.agreements.sign(wish);
    if (!wish.return_url) return `/cashier/${token}`;
    return returnUrl(this.#world, wish.return_url, method, {
      agreement_no: wish.agreement_no, external_agreement_no: wish.external_agreement_no, status: wish.status,
      personal_product_code: wish.personal_product_code, sign_scene: wish.sign_scene,
    });
  }

  /** What a browser sees of a refusal. The real page is GBK, whatever the merchant speaks. */
  refusal(error) {
    const node = error instanceof Refusal ? error.node : { sub_code: "error", sub_msg: error.message };
    const code = node.sub_code.replace(/^isv\./, "");
    const said = page("调试错误，请回到请求来源地，重新发起请求。", `<p>错误代码 <code id="error">${html(code)}</code></p>
<p>错误原因: <span id="reason">${html(node.sub_msg)}</span></p>`);
    return encode(said.replace("utf-8", "gbk"), "GBK");
  }

  /** The wallet of people who have none: what can be paid and ended. */
  wallet() {
    const now = this.#world.now();
    const open = ({ expires, order }) => expires > now && !order.paid && !order.closed;
    const codes = [...this.#world.codes.values()].filter(open).map(({ qr_code, order }) => {
      const pay = button("/wallet/pay", `pay-${html(order.out_trade_no)}`, "扫码付款", { qr_code });
      return `<li>¥${money.print(order.total)} ${html(order.subject)} ${pay}</li>`;
    });
    const inForce = [...this.#world.agreements.values()].filter(one => one.status === "NORMAL");
    const agreements = inForce.map(({ external_agreement_no, agreement_no }) => {
      const name = html(external_agreement_no);
      return `<li>${name} ${button("/wallet/unsign", `unsign-${name}`, "关闭自动续费", { agreement_no })}</li>`;
    });
    const list = (title, items) => `<h2>${title}</h2><ul>${items.join("") || "<li>没有</li>"}</ul>`;
    return page("模拟钱包", list("待付款的二维码", codes) + list("自动续费", agreements));
  }
}
