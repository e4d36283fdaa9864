// Faults on demand: each stands for the next so many calls of a method, or for notices. Holds them; what each does is
// done where it happens (gateway.js, notices.js).

/** The faults of calls, with what each may be told. */
const OF_CALLS = {
  // Nothing is done and nothing is ever answered.
  never: [],
  // The work is done after the caller has gone away.
  late: [],
  // The work is done, then the connection is cut.
  lost_answer: [],
  // The notices of what was done are delivered before the answer.
  notice_first: [],
  // A page of HTML with this status; the work is done first where `work` is true.
  http: ["status", "work"],
  // An unknown result: 20000 isp.unknow-error, or with code 40004 the SYSTEM_ERROR of the method's family.
  system_error: ["code", "work"],
  // Any other code and sub_code; `status` ("WAIT_BUYER_PAY", "TRADE_CLOSED") is what a failed trade.pay leaves behind.
  answer: ["code", "sub_code", "sub_msg", "status"],
  // trade.pay: 10003, the money moves by /control/pay. uni.transfer: DEALING, it ends by /control/transfer.
  in_process: [],
  bad_signature: [],
  other_key: [],
  // No sign at all.
  unsigned: [],
  // A genuine, signed answer of another method.
  other_method: [],
  // A signed error_response in GBK, with Chinese in it.
  gbk_error: [],
};

/** The faults of notices. */
const OF_NOTICES = {
  duplicate: [],
  // Set aside until another notice has gone.
  reorder: [],
  // Never sent; repeated later.
  lost: [],
  // Sent, but what the merchant answers is not heard; repeated later.
  lost_answer: [],
  bad_signature: [],
  other_key: [],
  // In GBK, and signed so.
  gbk: [],
  // Other values in some fields, signed with the right key.
  rewrite: ["fields"],
};

/** The faults of synchronous returns. */
const OF_RETURNS = { bad_signature: [], other_key: [] };

export class Faults {
  #list = [];
  #count = 0;

  /**
   * Sets a fault. `target` is a method, "*" for every method, "download", "notify" or "return"; `times` how often
   * (1); `where` limits it to calls or notices that have these members.
   */
  add({ target, kind, times = 1, where = {}, ...options }) {
    const kinds = { notify: OF_NOTICES, return: OF_RETURNS }[target] ?? OF_CALLS;
    if (typeof target !== "string") throw new Error("a fault has a target: a method, *, download, notify or return");
    if (!kinds[kind]) throw new Error(`a fault of ${target} is one of ${Object.keys(kinds).join(", ")}`);
    if (!Number.isInteger(times) || times < 1) throw new Error("times is a number from 1");
    const foreign = Object.keys(options).find(name => !kinds[kind].includes(name));
    if (foreign) throw new Error(`${kind} knows no ${foreign}`);
    this.#count += 1;
    this.#list.push({ id: this.#count, target, kind, left: times, where, ...options });
    return this.#list.at(-1);
  }

  /** The fault that this call or notice meets, if any; it is used up by it. */
  take(target, members) {
    const meets = fault => fault.target === target || (fault.target === "*" && target.startsWith("alipay."));
    const fits = fault => Object.entries(fault.where).every(([name, value]) => members?.[name] === value);
    const fault = this.#list.find(one => one.left > 0 && meets(one) && fits(one));
    if (!fault) return undefined;
    fault.left -= 1;
    this.#list = this.#list.filter(one => one.left > 0);
    return fault;
  }

  list() {
    return this.#list;
  }

  clear() {
    this.#list = [];
    return this.#list;
  }
}
