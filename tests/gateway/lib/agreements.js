// Agreements (周期扣款, CYCLE_PAY_AUTH): signed by the buyer, charged by the merchant, ended by either. Holds the rules.
//
// Every charge is the merchant's call. It may come on the due day and up to five days before; one succeeds in each
// period, and moves the due day by one period. A day that was missed stays due and can no longer be charged: the
// merchant moves it with executionplan.modify, to later only.

import { addDays, addMonths, day, parse, text } from "./clock.js";
import { Refusal, node, raise, reader, refuse } from "./answer.js";
import * as money from "./money.js";
import { codec, told } from "./wire.js";
import { Conflict } from "./world.js";

const LONG_TERM = "2115-02-01 00:00:00";
const NUMBER = { max: 32, like: /^[A-Za-z0-9]+$/ };
const CHANNELS = ["ALIPAYAPP", "QRCODE", "QRCODEORSMS"];
/** States that can still end. */
const LIVE = ["NORMAL", "STOP", "TEMP"];

function mustLive({ status }) {
  if (!LIVE.includes(status)) throw new Conflict(409, `the agreement is ${status ?? "not signed"}`);
}

export class Agreements {
  #world;
  #trades;

  constructor(world, trades) {
    this.#world = world;
    this.#trades = trades;
  }

  // ---- what the merchant asks ----------------------------------------------------------------------------------

  /** user.agreement.page.sign: the wish that the page shows. */
  wish(call) {
    return this.#remember(this.#read(call.biz, ""), {
      urls: [call.params.notify_url], return_url: call.params.return_url, charset: call.noticeCharset,
    });
  }

  /** agreement_sign_params of a payment: the agreement is signed when `order` is paid. */
  wishOfPayment(call, order) {
    const params = call.biz.agreement_sign_params;
    if (params === undefined) return;
    const wish = this.#remember(this.#read(params, "ACQ."), {
      urls: [params.sign_notify_url, call.params.notify_url], charset: call.noticeCharset,
    });
    order.agreement = { external_agreement_no: wish.external_agreement_no };
    order.onPaid = paid => {
      this.sign(wish, { buyer: paid.buyer });
      paid.agreement.agreement_no = wish.agreement_no;
    };
  }

  query(call) {
    const { text: said } = reader(call.biz, "");
    const found = this.#named(call.biz);
    if (!found?.agreement_no) throw refuse("USER_AGREEMENT_NOT_EXIST");
    if (found.status === "UNSIGN") throw refuse(said("agreement_no") ? "AGREEMENT_HAS_UNSIGNED" : "USER_AGREEMENT_NOT_EXIST");
    if (found.status === "EXPIRED") throw refuse("USER_AGREEMENT_NOT_EXIST");
    const names = this.#world.namesOf(found.buyer, "principal_id", "principal_open_id");
    return node({
      agreement_no: found.agreement_no, status: found.status, sign_time: text(found.signed), valid_time: text(found.signed),
      invalid_time: found.invalid, personal_product_code: found.personal_product_code, sign_scene: found.sign_scene,
      external_agreement_no: found.external_agreement_no, external_logon_id: found.external_logon_id,
      alipay_logon_id: found.buyer.logon_id, ...names, pricipal_type: "CARD", third_party_type: "PARTNER",
      single_quota: found.rule && money.print(found.rule.single),
      next_deduct_time: found.rule?.due, last_deduct_time: found.last,
    });
  }

  unsign(call) {
    const found = this.#named(call.biz);
    if (!found?.agreement_no) throw refuse("AGREEMENT_NOT_EXIST");
    if (!LIVE.includes(found.status)) throw refuse("USER_AGREEMENT_STATUS_NOT_NORMAL");
    this.#end(found, call.params.notify_url ?? this.#world.appGatewayUrl);
    return node({});
  }

  modify(call) {
    const { must, bad } = reader(call.biz, "");
    const number = must("agreement_no", { max: 64 });
    const to = must("deduct_time", { max: 32 });
    must("memo", { max: 256 });
    const found = this.#byNumber(number);
    if (!found || found.status !== "NORMAL" || !found.rule) throw refuse("ILLEGAL_AGREEMENT");
    if (parse(to) === undefined || to.length !== 10) throw bad("deduct_time", "is no yyyy-MM-dd");
    const { rule } = found;
    const lateInMonth = rule.type === "MONTH" && Number(to.slice(8)) > 28;
    if (to <= rule.due || to < day(this.#world.now()) || lateInMonth) throw refuse("ILLEGAL_EXECUTION_TIME");
    rule.due = to;
    return node({ agreement_no: number, deduct_time: to });
  }

  /** trade.pay: a withholding; or a bar code, which this gateway knows nobody's of. `fault` may leave it in process. */
  pay(call, fault) {
    if (call.biz.scene !== undefined || call.biz.auth_code !== undefined) throw refuse("ACQ.PAYMENT_AUTH_CODE_INVALID");
    const { must: param } = reader(Object(call.biz.agreement_params));
    const agreement = this.#chargeable(param("agreement_no", { max: 64 }));
    const order = this.#trades.order(call, "withhold");
    try {
      this.#checkCharge(agreement, order);
    } catch (error) {
      // A charge that was refused leaves no trade behind, and no order that a later one would have to agree with.
      if (!order.status) this.#world.orders.delete(order.out_trade_no);
      throw error;
    }
    this.#begin(agreement, order);
    const names = { buyer_logon_id: order.buyer.logon_id, ...this.#world.namesOf(order.buyer) };
    const numbers = { out_trade_no: order.out_trade_no, trade_no: order.trade_no, total_amount: money.print(order.total) };
    if (fault?.kind === "in_process") return node({ ...names, ...numbers }, 10003);
    this.#trades.pay(order);
    return node({
      ...names, ...numbers, buyer_pay_amount: money.print(order.buyerPaid), receipt_amount: money.print(order.receipt),
      invoice_amount: money.print(order.receipt), point_amount: "0.00", gmt_payment: text(order.paid),
      fund_bill_list: [{ amount: money.print(order.buyerPaid), fund_channel: "ALIPAYACCOUNT" }],
    });
  }

  /** The trade that a failed charge leaves behind: open, or closed at once. */
  leave(call, status) {
    const agreement = this.#byNumber(call.biz.agreement_params?.agreement_no);
    if (!agreement) return;
    const order = this.#begin(agreement, this.#trades.order(call, "withhold"));
    if (status === "TRADE_CLOSED") this.#trades.timeOut(order);
  }

  // ---- what the buyer and time do --------------------------------------------------------------------------------

  /** The agreement that a control act names by either number. */
  named({ agreement_no, external_agreement_no }) {
    const ours = agreement_no === undefined;
    const found = ours ? this.#world.agreements.get(external_agreement_no) : this.#byNumber(agreement_no);
    return found ?? raise(new Conflict(404, `no agreement ${agreement_no ?? external_agreement_no}`));
  }

  /** The buyer signs what the page showed. `status` TEMP: kept, not in force. */
  sign(wish, { buyer, status = "NORMAL" } = {}) {
    if (wish.agreement_no && wish.status !== "TEMP") throw new Conflict(409, `the agreement is ${wish.status}`);
    const now = this.#world.now();
    Object.assign(wish, {
      agreement_no: wish.agreement_no ?? this.#world.newAgreementNo(),
      status, buyer: buyer ?? this.#world.buyer(), signed: now,
      invalid: wish.validity ? this.#lapse(wish.validity) : LONG_TERM, charges: 0, charged: 0,
    });
    if (wish.validity) this.#world.agenda.at(parse(wish.invalid), () => this.#expire(wish));
    this.#tell(wish, [...wish.urls, this.#world.appGatewayUrl].find(Boolean), "dut_user_sign", {
      sign_time: text(now), valid_time: text(now), invalid_time: wish.invalid,
    });
    return wish;
  }

  /** The buyer ends it in the wallet: only the application gateway hears of it. */
  unsignByUser(found) {
    mustLive(found);
    this.#end(found, this.#world.appGatewayUrl);
    return found;
  }

  /** Pauses or resumes it; told to the application gateway if `tell`. */
  turn(found, status, tell) {
    if (!["NORMAL", "STOP"].includes(status)) throw new Conflict(400, "status is NORMAL or STOP");
    mustLive(found);
    found.status = status;
    if (tell) {
      this.#tell(found, this.#world.appGatewayUrl, "dut_user_sign", {
        sign_time: text(found.signed), valid_time: text(found.signed), invalid_time: found.invalid,
      });
    }
    return found;
  }

  // ---- inside ----------------------------------------------------------------------------------------------------

  /** The terms of an agreement, from page.sign or from a payment; `prefix` is that of the method's codes. */
  #read(params, prefix) {
    const { text: said, must, bad } = reader(Object(params), prefix);
    const external_agreement_no = must("external_agreement_no", NUMBER);
    const sign_scene = must("sign_scene", { max: 64 });
    if (sign_scene === "DEFAULT|DEFAULT") throw bad("sign_scene", "is not DEFAULT|DEFAULT with an external_agreement_no");
    const personal_product_code = must("personal_product_code", { max: 64 });
    if (!CHANNELS.includes(params.access_params?.channel)) {
      throw bad("access_params", `has no channel of ${CHANNELS.join(", ")}`);
    }
    const validity = said("sign_validity_period", { max: 8, like: /^\d{1,4}[md]$/ });
    const needsRule = personal_product_code === "CYCLE_PAY_AUTH_P";
    if (needsRule && params.period_rule_params === undefined) throw bad("period_rule_params", "is missing");
    const rule = params.period_rule_params && this.#rule(params.period_rule_params, prefix);
    return {
      external_agreement_no, sign_scene, personal_product_code, validity, rule,
      product_code: said("product_code", { max: 64 }), external_logon_id: said("external_logon_id", { max: 100 }),
    };
  }

  #rule(params, prefix) {
    const { text: said, must, bad } = reader(Object(params), prefix);
    const type = must("period_type", { like: /^(DAY|MONTH)$/ });
    const period = Number(must("period", { like: /^[1-9]\d{0,3}$/ }));
    if (type === "DAY" && period < 7) throw bad("period", "is less than 7 days");
    const due = must("execute_time", { max: 10 });
    if (parse(due) === undefined || due.length !== 10) throw bad("execute_time", "is no yyyy-MM-dd");
    if (type === "MONTH" && Number(due.slice(8)) > 28) throw bad("execute_time", "is later than the 28th");
    const amount = (name, required) => {
      const value = (required ? must : said)(name, { max: 11 });
      const fen = value === undefined ? undefined : money.parse(value);
      if (value !== undefined && !fen) throw bad(name, "is no amount");
      return fen;
    };
    const times = said("total_payments", { like: /^[1-9]\d{0,3}$/ });
    return {
      type, period, due, single: amount("single_amount", true), total: amount("total_amount", false),
      times: times && Number(times),
    };
  }

  #remember(terms, call) {
    const known = this.#world.agreements.get(terms.external_agreement_no);
    // A number stands for one agreement for good; only what was never in force may be shown and signed again.
    if (known?.agreement_no && known.status !== "TEMP") {
      throw new Refusal(40004, "USER_AGREEMENT_EXIST", "external_agreement_no was used before");
    }
    const wish = Object.assign(known ?? {}, terms, call);
    this.#world.agreements.set(terms.external_agreement_no, wish);
    return wish;
  }

  #byNumber(number) {
    return [...this.#world.agreements.values()].find(one => one.agreement_no === number);
  }

  #named(biz) {
    const { text: said, must } = reader(biz, "");
    const number = said("agreement_no", { max: 64 });
    if (number) return this.#byNumber(number);
    const [code, scene] = [must("personal_product_code", { max: 64 }), must("sign_scene", { max: 64 })];
    const found = this.#world.agreements.get(must("external_agreement_no", NUMBER));
    const fits = found?.personal_product_code === code && found.sign_scene === scene;
    return fits ? found : undefined;
  }

  #chargeable(number) {
    const found = this.#byNumber(number);
    if (!found) throw refuse("ACQ.AGREEMENT_NOT_EXIST");
    if (["UNSIGN", "EXPIRED"].includes(found.status)) throw refuse("ACQ.AGREEMENT_INVALID");
    if (found.status !== "NORMAL") throw refuse("ACQ.AGREEMENT_STATUS_NOT_NORMAL");
    return found;
  }

  #checkCharge({ agreement_no, rule, charges, charged, buyer }, order) {
    const { settings } = this.#world;
    const today = day(this.#world.now());
    const withheld = [...this.#world.orders.values()].filter(one => one.way === "withhold" && one !== order);
    const underWay = withheld.some(one => one.status === "WAIT_BUYER_PAY" && one.agreement.agreement_no === agreement_no);
    if (underWay) throw refuse("ACQ.OVER_MAX_UNDER_WAY_DEDUCT_COUNT");
    if (rule) {
      const from = addDays(rule.due, -settings.charge_days_before);
      if (today < from || today > rule.due) throw refuse("ACQ.CYCLE_PAY_DATE_NOT_MATCH");
      if (order.total > rule.single) throw refuse("ACQ.CYCLE_PAY_SINGLE_FEE_EXCEED");
      if (rule.total !== undefined && charged + order.total > rule.total) throw refuse("ACQ.CYCLE_PAY_TOTAL_FEE_EXCEED");
      if (rule.times !== undefined && charges >= rule.times) throw refuse("ACQ.CYCLE_PAY_TOTAL_TIMES_EXCEED");
    }
    if (order.total > money.parse(settings.charge_max)) throw refuse("ACQ.PRODUCT_AMOUNT_LIMIT_ERROR");
    const ofBuyer = withheld.filter(one => one.paid !== undefined && one.buyer.user_id === buyer.user_id);
    const ofToday = ofBuyer.filter(one => day(one.paid) === today);
    const sum = ofToday.reduce((fen, one) => fen + one.total, order.total);
    if (sum > money.parse(settings.charge_day_max)) throw refuse("ACQ.OVER_MERCHANT_DAILY_DEDUCT_AMOUNT");
  }

  /** The trade of a charge comes into being. */
  #begin(agreement, order) {
    order.agreement = { agreement_no: agreement.agreement_no, external_agreement_no: agreement.external_agreement_no };
    order.onPaid = () => this.#charged(agreement, order);
    return this.#trades.scan(order, agreement.buyer);
  }

  /** A charge of it succeeded: the period is used up. */
  #charged(agreement, order) {
    agreement.charges += 1;
    agreement.charged += order.total;
    agreement.last = day(order.paid);
    const { rule } = agreement;
    if (rule) rule.due = rule.type === "DAY" ? addDays(rule.due, rule.period) : addMonths(rule.due, rule.period);
  }

  #lapse(validity) {
    const count = Number(validity.slice(0, -1));
    const today = day(this.#world.now());
    return `${validity.endsWith("d") ? addDays(today, count) : addMonths(today, count)} 00:00:00`;
  }

  /** Natural expiry: nobody is told. */
  #expire(agreement) {
    if (LIVE.includes(agreement.status)) agreement.status = "EXPIRED";
  }

  #end(agreement, url) {
    agreement.status = "UNSIGN";
    agreement.ended = this.#world.now();
    this.#tell(agreement, url, "dut_user_unsign", { unsign_time: text(agreement.ended) });
  }

  #tell(agreement, url, notify_type, more) {
    const charset = codec(agreement.charset) === "utf8" ? "UTF-8" : agreement.charset;
    this.#world.notices.send("agreement", url, charset, told({
      notify_type, ...this.#world.namesOf(agreement.buyer, "alipay_user_id", "alipay_open_id"),
      alipay_logon_id: agreement.buyer.logon_id, agreement_no: agreement.agreement_no,
      external_agreement_no: agreement.external_agreement_no, external_logon_id: agreement.external_logon_id,
      personal_product_code: agreement.personal_product_code, sign_scene: agreement.sign_scene, status: agreement.status,
      ...more,
    }));
  }
}
