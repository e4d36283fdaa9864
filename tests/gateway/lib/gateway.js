// The front door, /gateway.do: what a call must bring, whose it is, which method it means, and the signed answer.
//
// Checks come in the order in which the real gateway was seen to make them: the application before the signature.

import { parse } from "./clock.js";
import { Refusal, node } from "./answer.js";
import { codec, encode, html, json, readForm } from "./wire.js";

/** The longest value of each public parameter. */
const LONGEST = {
  app_id: 32, method: 128, format: 40, charset: 10, sign_type: 10, sign: 344, version: 3, notify_url: 256, return_url: 256,
  app_auth_token: 40,
};

/** Methods whose answer is a page. */
export const PAGES = {
  "alipay.trade.page.pay": "page",
  "alipay.trade.wap.pay": "wap",
  "alipay.user.agreement.page.sign": "sign",
};
/** Methods that only the wallet takes, as an order string. */
export const WALLET = { ...PAGES, "alipay.trade.app.pay": "app" };

/** What faults put in the place of an answer. */
const OTHER_NODES = {
  gbk_error: new Refusal(20000, "aop.unknow-error", "服务暂不可用，请稍后再试").node,
  other_method: node({ out_trade_no: "0", qr_code: "https://qr.alipay.com/bax000000000000" }),
};

export class Gateway {
  #world;
  #methods;
  #parts;
  /** Calls received, oldest first; the last CALLS_MAX are kept. */
  calls = [];

  static CALLS_MAX = 10_000;

  constructor(world, { trades, agreements, transfers, bills }) {
    this.#world = world;
    this.#parts = { trades, agreements };
    this.#methods = {
      "alipay.trade.precreate": call => trades.precreate(call),
      "alipay.trade.query": call => trades.query(call),
      "alipay.trade.cancel": call => trades.cancel(call),
      "alipay.trade.close": call => trades.close(call),
      "alipay.trade.refund": call => trades.refund(call),
      "alipay.trade.fastpay.refund.query": call => trades.refundQuery(call),
      "alipay.trade.pay": (call, fault) => agreements.pay(call, fault),
      "alipay.user.agreement.query": call => agreements.query(call),
      "alipay.user.agreement.unsign": call => agreements.unsign(call),
      "alipay.user.agreement.executionplan.modify": call => agreements.modify(call),
      "alipay.fund.trans.uni.transfer": (call, fault) => transfers.send(call, fault),
      "alipay.fund.trans.common.query": call => transfers.query(call),
      "alipay.data.dataservice.bill.downloadurl.query": call => bills.link(call),
      "alipay.data.bill.accountlog.query": call => bills.log(call),
      "alipay.open.app.alipaycert.download": call => this.#certificate(call),
    };
  }

  /**
   * Reads a call from its query and body, both bytes. The result has `refused` where a check failed; otherwise it is a
   * call that its application signed.
   */
  read(query, body) {
    // Without charset in the query the body is read as GBK, and what is answered and notified is GBK too.
    const asked = new URLSearchParams(Buffer.from(query).toString("latin1")).get("charset");
    const charset = codec(asked ?? "GBK") ? (asked ?? "GBK") : "utf-8";
    const pairs = [...readForm(query, charset), ...readForm(body, charset)];
    const params = Object.fromEntries(pairs);
    const call = {
      params, charset, method: params.method, at: this.#world.now(), inQuery: asked !== null, noticeCharset: asked ?? "GBK",
    };
    try {
      this.#check(call, pairs);
      call.biz = this.#content(call);
      call.verified = true;
    } catch (refused) {
      if (!(refused instanceof Refusal)) throw refused;
      call.refused = refused;
    }
    return this.#log(call);
  }

  /** Does what the call asks and gives the node of the answer. */
  perform(call, fault) {
    try {
      if (call.refused) throw call.refused;
      call.node = this.#methods[call.method](call, fault);
    } catch (refused) {
      if (!(refused instanceof Refusal)) throw refused;
      call.node = refused.node;
    }
    return call.node;
  }

  /** What a fault answers in place of the method, after the work or without it. */
  replace(call, fault) {
    if (fault.work) this.perform(call);
    if (fault.kind === "system_error") {
      const family = call.method.startsWith("alipay.trade.") ? "ACQ." : "";
      // The misspelling is real, and of cancel alone.
      const prefix = call.method === "alipay.trade.cancel" ? "AQC." : family;
      const refused = String(fault.code ?? 20000) === "20000"
        ? new Refusal(20000, "isp.unknow-error") : new Refusal(40004, `${prefix}SYSTEM_ERROR`, "系统异常");
      return (call.node = refused.node);
    }
    if (fault.status) this.#parts.agreements.leave(call, fault.status);
    return (call.node = new Refusal(fault.code ?? 40004, fault.sub_code, fault.sub_msg).node);
  }

  /** The signed answer as it goes out: content type and bytes. `fault` spoils it. */
  answer(call, fault) {
    const { seal } = this.#world;
    const charset = fault?.kind === "gbk_error" ? "GBK" : call.charset;
    const name = this.#nodeName(call, fault);
    let value = json(OTHER_NODES[fault?.kind] ?? call.node);
    // Business answers to an encrypted call are encrypted; what the gateway itself refused is not.
    if (call.encrypted && !call.refused) value = json(seal.encrypt(value));
    const members = [`"${name}":${value}`];
    const bare = fault?.kind === "unsigned" || call.unsigned;
    if (!bare && seal.certSn) members.push(`"alipay_cert_sn":"${seal.certSn}"`);
    // The signature is over the bytes of the value as they stand, quotes of an encrypted one included.
    if (!bare) members.push(`"sign":"${seal.sign(value, charset, fault?.kind)}"`);
    const type = `text/html;charset=${codec(charset) === "utf8" ? "utf-8" : "GBK"}`;
    return { type, bytes: encode(`{${members.join(",")}}`, charset) };
  }

  #nodeName(call, fault) {
    if (fault?.kind === "gbk_error") return "error_response";
    if (fault?.kind === "other_method") {
      const other = call.method === "alipay.trade.precreate" ? "alipay.trade.create" : "alipay.trade.precreate";
      return `${other.replaceAll(".", "_")}_response`;
    }
    return this.#known(call.method) ? `${call.method.replaceAll(".", "_")}_response` : "error_response";
  }

  /** Whether the method has a name of its own to answer under; __proto__ and the like have none. */
  #known(method) {
    return Object.hasOwn(this.#methods, method ?? "") || Object.hasOwn(WALLET, method ?? "");
  }

  #check(call, pairs) {
    const { params } = call;
    const { config, seal } = this.#world;
    const missing = (name, sub) => {
      if (!params[name]) throw new Refusal(40001, `isv.missing-${sub}`, `缺少${name}参数`);
    };
    const invalid = (sub, words = "参数无效") => new Refusal(40002, `isv.invalid-${sub}`, words);
    // Who is not known has no key to sign an answer with.
    call.unsigned = true;
    missing("method", "method");
    missing("app_id", "app-id");
    if (params.app_id !== config.app_id) throw invalid("app-id", "无效的AppID参数");
    missing("sign_type", "signature-type");
    if (!["RSA2", "RSA"].includes(params.sign_type)) throw invalid("signature-type", "无效的签名类型");
    if (params.sign_type !== seal.signType) {
      throw new Refusal(40002, "isv.missing-signature-key", "验签出错, 未配置对应签名算法的公钥或者证书");
    }
    call.unsigned = false;
    if (!this.#known(params.method)) throw invalid("method", "不存在的方法名");
    missing("sign", "signature");
    missing("timestamp", "timestamp");
    missing("version", "version");
    if (params.version !== "1.0") throw invalid("parameter", "参数无效: version");
    if (params.format && !/^(json|xml)$/i.test(params.format)) throw invalid("format", "无效的数据格式");
    if (params.charset && !codec(params.charset)) throw invalid("charset", "字符集错误");
    // PHP's SDK sends charset in the query and in the form, and is served. Two values are another thing.
    const repeated = pairs.find(([name, value]) => params[name] !== value)?.[0];
    if (repeated) throw invalid("parameter", `参数无效: ${repeated} is sent with two values`);
    for (const [name, max] of Object.entries(LONGEST)) {
      if ((params[name] ?? "").length > max) throw invalid("parameter", `参数无效: ${name} is longer than ${max}`);
    }
    this.#checkTime(params.timestamp, invalid);
    if (seal.rootCertSn) {
      missing("app_cert_sn", "app-cert-sn");
      missing("alipay_root_cert_sn", "alipay-root-cert-sn");
      if (params.app_cert_sn !== seal.appCertSn) throw invalid("app-cert-sn", "应用公钥证书SN错误");
      if (params.alipay_root_cert_sn !== seal.rootCertSn) throw invalid("alipay-root-cert-sn", "支付宝根证书SN错误");
    }
    const { text, good } = seal.check(params, params.charset ?? "GBK");
    call.signedText = text;
    if (good) return;
    const hint = call.inQuery
      ? "建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为："
      : "请确认charset参数放在了URL查询字符串中且各参数值使用charset参数指示的字符集编码，网关生成的验签字符串为：";
    // The real gateway writes the text as for HTML.
    throw invalid("signature", `验签出错，${hint}${html(text)}`);
  }

  #checkTime(timestamp, invalid) {
    const at = parse(timestamp);
    const off = at === undefined || timestamp.length !== 19 ? Infinity : Math.abs(at - this.#world.now());
    if (off > this.#world.settings.timestamp_tolerance_s * 1000) throw invalid("timestamp", "非法的时间戳参数");
  }

  /** biz_content, decrypted where it was encrypted. */
  #content(call) {
    const { params } = call;
    let said = params.biz_content ?? "";
    if (params.encrypt_type) {
      if (params.encrypt_type !== "AES") throw new Refusal(40002, "isv.invalid-encrypt-type", "无效的加密类型");
      if (!this.#world.seal.aesKey) throw new Refusal(40001, "isv.missing-encrypt-key", "缺少加密配置");
      said = this.#world.seal.decrypt(said);
      if (said === undefined) throw new Refusal(40002, "isv.decryption-error-unknown", "解密出错, 未知错误");
      call.encrypted = true;
    }
    if (said === "") return {};
    try {
      const biz = JSON.parse(said);
      if (biz && typeof biz === "object" && !Array.isArray(biz)) return biz;
    } catch {
      // Refused below.
    }
    throw new Refusal(40002, "isv.illegal-json", "JSON格式错误: biz_content");
  }

  /** open.app.alipaycert.download. */
  #certificate(call) {
    const found = this.#world.seal.certificate(call.biz.alipay_cert_sn);
    if (!found) throw new Refusal(40004, "CERT_NOT_EXIST", "证书不存在");
    return node({ alipay_cert_content: Buffer.from(found).toString("base64") });
  }

  #log(call) {
    this.calls.push(call);
    if (this.calls.length > Gateway.CALLS_MAX) this.calls.shift();
    return call;
  }
}

/** The call that a link for the wallet means: an order string, a GET address, or an alipays:// link around one. */
export function inner(link) {
  const wrapped = /^alipays:\/\/platformapi\/startapp\?(.*)$/s.exec(link);
  if (wrapped) {
    const around = new URLSearchParams(wrapped[1]);
    return inner(around.get("sign_params") ?? around.get("url") ?? "");
  }
  return /^https?:\/\//.test(link) ? link.slice(link.indexOf("?") + 1) : link;
}

