// What a method answers: fields, or a refusal with Alipay's codes.

import { told } from "./wire.js";

const MESSAGES = {
  10000: "Success",
  10003: " order success pay inprocess",
  20000: "Service Currently Unavailable",
  20001: "Insufficient Token Permissions",
  40001: "Missing Required Arguments",
  40002: "Invalid Arguments",
  40003: "Insufficient Conditions",
  40004: "Business Failed",
  40005: "Call Limited",
  40006: "Insufficient Permissions",
};

/** The words that go with the commonest codes. Nobody may decide by them. */
const WORDS = {
  "ACQ.TRADE_NOT_EXIST": "交易不存在",
  TRADE_NOT_EXIST: "交易不存在",
  "ACQ.CONTEXT_INCONSISTENT": "交易信息被篡改",
  "ACQ.TRADE_HAS_SUCCESS": "交易已被支付",
  "ACQ.TRADE_HAS_CLOSE": "交易已经关闭",
  "ACQ.TRADE_HAS_FINISHED": "交易已完结",
  "ACQ.TRADE_STATUS_ERROR": "交易状态不合法",
  "ACQ.REASON_TRADE_STATUS_INVALID": "交易状态不合法",
  "ACQ.REASON_TRADE_REFUND_FEE_ERR": "退款金额无效",
  "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": "退款金额超限",
  "ACQ.DISCORDANT_REPEAT_REQUEST": "不一致的请求",
  "ACQ.SELLER_BALANCE_NOT_ENOUGH": "卖家余额不足",
  "ACQ.TRADE_CANCEL_TIME_OUT": "超过撤销时间范围",
  "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR": "当前时间已超过允许支付的时间",
  "ACQ.TRADE_BUYER_NOT_MATCH": "交易买家不匹配",
  "ACQ.INVALID_RECEIVE_ACCOUNT": "收款账户不支持",
  "ACQ.TOTAL_FEE_EXCEED": "订单总金额不在允许范围内",
  "ACQ.PAYMENT_AUTH_CODE_INVALID": "支付授权码无效",
  "ACQ.BUYER_BALANCE_NOT_ENOUGH": "买家余额不足",
  "ACQ.AGREEMENT_NOT_EXIST": "用户协议不存在",
  "ACQ.AGREEMENT_INVALID": "用户协议失效",
  "ACQ.AGREEMENT_STATUS_NOT_NORMAL": "用户协议状态非NORMAL",
  "ACQ.CYCLE_PAY_DATE_NOT_MATCH": "扣款日期不在签约时的允许范围之内",
  "ACQ.CYCLE_PAY_SINGLE_FEE_EXCEED": "周期扣款单笔金额超过限额",
  "ACQ.CYCLE_PAY_TOTAL_FEE_EXCEED": "周期扣款总金额超过限额",
  "ACQ.CYCLE_PAY_TOTAL_TIMES_EXCEED": "周期扣款总次数超过限额",
  "ACQ.PRODUCT_AMOUNT_LIMIT_ERROR": "产品额度超限",
  "ACQ.SYSTEM_ERROR": "系统异常",
  "AQC.SYSTEM_ERROR": "系统异常",
  "isp.unknow-error": "系统繁忙",
  USER_AGREEMENT_NOT_EXIST: "用户协议不存在",
  AGREEMENT_HAS_UNSIGNED: "协议已解约",
  ILLEGAL_EXECUTION_TIME: "非法的执行时间",
  ORDER_NOT_EXIST: "转账订单不存在",
  PAYMENT_INFO_INCONSISTENCY: "两次请求商户单号一样，但是参数不一致",
  PAYER_BALANCE_NOT_ENOUGH: "付款方余额不足",
  EXCEED_LIMIT_SM_MIN_AMOUNT: "单笔最低转账金额0.1元",
  NO_BILL_DATA: "账单无数据",
  BILL_NOT_EXIST: "账单不存在",
  "isv.insufficient-isv-permissions": "ISV权限不足，建议在开发者中心检查对应功能是否已经添加",
};

/** A refusal by the codes of Alipay; `fields` go along, as the zero amounts of TRADE_NOT_EXIST do. */
export class Refusal extends Error {
  constructor(code, subCode, subMsg, fields = {}) {
    super(`${code} ${subCode}`);
    this.node = {
      code: String(code),
      msg: MESSAGES[code] ?? "Business Failed",
      sub_code: subCode,
      sub_msg: subMsg ?? WORDS[subCode] ?? subCode,
      ...fields,
    };
  }
}

/** A business failure. */
export const refuse = (subCode, fields) => new Refusal(40004, subCode, undefined, fields);

/** The node of a success, or of another code that has fields. Undefined fields are left out, as they are by Alipay. */
export const node = (fields, code = 10000) => ({ code: String(code), msg: MESSAGES[code], ...told(fields) });

/**
 * Reads members of biz_content with their rules. A member that is missing or breaks its rule is INVALID_PARAMETER, with
 * the prefix of the method's family.
 */
export function reader(biz, prefix = "ACQ.") {
  const bad = (name, why) => new Refusal(40004, `${prefix}INVALID_PARAMETER`, `参数无效: ${name} ${why}`);
  /** The member as text; undefined where it is absent or empty. */
  const text = (name, { max = 256, like } = {}) => {
    const value = biz[name];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "object") throw bad(name, "is no text");
    const said = String(value);
    if ([...said].length > max) throw bad(name, `has more than ${max} characters`);
    if (like && !like.test(said)) throw bad(name, `is not like ${like}`);
    return said;
  };
  const must = (name, rule) => text(name, rule) ?? raise(bad(name, "is missing"));
  return { bad, text, must };
}

export function raise(error) {
  throw error;
}
