// Trades, from the wish to the last refund. Holds the rules of the trade methods; knows neither HTTP nor signatures.
//
// An order is what a merchant asked for. The trade comes into being later: by scan, login or password. Until then the
// order has no `status`, and every method but precreate and the pages says ACQ.TRADE_NOT_EXIST.

import { DAY, HOUR, MINUTE, day, parse, text } from "./clock.js";
import { node, raise, reader, refuse } from "./answer.js";
import * as money from "./money.js";
import { told } from "./wire.js";
import { Conflict } from "./world.js";

const CODE_LIFE = 2 * HOUR;
const CANCEL_LIFE = DAY;
const OUT_TRADE_NO = { max: 64, like: /^[A-Za-z0-9_]+$/ };
const NO_AMOUNTS = { buyer_pay_amount: "0.00", invoice_amount: "0.00", point_amount: "0.00", receipt_amount: "0.00" };
/** The ways whose closing without payment, and whose end, are told. */
const TELLS_CLOSING = ["wap", "app"];

const PRODUCTS = {
  precreate: ["FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE"],
  page: ["FAST_INSTANT_TRADE_PAY"],
  wap: ["QUICK_WAP_WAY", "QUICK_WAP_PAY"],
  app: ["QUICK_MSECURITY_PAY", "CYCLE_PAY_AUTH"],
  withhold: ["CYCLE_PAY_AUTH", "GENERAL_WITHHOLDING"],
};

/** Milliseconds of `90m`, `2h`, `15d` or `1c` (to the end of the day of `base`); undefined for what is none. */
function span(said, base) {
  if (said === "1c") return parse(`${day(base)} 23:59:59`) + 1000 - base;
  const found = /^(\d{1,5})([mhd])$/.exec(said);
  const ms = found && Number(found[1]) * { m: MINUTE, h: HOUR, d: DAY }[found[2]];
  return ms && ms >= MINUTE && ms <= 15 * DAY ? ms : undefined;
}

export class Trades {
  #world;

  constructor(world) {
    this.#world = world;
  }

  // ---- what the merchant asks ----------------------------------------------------------------------------------

  /** The order of a call by `way`: a new one, or the known one if it may be asked for again. */
  order(call, way) {
    const { text: said, must, bad } = reader(call.biz);
    const out_trade_no = must("out_trade_no", OUT_TRADE_NO);
    const total = this.#amount(must("total_amount", { max: 11 }), "total_amount", bad);
    const subject = must("subject", { max: 256 });
    if (this.#world.settings.strict_subject && /[/=&]/.test(subject)) throw bad("subject", "holds / = or &");
    const product = said("product_code", { max: 64 });
    const asked = way === "page" || way === "wap" || way === "withhold";
    if (asked && product === undefined) throw bad("product_code", "is missing");
    if (product !== undefined && !PRODUCTS[way].includes(product)) throw bad("product_code", "is of another product");
    const seller = said("seller_id", { max: 28 });
    if (seller && seller !== this.#world.config.seller_id) throw refuse("ACQ.INVALID_RECEIVE_ACCOUNT");
    if (way === "wap") must("quit_url", { max: 400 });
    const wish = {
      out_trade_no, way, total, subject, product,
      body: said("body", { max: 400 }), passback_params: said("passback_params", { max: 512 }),
      quit_url: said("quit_url", { max: 400 }), notify_url: call.params.notify_url, return_url: call.params.return_url,
      charset: call.noticeCharset, requested: this.#world.now(),
      timeout_express: said("timeout_express", { max: 6 }), time_expire: said("time_expire", { max: 32 }),
    };
    this.#checkDeadline(wish, bad);
    return this.#remember(wish);
  }

  precreate(call) {
    const { text: said, bad } = reader(call.biz);
    const life = said("qr_code_timeout_express", { max: 6 });
    const asked = life === undefined ? CODE_LIFE : span(life, this.#world.now());
    if (asked === undefined) throw bad("qr_code_timeout_express", "is no span from 1m to 15d");
    const order = this.order(call, "precreate");
    const qr_code = `https://qr.alipay.com/bax${this.#world.newToken()}`;
    this.#world.codes.set(qr_code, { qr_code, order, expires: this.#world.now() + Math.min(asked, CODE_LIFE) });
    return node({ out_trade_no: order.out_trade_no, qr_code });
  }

  query(call) {
    const order = this.#find(call.biz, NO_AMOUNTS);
    const paid = order.paid !== undefined;
    const amount = fen => (paid ? money.print(fen) : "0.00");
    return node({
      buyer_logon_id: order.buyer.logon_id,
      buyer_pay_amount: amount(order.buyerPaid),
      ...this.#world.namesOf(order.buyer),
      buyer_user_type: "PRIVATE",
      fund_bill_list: paid ? [{ amount: money.print(order.buyerPaid), fund_channel: "ALIPAYACCOUNT" }] : undefined,
      invoice_amount: amount(order.receipt),
      out_trade_no: order.out_trade_no,
      passback_params: order.passback_params,
      point_amount: "0.00",
      receipt_amount: amount(order.receipt),
      send_pay_date: paid ? text(order.paid) : undefined,
      total_amount: money.print(order.total),
      trade_no: order.trade_no,
      trade_status: order.status,
    });
  }

  close(call) {
    const order = this.#named(call.biz);
    if (!order?.status) {
      this.#shutCode(order);
      throw refuse("ACQ.TRADE_NOT_EXIST");
    }
    if (order.status === "TRADE_CLOSED") throw refuse("ACQ.TRADE_STATUS_ERROR");
    if (order.status !== "WAIT_BUYER_PAY") throw refuse("ACQ.REASON_TRADE_STATUS_INVALID");
    this.#shut(order, call.params.notify_url);
    return node({ out_trade_no: order.out_trade_no, trade_no: order.trade_no });
  }

  cancel(call) {
    const order = this.#named(call.biz);
    const did = action => node({
      out_trade_no: order?.out_trade_no ?? call.biz.out_trade_no, trade_no: order?.trade_no, retry_flag: "N", action,
    });
    if (!order?.status) {
      this.#shutCode(order);
      return did(undefined);
    }
    if (order.status === "TRADE_CLOSED") return did(order.refunded > 0 ? "refund" : "close");
    if (order.status === "TRADE_FINISHED") throw refuse("ACQ.TRADE_HAS_FINISHED");
    if (order.status === "WAIT_BUYER_PAY") {
      this.#shut(order);
      return did("close");
    }
    if (order.refunds.length > 0) throw refuse("ACQ.REASON_TRADE_REFUND_FEE_ERR");
    if (this.#world.now() > order.paid + CANCEL_LIFE) throw refuse("ACQ.TRADE_CANCEL_TIME_OUT");
    if (!this.#world.canPay(order.total)) throw refuse("ACQ.SELLER_BALANCE_NOT_ENOUGH");
    const refund = { out_request_no: undefined, amount: order.total, reason: "撤销", done: false };
    order.refunds.push(refund);
    this.#giveBack(order, refund);
    return did("refund");
  }

  refund(call) {
    const { text: said, must, bad } = reader(call.biz);
    const amount = this.#amount(must("refund_amount", { max: 11 }), "refund_amount", bad);
    const reason = said("refund_reason", { max: 256 });
    const number = said("out_request_no", { max: 64 });
    const order = this.#find(call.biz);
    const out_request_no = number ?? order.out_trade_no;
    const known = order.refunds.find(refund => refund.out_request_no === out_request_no);
    if (known) {
      if (known.amount !== amount) throw refuse("ACQ.DISCORDANT_REPEAT_REQUEST");
      return this.#refundNode(order, "N");
    }
    if (order.status === "WAIT_BUYER_PAY") throw refuse("ACQ.TRADE_STATUS_ERROR");
    if (order.status === "TRADE_FINISHED") throw refuse("ACQ.TRADE_HAS_FINISHED");
    if (order.status === "TRADE_CLOSED") throw refuse("ACQ.TRADE_HAS_CLOSE");
    const taken = order.refunds.reduce((sum, refund) => sum + refund.amount, 0);
    if (amount > order.total - taken) throw refuse("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
    if (number === undefined && amount !== order.total) throw bad("out_request_no", "is missing: it is a refund in parts");
    if (!this.#world.canPay(amount)) throw refuse("ACQ.SELLER_BALANCE_NOT_ENOUGH");
    const refund = { out_request_no, amount, reason, done: false };
    order.refunds.push(refund);
    const delay = this.#world.settings.refund_delay_s * 1000;
    if (delay > 0) {
      this.#world.agenda.at(this.#world.now() + delay, () => this.#giveBack(order, refund));
      return this.#refundNode(order, "N");
    }
    this.#giveBack(order, refund);
    return this.#refundNode(order, "Y");
  }

  refundQuery(call) {
    const { must, text: said } = reader(call.biz);
    const number = must("out_request_no", { max: 64 });
    // This method's own spelling of the code has no prefix.
    const order = this.#named(call.biz);
    if (!order?.status) throw refuse("TRADE_NOT_EXIST");
    const refund = order.refunds.find(one => one.out_request_no === number);
    if (!refund?.done) return node({});
    const wants = [call.biz.query_options ?? []].flat();
    return node({
      out_request_no: number, out_trade_no: order.out_trade_no, refund_amount: money.print(refund.amount),
      refund_reason: refund.reason ?? said("refund_reason"), refund_status: "REFUND_SUCCESS",
      gmt_refund_pay: wants.includes("gmt_refund_pay") ? text(refund.at) : undefined,
      send_back_fee: money.print(refund.amount), total_amount: money.print(order.total), trade_no: order.trade_no,
    });
  }

  // ---- what the buyer and time do --------------------------------------------------------------------------------

  /** The order that a control act names: by code or by number. */
  named({ qr_code, out_trade_no }) {
    if (qr_code === undefined) return this.#world.orders.get(out_trade_no) ?? gone(`no order ${out_trade_no}`);
    const code = this.#world.codes.get(qr_code) ?? gone(`no code ${qr_code}`);
    if (this.#world.now() >= code.expires) throw new Conflict(409, "the code is too old");
    return code.order;
  }

  /** The buyer scans the code, or logs in on the page: the trade comes into being. */
  scan(order, buyer = this.#world.buyer()) {
    if (order.dead) throw new Conflict(409, "本笔交易已关闭: the order was closed before it was scanned");
    if (order.status === "WAIT_BUYER_PAY") {
      if (order.buyer.user_id === buyer.user_id) return order;
      throw new Conflict(409, "ACQ.TRADE_BUYER_NOT_MATCH: it is another buyer's");
    }
    if (order.status) throw new Conflict(409, `the trade is ${order.status}`);
    const now = this.#world.now();
    const expires = this.deadline(order, order.way === "precreate" ? order.requested : now);
    if (now >= expires) throw new Conflict(409, "the order is too old");
    Object.assign(order, {
      status: "WAIT_BUYER_PAY", trade_no: this.#world.newTradeNo(), created: now, expires, buyer, refunds: [], refunded: 0,
    });
    this.#world.agenda.at(expires, () => (order.status === "WAIT_BUYER_PAY" ? this.#shut(order) : undefined));
    return order;
  }

  /** The buyer pays. With a coupon the merchant gets, or the buyer pays, less than the total. */
  pay(order, { buyer, receipt_amount, buyer_pay_amount } = {}) {
    this.scan(order, buyer ?? order.buyer);
    const part = (said, name) => {
      const fen = said === undefined ? order.total : money.parse(said);
      if (fen === undefined || fen > order.total) throw new Conflict(400, `${name} is no amount up to the total`);
      return fen;
    };
    order.receipt = part(receipt_amount, "receipt_amount");
    order.buyerPaid = part(buyer_pay_amount, "buyer_pay_amount");
    order.status = "TRADE_SUCCESS";
    order.paid = this.#world.now();
    this.#world.record(order.receipt, {
      alipay_order_no: order.trade_no, merchant_order_no: order.out_trade_no, type: "交易", memo: order.subject,
      biz_desc: "0010001|交易收款-交易收款", other: order.buyer.logon_id,
    });
    const end = order.paid + this.#world.settings.refund_period_days * DAY;
    this.#world.agenda.at(end, () => this.#finish(order));
    order.onPaid?.(order);
    this.#tell(order, {});
    return order;
  }

  /** An unpaid trade is closed by time, now. */
  timeOut(order) {
    if (order.status !== "WAIT_BUYER_PAY") throw new Conflict(409, `the trade is ${order.status ?? "not there yet"}`);
    this.#shut(order);
    return order;
  }

  /** When an order can no longer be paid; `base` is when its time begins to run. */
  deadline(order, base) {
    if (order.time_expire) return parse(order.time_expire);
    if (order.timeout_express) return base + span(order.timeout_express, base);
    return base + (order.way === "precreate" ? 3 * HOUR : 15 * DAY);
  }

  // ---- inside ----------------------------------------------------------------------------------------------------

  #amount(said, name, bad) {
    const fen = money.parse(said);
    if (fen === undefined || fen < 1) throw bad(name, "is no amount from 0.01 with at most two decimals");
    if (fen > 10_000_000_000) throw refuse("ACQ.TOTAL_FEE_EXCEED");
    return fen;
  }

  #checkDeadline(wish, bad) {
    const { timeout_express: express, time_expire: expire, requested } = wish;
    if (express !== undefined && span(express, requested) === undefined) {
      throw bad("timeout_express", "is no span from 1m to 15d");
    }
    if (expire === undefined) return;
    const at = parse(expire);
    if (at === undefined || expire.length !== 19) throw bad("time_expire", "is no yyyy-MM-dd HH:mm:ss");
    if (at <= requested) throw refuse("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR");
  }

  #remember(wish) {
    const known = this.#world.orders.get(wish.out_trade_no);
    if (!known) {
      this.#world.orders.set(wish.out_trade_no, wish);
      return wish;
    }
    if (known.status === "TRADE_SUCCESS" || known.status === "TRADE_FINISHED") throw refuse("ACQ.TRADE_HAS_SUCCESS");
    if (known.status === "TRADE_CLOSED") throw refuse("ACQ.TRADE_HAS_CLOSE");
    if (known.total !== wish.total || known.subject !== wish.subject) throw refuse("ACQ.CONTEXT_INCONSISTENT");
    // Asked again with the same content: the same order. What steers it is taken anew as long as there is no trade.
    return Object.assign(known, known.status ? { return_url: wish.return_url } : wish);
  }

  #named(biz) {
    const { text: said, bad } = reader(biz);
    const [trade_no, out_trade_no] = [said("trade_no", { max: 64 }), said("out_trade_no", { max: 64 })];
    if (!trade_no && !out_trade_no) throw bad("out_trade_no", "is missing, and trade_no too");
    if (!trade_no) return this.#world.orders.get(out_trade_no);
    return [...this.#world.orders.values()].find(order => order.trade_no === trade_no);
  }

  #find(biz, fields) {
    const order = this.#named(biz);
    if (order?.status) return order;
    throw refuse("ACQ.TRADE_NOT_EXIST", fields && { ...fields, out_trade_no: biz.out_trade_no, trade_no: biz.trade_no });
  }

  /** What close and cancel do to an order that nobody has scanned. */
  #shutCode(order) {
    if (order && this.#world.settings.unscanned_close === "kills") order.dead = true;
  }

  #shut(order, notifyUrl) {
    order.status = "TRADE_CLOSED";
    order.closed = this.#world.now();
    if (TELLS_CLOSING.includes(order.way)) this.#tell({ ...order, notify_url: notifyUrl ?? order.notify_url }, {});
  }

  #finish(order) {
    if (order.status !== "TRADE_SUCCESS") return;
    order.status = "TRADE_FINISHED";
    if (TELLS_CLOSING.includes(order.way)) this.#tell(order, {});
  }

  #giveBack(order, refund) {
    refund.done = true;
    refund.at = this.#world.now();
    order.refunded += refund.amount;
    this.#world.record(-refund.amount, {
      alipay_order_no: order.trade_no, merchant_order_no: order.out_trade_no, type: "交易退款", memo: refund.reason ?? "退款",
      biz_desc: "0020001|退款-交易退款", merchant_out_refund_no: refund.out_request_no, other: order.buyer.logon_id,
    });
    if (order.refunded === order.total) {
      order.status = "TRADE_CLOSED";
      order.closed = refund.at;
    }
    this.#tell(order, {
      refund_fee: money.print(order.refunded), send_back_fee: money.print(refund.amount),
      gmt_refund: `${text(refund.at)}.${String(refund.at % 1000).padStart(3, "0")}`, out_biz_no: refund.out_request_no,
    });
  }

  #refundNode(order, fund_change) {
    return node({
      buyer_logon_id: order.buyer.logon_id, ...this.#world.namesOf(order.buyer), fund_change,
      out_trade_no: order.out_trade_no, refund_fee: money.print(order.refunded),
      send_back_fee: fund_change === "Y" ? money.print(order.refunds.at(-1).amount) : "0.00", trade_no: order.trade_no,
    });
  }

  /** The notice of what has just happened to the trade. */
  #tell(order, more) {
    const { config } = this.#world;
    const paid = order.paid !== undefined;
    const amount = fen => (paid ? money.print(fen) : undefined);
    const bills = paid && [{ amount: money.print(order.buyerPaid), fundChannel: "ALIPAYACCOUNT" }];
    this.#world.notices.send("trade", order.notify_url, order.charset, {
      notify_type: "trade_status_sync",
      gmt_create: text(order.created),
      gmt_payment: paid ? text(order.paid) : undefined,
      gmt_close: order.status === "TRADE_CLOSED" ? text(order.closed) : undefined,
      subject: order.subject, body: order.body, passback_params: order.passback_params,
      ...this.#world.namesOf(order.buyer, "buyer_id"), buyer_logon_id: order.buyer.logon_id,
      seller_id: config.seller_id, seller_email: config.seller_email,
      out_trade_no: order.out_trade_no, trade_no: order.trade_no, trade_status: order.status,
      total_amount: money.print(order.total), receipt_amount: amount(order.receipt), invoice_amount: amount(order.receipt),
      buyer_pay_amount: amount(order.buyerPaid), point_amount: paid ? "0.00" : undefined,
      fund_bill_list: paid ? JSON.stringify(bills) : undefined,
      ...told(order.agreement ?? {}), ...more,
    });
  }
}

const gone = message => raise(new Conflict(404, message));
