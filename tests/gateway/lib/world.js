// All that the gateway remembers: orders, agreements, transfers, money that moved. In memory, gone with the process.
//
// The world is handed to the parts that hold the rules (trades.js, agreements.js, transfers.js, bills.js); it holds none.

import { Agenda, Clock, day, text } from "./clock.js";
import * as money from "./money.js";
import { Notices } from "./notices.js";

const BUYER = {
  user_id: "2088722003899169",
  open_id: "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5",
  logon_id: "ifv***@sandbox.com",
};

/** An act over /control that cannot be done now, or on a thing that is not there. */
export class Conflict extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class World {
  /** Orders by out_trade_no; one has a `status` only when the trade exists. */
  orders = new Map();
  /** What a scanned code leads to, by its text. */
  codes = new Map();
  /** Agreements and wishes for one, by external_agreement_no. */
  agreements = new Map();
  /** Transfers by out_biz_no, product_code and biz_scene. */
  transfers = new Map();
  /** Money in and out of the merchant's account, oldest first. */
  ledger = [];
  /** Bills that can be downloaded, by token. */
  bills = new Map();
  /** Pages that buyers look at, by token. */
  pages = new Map();
  /** Where the gateway listens. */
  base;
  #count = 0;

  /** `config` as configure() gives it, `faults` as in faults.js. */
  constructor(config, faults) {
    this.config = config;
    this.settings = config.settings;
    this.seal = config.seal;
    this.clock = new Clock(config.clock_start, config.clock_runs);
    this.agenda = new Agenda(this.clock);
    this.faults = faults;
    this.notices = new Notices(this);
    this.appGatewayUrl = config.app_gateway_url;
    this.setBalance(this.settings.balance);
  }

  now() {
    return this.clock.now();
  }

  /** How many ids were given out, and one more. */
  #next(width) {
    this.#count += 1;
    return String(this.#count).padStart(width, "0");
  }

  #date() {
    return day(this.now()).replaceAll("-", "");
  }

  newTradeNo() {
    return `${this.#date()}2200149916${this.#next(10)}`;
  }

  newNotifyId() {
    return `${this.#date()}00222${text(this.now()).slice(11).replaceAll(":", "")}${this.#next(15)}`;
  }

  newAgreementNo() {
    return `${this.#date().slice(0, 4)}5919${this.#next(12)}`;
  }

  newOrderId() {
    return `${this.#date()}110070000002${this.#next(12)}`;
  }

  newLogId() {
    return `3${this.#next(15)}`;
  }

  /** A short id that is not in order, for codes and addresses. */
  newToken() {
    const mixed = (BigInt(this.#next(1)) * 2_654_435_761n + 1_234_567_891n) % 36n ** 12n;
    return mixed.toString(36).padStart(12, "0");
  }

  /** The buyer of an act over /control: ours, another user id, or all of it. */
  buyer(said) {
    if (said === undefined) return BUYER;
    if (typeof said === "string") return { user_id: said, open_id: `open${said}`, logon_id: `${said.slice(-3)}***@sandbox.com` };
    return { ...BUYER, ...said };
  }

  /** How answers name a buyer: by the old id, the new one, or both. */
  namesOf(buyer, idName = "buyer_user_id", openName = "buyer_open_id") {
    const which = this.settings.buyer_ids;
    return {
      ...(which !== "open_id" && { [idName]: buyer.user_id }),
      ...(which !== "user_id" && { [openName]: buyer.open_id }),
    };
  }

  /** The merchant's account from now on; null for one that is never empty. */
  setBalance(yuan) {
    this.limited = yuan !== null;
    this.funds = this.limited ? money.parse(yuan) : 1_000_000;
  }

  canPay(fen) {
    return !this.limited || this.funds >= fen;
  }

  /** Writes that `fen` came (or went, where negative) to the merchant's account. */
  record(fen, row) {
    this.funds += fen;
    const direction = fen < 0 ? "支出" : "收入";
    this.ledger.push({ account_log_id: this.newLogId(), fen, direction, balance: this.funds, at: this.now(), ...row });
    return this.ledger.at(-1);
  }
}
