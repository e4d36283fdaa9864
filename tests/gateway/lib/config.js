// The configuration, checked once. Every field has a default; see README.md for the list.

import { parse } from "./clock.js";
import * as money from "./money.js";
import { Seal } from "./seal.js";

const DEFAULTS = {
  app_id: "9021000122682882",
  seller_id: "2088721003899159",
  seller_email: undefined,
  app_public_key: undefined,
  private_key: undefined,
  next_private_key: undefined,
  sign_type: "RSA2",
  aes_key: undefined,
  certificates: undefined,
  clock_start: undefined,
  clock_runs: false,
  app_gateway_url: undefined,
  notify_timeout_ms: 5000,
  settings: {},
};

/** What a test may change while the gateway runs; the wrong name or type is an error. */
const SETTINGS = {
  // A request's timestamp may be off by so much. The real bound is not published.
  timestamp_tolerance_s: 900,
  // "push": notices are posted. "hold": they wait to be taken over /control.
  notices: "push",
  // Notices of these kinds are signed with sign_type in the text: "trade", "return", "agreement".
  sign_type_kept: [],
  // What close and cancel do to a code that nobody has scanned: sources disagree. "leaves" is the harder case.
  unscanned_close: "leaves",
  // "user_id", "open_id" or "both": what names a buyer.
  buyer_ids: "user_id",
  // Subjects that hold / = or &, which the documents forbid, are refused.
  strict_subject: false,
  // A refund is accepted at once and done so much later.
  refund_delay_s: 0,
  // A row appears in accountlog.query so much after the money moved.
  bill_delay_s: 0,
  // After so long a paid trade is TRADE_FINISHED.
  refund_period_days: 90,
  // Yuan in the merchant's account that refunds and transfers may use; null for no end.
  balance: null,
  // The product's own ceilings of a withholding, in yuan.
  charge_max: "100.00",
  charge_day_max: "1000.00",
  // So many days before the due day a charge is allowed.
  charge_days_before: 5,
};

const ENUMS = {
  notices: ["push", "hold"],
  unscanned_close: ["leaves", "kills"],
  buyer_ids: ["user_id", "open_id", "both"],
};

/** `config` over the defaults, with the keys read. Throws an error in words. */
export function configure(config = {}) {
  for (const name of Object.keys(config)) if (!(name in DEFAULTS)) throw new Error(`config: ${name} is unknown`);
  const whole = { ...DEFAULTS, ...config };
  if (!["RSA2", "RSA"].includes(whole.sign_type)) throw new Error("config: sign_type is RSA2 or RSA");
  if (whole.clock_start !== undefined) {
    whole.clock_start = parse(whole.clock_start);
    if (whole.clock_start === undefined) throw new Error("config: clock_start is like 2026-01-02 15:04:05, in Shanghai");
  }
  if (whole.certificates) {
    for (const name of ["root", "app", "alipay"]) {
      if (!whole.certificates[name]) throw new Error(`config: certificates.${name} is missing`);
    }
    if (!whole.private_key) throw new Error("config: certificate mode needs the private_key of certificates.alipay");
  }
  return { ...whole, settings: change({ ...SETTINGS }, whole.settings), seal: new Seal(whole) };
}

/** Changes `settings` in place by what is said. */
export function change(settings, said) {
  for (const [name, value] of Object.entries(said)) {
    const now = SETTINGS[name];
    if (now === undefined) throw new Error(`settings: ${name} is unknown`);
    const isMoney = ["balance", "charge_max", "charge_day_max"].includes(name);
    const good = isMoney ? money.parse(value) !== undefined || (name === "balance" && value === null)
      : ENUMS[name] ? ENUMS[name].includes(value)
      : Array.isArray(now) ? Array.isArray(value)
      : typeof value === typeof now;
    if (!good) throw new Error(`settings: ${name} cannot be ${JSON.stringify(value)}`);
    settings[name] = value;
  }
  return settings;
}
