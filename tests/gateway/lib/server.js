// The HTTP server: addresses to parts, and the faults that happen on the line. Holds no rule.

import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";

import { Refusal } from "./answer.js";
import { Agreements } from "./agreements.js";
import { Bills } from "./bills.js";
import { Cashier } from "./cashier.js";
import { configure } from "./config.js";
import { Control } from "./control.js";
import { Faults } from "./faults.js";
import { Gateway, PAGES } from "./gateway.js";
import { Trades } from "./trades.js";
import { Transfers } from "./transfers.js";
import { Conflict, World } from "./world.js";

const BODY_BYTES_MAX = 1 << 20;

/**
 * A whole gateway. Emits "call" (a call has come in) and "done" (it was answered, if it was to be, and what it caused
 * was told).
 */
export class Simulator extends EventEmitter {
  #server = createServer((request, response) => this.#serve(request, response));
  #underWay = new Set();

  constructor(config) {
    super();
    this.config = configure(config);
    this.reset();
  }

  /** Forgets everything but the configuration and the keys; the clock stands at `start` again. */
  reset(start = this.config.clock_start) {
    const base = this.world?.base;
    this.world?.agenda.stop();
    if (this.config.seal.rotated) this.config.seal.rotate();
    const config = { ...this.config, clock_start: start, settings: { ...this.config.settings } };
    this.faults = new Faults();
    this.world = new World(config, this.faults);
    this.world.base = base;
    const trades = new Trades(this.world);
    const agreements = new Agreements(this.world, trades);
    const parts = { trades, agreements, transfers: new Transfers(this.world), bills: new Bills(this.world) };
    this.bills = parts.bills;
    this.gateway = new Gateway(this.world, parts);
    this.cashier = new Cashier(this.world, parts);
    this.control = new Control(this.world, this.gateway, this.cashier, parts, this);
  }

  /** Listens on the loopback; the address. */
  async listen(port = 0) {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    this.world.base = `http://127.0.0.1:${this.#server.address().port}`;
    return this.world.base;
  }

  async close() {
    this.world.agenda.stop();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** Waits until every call has been done with, and the notices that are due have been tried. */
  async idle() {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    await this.world.agenda.run();
  }

  async #serve(request, response) {
    const [path, query = ""] = split(request.url);
    // Merchants compare their clock with the gateway's.
    response.sendDate = false;
    response.setHeader("date", new Date(this.world.now()).toUTCString());
    try {
      const body = await read(request);
      if (path === "/gateway.do") return await this.#track(this.#call(request, response, query, body));
      if (/^\/control(\/|$)/.test(path)) return await this.#steer(request, response, path, query, body);
      return await this.#track(this.#look(request, response, path, query, body));
    } catch (error) {
      if (!(error instanceof Conflict)) process.stderr.write(`${error.stack}\n`);
      send(response, error.status ?? 500, "text/plain;charset=utf-8", `${error.message}\n`);
    }
  }

  #track(work) {
    const tracked = work.catch(() => {}).finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
    return work;
  }

  // ---- the gateway -------------------------------------------------------------------------------------------------

  async #call(request, response, query, body) {
    const call = this.gateway.read(Buffer.from(query, "latin1"), body);
    const fault = call.refused ? undefined : this.faults.take(call.method ?? "", call.biz);
    call.fault = fault?.kind;
    this.emit("call", call);
    // Not waited for: a call that is never answered must not keep anybody from being idle.
    if (fault?.kind === "never") return;
    if (fault?.kind === "http" && !fault.work) return broken(response, fault);
    // Who has hung up already is gone.
    if (fault?.kind === "late" && !response.destroyed) await once(response, "close");
    const answer = this.#work(call, fault);
    if (fault?.kind === "notice_first") await this.world.agenda.run();
    if (fault?.kind === "lost_answer" || fault?.kind === "late") response.destroy();
    else if (fault?.kind === "http") broken(response, fault);
    else if (answer.location) send(response, 302, "text/plain", "", { location: answer.location });
    else send(response, 200, answer.type, answer.bytes, { trace_id: `sim${this.world.newToken()}` });
    // What was done is told to others after the answer, and does not hold it up.
    await this.world.agenda.run();
    this.emit("done", call);
  }

  /** Does the work; the answer as it would go out. */
  #work(call, fault) {
    if (Object.hasOwn(PAGES, call.method ?? "")) {
      try {
        return { location: `/cashier/${this.cashier.open(call)}` };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        call.node = error.node;
        return { type: "text/html;charset=GBK", bytes: this.cashier.refusal(error) };
      }
    }
    const replaced = fault?.kind === "system_error" || fault?.kind === "answer";
    if (replaced) this.gateway.replace(call, fault);
    // An answer of the gateway's own is not one of the method: nothing is done.
    else if (fault?.kind === "gbk_error") call.node = undefined;
    else this.gateway.perform(call, fault);
    return this.gateway.answer(call, fault);
  }

  // ---- everything else ---------------------------------------------------------------------------------------------

  async #look(request, response, path, query, body) {
    const fields = Object.fromEntries(new URLSearchParams(body.toString("utf8")));
    const [, what, token, act] = path.split("/");
    const post = request.method === "POST";
    const page = html => send(response, 200, "text/html;charset=utf-8", html);
    // The buyer's browser goes on at once; notices go their own way.
    const goOn = location => {
      send(response, 303, "text/plain", "", { location });
      return this.world.agenda.run();
    };
    if (what === "cashier" && !post && !act) return page(this.cashier.show(token));
    if (what === "cashier" && post && act === "pay") return goOn(this.cashier.pay(token));
    if (what === "cashier" && post && act === "sign") return goOn(this.cashier.sign(token));
    if (what === "wallet" && !post) return page(this.cashier.wallet());
    if (what === "wallet" && post) {
      await this.control.handle("POST", token === "pay" ? "/pay" : "/agreement/unsign", fields);
      return goOn("/wallet");
    }
    if (what === "downloadBillFile.resource") return this.#download(response, new URLSearchParams(query).get("token"));
    throw new Conflict(404, "nothing here; see /control");
  }

  async #download(response, token) {
    const fault = this.faults.take("download", {});
    if (fault?.kind === "never") return;
    if (fault?.kind === "http") return broken(response, fault);
    const file = this.bills.file(token);
    if (!file) throw new Conflict(403, "the address is unknown or older than 30 seconds");
    send(response, 200, "application/octet-stream", file, { "content-disposition": "attachment" });
  }

  async #steer(request, response, path, query, body) {
    const json = (status, value) => send(response, status, "application/json", JSON.stringify(value));
    try {
      const inQuery = request.method === "GET";
      const said = inQuery ? Object.fromEntries(new URLSearchParams(query)) : JSON.parse(body.toString("utf8") || "{}");
      json(200, await this.control.handle(request.method, path.slice("/control".length) || "/", said));
    } catch (error) {
      if (error instanceof Refusal) return json(422, { error: error.node.sub_code, ...error.node });
      if (error instanceof SyntaxError) return json(400, { error: "the body is no JSON" });
      if (!(error instanceof Conflict)) throw error;
      json(error.status, { error: error.message });
    }
  }
}

function split(url) {
  const cut = url.indexOf("?");
  return cut < 0 ? [url] : [url.slice(0, cut), url.slice(cut + 1)];
}

async function read(request) {
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw new Conflict(413, "the body is too long");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function send(response, status, type, body, headers = {}) {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { "content-type": type, ...headers });
  response.end(body);
}

/** A page of somebody between. */
function broken(response, { status = 500 }) {
  send(response, status, "text/html", `<html><body><h1>${status}</h1></body></html>`);
}
