// How things are shown over /control. Reads; decides nothing.

import { text } from "./clock.js";
import * as money from "./money.js";

const time = ms => (ms === undefined ? null : text(ms));
const yuan = fen => (fen === undefined ? null : money.print(fen));

export function order(one) {
  const refunds = (one.refunds ?? []).map(refund => ({ ...refund, amount: yuan(refund.amount), at: time(refund.at) }));
  return {
    out_trade_no: one.out_trade_no,
    trade_no: one.trade_no ?? null,
    trade_status: one.status ?? null,
    // precreate, page, wap, app or withhold
    way: one.way,
    subject: one.subject,
    total_amount: yuan(one.total),
    receipt_amount: yuan(one.receipt),
    refunded: yuan(one.refunded ?? 0),
    refunds,
    buyer: one.buyer ?? null,
    agreement_no: one.agreement?.agreement_no ?? null,
    notify_url: one.notify_url ?? null,
    created_at: time(one.created),
    paid_at: time(one.paid),
    closed_at: time(one.closed),
    expires_at: time(one.expires),
    // Its code is dead although nobody scanned it.
    dead: one.dead ?? false,
  };
}

export function agreement(one) {
  return {
    agreement_no: one.agreement_no ?? null,
    external_agreement_no: one.external_agreement_no,
    status: one.status ?? null,
    external_logon_id: one.external_logon_id ?? null,
    sign_scene: one.sign_scene,
    invalid_time: one.invalid ?? null,
    charges: one.charges ?? 0,
    charged: yuan(one.charged ?? 0),
    next_deduct_time: one.rule?.due ?? null,
    last_deduct_time: one.last ?? null,
    single_amount: yuan(one.rule?.single),
  };
}

export function transfer(one) {
  const { out_biz_no, order_id, status, payee } = one;
  const why = { error_code: one.error_code ?? null, fail_reason: one.fail_reason ?? null };
  return { out_biz_no, order_id, status, amount: yuan(one.amount), payee, ...why };
}

export function notice({ kind, url, fields, attempts, state, next }) {
  const { notify_id, notify_type } = fields;
  return { kind, url, notify_id, notify_type, state, next: time(next), fields, attempts };
}

/** The calls of `method`, or all. */
export function calls(list, method) {
  const shown = list.filter(call => method === undefined || call.method === method);
  return shown.map(call => ({
    at: text(call.at),
    method: call.method ?? null,
    params: call.params,
    biz: call.biz ?? null,
    verified: call.verified ?? false,
    signed_text: call.signedText ?? null,
    code: call.node?.code ?? null,
    sub_code: call.node?.sub_code ?? null,
    fault: call.fault ?? null,
  }));
}

/** All that the gateway remembers. */
export function state(world) {
  const code = one => ({ qr_code: one.qr_code, out_trade_no: one.order.out_trade_no, expires_at: text(one.expires) });
  const row = ({ fen, ...one }) => ({ ...one, at: text(one.at), amount: yuan(fen), balance: yuan(one.balance) });
  return {
    app_gateway_url: world.appGatewayUrl ?? null,
    settings: world.settings,
    balance: yuan(world.funds),
    orders: [...world.orders.values()].map(order),
    codes: [...world.codes.values()].map(code),
    agreements: [...world.agreements.values()].map(agreement),
    transfers: [...world.transfers.values()].map(transfer),
    ledger: world.ledger.map(row),
  };
}
