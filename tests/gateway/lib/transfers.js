// Money from the merchant to a person (uni.transfer), and what became of it. Holds the rules.

import { text } from "./clock.js";
import { node, raise, reader, refuse } from "./answer.js";
import * as money from "./money.js";
import { Conflict } from "./world.js";

const ENDS = ["SUCCESS", "FAIL", "REFUND", "CLOSED"];
const IDENTITIES = ["ALIPAY_USER_ID", "ALIPAY_LOGON_ID", "ALIPAY_OPEN_ID"];

export class Transfers {
  #world;

  constructor(world) {
    this.#world = world;
  }

  /** fund.trans.uni.transfer. The same number with the same content is the same transfer. `fault` may leave it DEALING. */
  send(call, fault) {
    const { text: said, must, bad } = reader(call.biz, "");
    const out_biz_no = must("out_biz_no", { max: 64 });
    const product_code = must("product_code", { like: /^TRANS_ACCOUNT_NO_PWD$/ });
    const biz_scene = must("biz_scene", { like: /^DIRECT_TRANSFER$/ });
    const amount = money.parse(must("trans_amount", { max: 20 }));
    if (amount === undefined) throw bad("trans_amount", "is no amount with at most two decimals");
    const title = said("order_title", { max: 128 });
    const remark = said("remark", { max: 200 });
    const payee = this.#payee(call.biz.payee_info);
    const content = JSON.stringify([amount, payee, title, remark]);
    const key = [out_biz_no, product_code, biz_scene].join(" ");
    const known = this.#world.transfers.get(key);
    if (known) {
      if (known.content !== content) throw refuse("PAYMENT_INFO_INCONSISTENCY");
      return this.#node(known);
    }
    if (amount < 10) throw refuse("EXCEED_LIMIT_SM_MIN_AMOUNT");
    if (amount >= 5_000_000 && !remark) throw refuse("MEMO_REQUIRED_IN_TRANSFER_ERROR");
    if (!this.#world.canPay(amount)) throw refuse("PAYER_BALANCE_NOT_ENOUGH");
    const transfer = {
      key, out_biz_no, amount, payee, title, remark, content, status: "DEALING", order_id: this.#world.newOrderId(),
      pay_fund_order_id: this.#world.newOrderId(), made: this.#world.now(),
    };
    this.#world.transfers.set(key, transfer);
    this.#world.record(-amount, {
      alipay_order_no: transfer.pay_fund_order_id, merchant_order_no: out_biz_no, type: "转账", memo: remark ?? title ?? "转账",
      biz_desc: "0040003|转账", other: masked(payee.identity),
    });
    if (fault?.kind !== "in_process") this.end(transfer, { status: "SUCCESS" });
    return this.#node(transfer);
  }

  query(call) {
    const { text: said, must, bad } = reader(call.biz, "");
    const [order_id, pay_fund_order_id] = [said("order_id", { max: 32 }), said("pay_fund_order_id", { max: 32 })];
    const all = [...this.#world.transfers.values()];
    let found;
    if (pay_fund_order_id) found = all.find(one => one.pay_fund_order_id === pay_fund_order_id);
    else if (order_id) found = all.find(one => one.order_id === order_id);
    else if (!said("out_biz_no", { max: 64 })) throw bad("out_biz_no", "is missing");
    else found = this.#world.transfers.get([must("out_biz_no"), must("product_code"), must("biz_scene")].join(" "));
    if (!found) throw refuse("ORDER_NOT_EXIST");
    const good = found.status === "SUCCESS";
    return node({
      order_id: found.order_id, pay_fund_order_id: good ? found.pay_fund_order_id : undefined, out_biz_no: found.out_biz_no,
      trans_amount: money.print(found.amount), status: found.status, pay_date: good ? text(found.ended) : undefined,
      error_code: found.error_code, fail_reason: found.fail_reason,
    });
  }

  /** The transfer that a control act names. */
  named({ out_biz_no }) {
    const found = [...this.#world.transfers.values()].find(one => one.out_biz_no === out_biz_no);
    return found ?? raise(new Conflict(404, `no transfer ${out_biz_no}`));
  }

  /** It ends; where it fails the money comes back. */
  end(transfer, { status, error_code, fail_reason }) {
    if (!ENDS.includes(status)) throw new Conflict(400, `status is one of ${ENDS.join(", ")}`);
    if (["FAIL", "REFUND", "CLOSED"].includes(transfer.status)) throw new Conflict(409, `the transfer is ${transfer.status}`);
    if (transfer.status === "SUCCESS" && status !== "REFUND") throw new Conflict(409, "the transfer is SUCCESS");
    Object.assign(transfer, { status, error_code, fail_reason, ended: this.#world.now() });
    if (status === "SUCCESS") return transfer;
    this.#world.record(transfer.amount, {
      alipay_order_no: transfer.pay_fund_order_id, merchant_order_no: transfer.out_biz_no, type: "转账", memo: "转账退回",
      biz_desc: "0040003|转账-退回", other: masked(transfer.payee.identity),
    });
    return transfer;
  }

  #payee(said) {
    const { text: part, must, bad } = reader(Object(said), "");
    const identity_type = must("identity_type", { max: 64 });
    if (!IDENTITIES.includes(identity_type)) throw bad("payee_info.identity_type", `is one of ${IDENTITIES.join(", ")}`);
    const identity = must("identity", { max: 128 });
    const name = part("name", { max: 128 });
    if (identity_type === "ALIPAY_LOGON_ID" && !name) throw bad("payee_info.name", "is missing, which ALIPAY_LOGON_ID needs");
    if (identity === this.#world.config.seller_id) throw refuse("PAYER_PAYEE_CANNOT_SAME");
    return { identity_type, identity, name };
  }

  #node(transfer) {
    return node({
      out_biz_no: transfer.out_biz_no, order_id: transfer.order_id,
      pay_fund_order_id: transfer.status === "SUCCESS" ? transfer.pay_fund_order_id : undefined, status: transfer.status,
      trans_date: text(transfer.ended ?? transfer.made),
    });
  }
}

/** As the bill shows another's account. */
const masked = identity => `${identity.slice(0, 3)}***${identity.slice(-3)}`;
