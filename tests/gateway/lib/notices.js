// Asynchronous notices: what they say, when they are sent and sent again, and what was answered.
//
// A notice goes at once and then 4m, 10m, 10m, 1h, 2h, 6h and 15h after the try before, until the answer is the bare
// seven bytes `success`. Its notify_id and fields stay; notify_time is that of the try, so each try is signed anew.

import { HOUR, MINUTE, text } from "./clock.js";
import { canonical, told, writeForm } from "./wire.js";

/** The waits before each further try. */
export const GAPS = [4 * MINUTE, 10 * MINUTE, 10 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 15 * HOUR];

export class Notices {
  #world;
  /** All of them, oldest first. */
  list = [];
  /** Set aside by the fault "reorder" until another has gone. */
  #aside = [];

  constructor(world) {
    this.#world = world;
  }

  /** A notice of `kind` ("trade" or "agreement") to `url`, due now. Without an address none is sent. */
  send(kind, url, charset, fields) {
    if (!url) return;
    const { app_id } = this.#world.config;
    const common = { notify_id: this.#world.newNotifyId(), app_id, auth_app_id: app_id, version: "1.0" };
    const all = { ...common, ...told(fields) };
    const notice = { kind, url, charset, fields: all, attempts: [], state: "waiting", round: 0 };
    this.list.push(notice);
    this.#schedule(notice, this.#world.now());
  }

  /** The notice with that id. */
  find(id) {
    return this.list.find(notice => notice.fields.notify_id === id);
  }

  /** The messages that are due and were not taken yet, for who carries them by hand. Until answered, each counts as failed. */
  take() {
    const due = this.list.filter(notice => notice.state === "held");
    return due.flatMap(notice => {
      const fault = this.#world.faults.take("notify", notice.fields);
      const message = { notify_id: notice.fields.notify_id, url: notice.url, ...this.#message(notice, fault) };
      this.#failed(notice, { fault: fault?.kind, taken: true });
      return { lost: [], duplicate: [message, message] }[fault?.kind] ?? [message];
    });
  }

  /** What was answered to a message that was taken. */
  answered(id, status, body) {
    const notice = this.find(id);
    if (!notice) return undefined;
    Object.assign(notice.attempts.at(-1) ?? {}, { status, body });
    if (status === 200 && body === "success") this.#done(notice);
    return notice;
  }

  #done(notice) {
    notice.state = "done";
    notice.next = undefined;
    notice.round += 1;
  }

  /** Has the notice tried at `ms`; what was scheduled for it before is void. */
  #schedule(notice, ms) {
    notice.round += 1;
    const { round } = notice;
    notice.next = ms;
    notice.state = "waiting";
    this.#world.agenda.at(ms, () => (notice.round === round ? this.#due(notice) : undefined));
  }

  /** Writes a try that did not end in success, and schedules the next or gives up. */
  #failed(notice, attempt) {
    notice.attempts.push({ at: text(this.#world.now()), ...attempt });
    const gap = GAPS[notice.attempts.length - 1];
    if (gap !== undefined) return this.#schedule(notice, this.#world.now() + gap);
    notice.state = "given up";
    notice.next = undefined;
  }

  async #due(notice) {
    if (this.#world.settings.notices === "hold") {
      notice.state = "held";
      return;
    }
    const fault = this.#world.faults.take("notify", notice.fields);
    if (fault?.kind === "lost") return this.#failed(notice, { fault: "lost" });
    if (fault?.kind === "reorder") {
      this.#aside.push(notice);
      // If no other follows, it goes when it would have been repeated.
      this.#schedule(notice, this.#world.now() + GAPS[0]);
      return;
    }
    this.#aside = this.#aside.filter(other => other !== notice);
    await this.#try(notice, fault);
    if (fault?.kind === "duplicate") await this.#try(notice, { kind: "duplicate" });
    const late = this.#aside.splice(0);
    for (const other of late) await this.#try(other, { kind: "reorder" });
  }

  async #try(notice, fault) {
    const message = this.#message(notice, fault);
    const attempt = { fault: fault?.kind, ...(await this.#post(notice.url, message)) };
    const good = attempt.status === 200 && attempt.body === "success" && fault?.kind !== "lost_answer";
    if (!good && notice.state !== "done") return this.#failed(notice, attempt);
    notice.attempts.push({ at: text(this.#world.now()), ...attempt });
    this.#done(notice);
  }

  async #post(url, { content_type, body }) {
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "content-type": content_type, "user-agent": "Mozilla/4.0" },
        body,
        redirect: "manual",
        signal: AbortSignal.timeout(this.#world.config.notify_timeout_ms),
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      // Latin-1: a byte order mark or anything else that is not the seven bytes must show.
      return { status: answer.status, body: bytes.toString("latin1").slice(0, 2000) };
    } catch (error) {
      return { error: String(error.cause?.code ?? error.cause?.message ?? error.message) };
    }
  }

  /** The signed form of the next try. */
  #message(notice, fault) {
    const world = this.#world;
    const charset = fault?.kind === "gbk" ? "GBK" : notice.charset;
    const fields = { ...notice.fields, notify_time: text(world.now()), charset, sign_type: world.seal.signType };
    if (fault?.kind === "rewrite") Object.assign(fields, fault.fields);
    const { sign_type: _, ...without } = fields;
    const signed = world.settings.sign_type_kept.includes(notice.kind) ? fields : without;
    const sign = world.seal.sign(canonical(signed), charset, fault?.kind);
    const body = writeForm(Object.entries({ ...fields, sign }), charset);
    return { content_type: `application/x-www-form-urlencoded; charset=${charset}`, body };
  }
}

/** `to` with the signed parameters of a synchronous return. */
export function returnUrl(world, to, method, fields) {
  const { config, seal } = world;
  const all = {
    charset: "utf-8", method: `${method}.return`, auth_app_id: config.app_id, app_id: config.app_id, version: "1.0",
    timestamp: text(world.now()), ...told(fields),
  };
  const signed = world.settings.sign_type_kept.includes("return") ? { ...all, sign_type: seal.signType } : all;
  const fault = world.faults.take("return", fields);
  const sent = { ...all, sign_type: seal.signType, sign: seal.sign(canonical(signed), "utf-8", fault?.kind) };
  // In certificate mode the serial travels beside the signature and is not signed.
  if (seal.certSn) sent.alipay_cert_sn = seal.certSn;
  return `${to}${to.includes("?") ? "&" : "?"}${writeForm(Object.entries(sent), "utf-8")}`;
}
