// /control: what a buyer, Alipay's operators and time do, and a look inside. JSON over HTTP, on the loopback, no keys.

import { SECOND, parse, text } from "./clock.js";
import { change } from "./config.js";
import { inner } from "./gateway.js";
import * as view from "./views.js";
import { Conflict } from "./world.js";

export class Control {
  #world;
  #gateway;
  #cashier;
  #parts;
  #simulator;

  constructor(world, gateway, cashier, parts, simulator) {
    this.#world = world;
    this.#gateway = gateway;
    this.#cashier = cashier;
    this.#parts = parts;
    this.#simulator = simulator;
  }

  /** Every call, by method and path below /control. */
  routes = {
    "GET /": () => ({ calls: Object.keys(this.routes) }),
    "GET /state": () => ({ ...this.#time(), ...view.state(this.#world) }),
    "GET /calls": ({ method }) => view.calls(this.#gateway.calls, method),
    "GET /notifications": () => this.#world.notices.list.map(view.notice),
    "POST /notifications/take": () => this.#world.notices.take(),
    "POST /notifications/answer": said => this.#answered(said),

    "POST /scan": said => this.#trade(said, (trades, order, buyer) => trades.scan(order, buyer)),
    "POST /pay": said => this.#trade(said, (trades, order, buyer) => trades.pay(order, { ...said, buyer })),
    "POST /close": said => this.#trade(said, (trades, order) => trades.timeOut(order)),
    "POST /wallet": ({ link }) => this.#wallet(String(link)),

    "POST /agreement/sign": said => this.#agreement(said, (all, one) => all.sign(one, { buyer: this.#buyer(said), status: said.status })),
    "POST /agreement/unsign": said => this.#agreement(said, (all, one) => all.unsignByUser(one)),
    "POST /agreement/status": said => this.#agreement(said, (all, one) => all.turn(one, said.status, said.tell ?? false)),

    "POST /transfer": said => this.#act(({ transfers }) => view.transfer(transfers.end(transfers.named(said), said))),
    "POST /receipt": said => this.#act(({ bills }) => bills.receipt(said)),

    "POST /advance": said => this.#advance(said),
    "POST /deliver": () => this.#act(() => ({})),
    "POST /idle": () => this.#simulator.idle().then(() => this.#time()),
    "POST /reset": ({ clock_start }) => this.#reset(clock_start),

    "GET /faults": () => this.#world.faults.list(),
    "POST /faults": said => this.#worded(() => this.#world.faults.add(said)),
    "DELETE /faults": () => this.#world.faults.clear(),
    "POST /settings": said => this.#worded(() => this.#settings(said)),
    "POST /rotate": () => this.#worded(() => this.#rotate()),
  };

  /** Does one call; `said` are the members of its body or query. */
  async handle(method, path, said) {
    const route = Object.hasOwn(this.routes, `${method} ${path}`) && this.routes[`${method} ${path}`];
    if (!route) throw new Conflict(404, `no ${method} /control${path}; GET /control lists all`);
    return route(said);
  }

  /** An act and the notices that it causes: both are done when this answers. */
  async #act(act) {
    const result = await act(this.#parts);
    await this.#world.agenda.run();
    return { ...result, ...this.#time() };
  }

  #buyer(said) {
    return said.buyer && this.#world.buyer(said.buyer);
  }

  #trade(said, act) {
    return this.#act(({ trades }) => view.order(act(trades, trades.named(said), this.#buyer(said))));
  }

  #agreement(said, act) {
    return this.#act(({ agreements }) => view.agreement(act(agreements, agreements.named(said))));
  }

  #time() {
    const next = this.#world.agenda.next();
    return { now: text(this.#world.now()), next_due: next === undefined ? null : text(next) };
  }

  async #advance({ seconds, to }) {
    const now = this.#world.now();
    const until = to === undefined ? now + seconds * SECOND : parse(to);
    if (!Number.isInteger(until) || until < now) {
      throw new Conflict(400, "advance takes seconds from 0, or a time `to` that is to come");
    }
    await this.#world.agenda.advance(until);
    return this.#time();
  }

  #reset(clock_start) {
    const start = clock_start === undefined ? undefined : parse(clock_start);
    if (clock_start !== undefined && start === undefined) throw new Conflict(400, "clock_start is like 2026-01-02 15:04:05");
    this.#simulator.reset(start);
    return { now: text(this.#simulator.world.now()), next_due: null };
  }

  #rotate() {
    const { seal } = this.#world;
    seal.rotate();
    return { alipay_public_key: seal.alipayPublicKey, alipay_cert_sn: seal.certSn };
  }

  /** The wallet opens a link: an order string, a GET address, a deep link or a code. Shows what a buyer would see. */
  #wallet(link) {
    return this.#act(({ trades }) => {
      if (this.#world.codes.has(link)) return view.order(trades.scan(trades.named({ qr_code: link })));
      const token = this.#cashier.open(this.#gateway.read(Buffer.from(inner(link)), Buffer.alloc(0)));
      const { order, wish } = this.#cashier.find(token);
      return { page: `/cashier/${token}`, ...(order ? view.order(order) : view.agreement(wish)) };
    });
  }

  #settings(said) {
    const { app_gateway_url, ...settings } = said;
    if (app_gateway_url !== undefined) this.#world.appGatewayUrl = app_gateway_url ?? undefined;
    change(this.#world.settings, settings);
    if ("balance" in settings) this.#world.setBalance(settings.balance);
    return { app_gateway_url: this.#world.appGatewayUrl ?? null, ...this.#world.settings };
  }

  #answered({ notify_id, status = 200, body = "" }) {
    const notice = this.#world.notices.answered(notify_id, status, body);
    if (!notice) throw new Conflict(404, `no notice ${notify_id}`);
    return view.notice(notice);
  }

  /** What the caller got wrong is told in words. */
  #worded(act) {
    try {
      return act();
    } catch (error) {
      throw error instanceof Conflict ? error : new Conflict(400, error.message);
    }
  }
}
