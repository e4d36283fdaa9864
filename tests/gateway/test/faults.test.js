import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { decode } from "../lib/wire.js";
import { APP, START, shop } from "./support/merchant.js";

const tea = { out_trade_no: "P1", total_amount: "10.00", subject: "会员 1个月" };
const refund = { out_trade_no: "P1", refund_amount: "10.00", out_request_no: "R1" };

/** A call that is made without the SDK, so that it can be given up and its bytes be looked at. */
function raw({ sdk, now, base }, method, bizContent, options) {
  const query = sdk.sdkExecute(method, { timestamp: now(), bizContent });
  return fetch(`${base}/gateway.do?${query}`, { method: "POST", ...options });
}

test("a call that is never answered does nothing", async t => {
  const shop_ = await shop(t);
  await shop_.sold("P1");
  shop_.fault("alipay.trade.refund", "never");
  const leaving = new AbortController();
  const answer = raw(shop_, "alipay.trade.refund", refund, { signal: leaving.signal });
  const [call] = await once(shop_.simulator, "call");
  assert.equal(call.fault, "never");
  leaving.abort();
  await assert.rejects(answer);
  await shop_.idle();
  assert.equal((await shop_.look("/state")).orders[0].refunded, "0.00");
  assert.equal((await shop_.exec("alipay.trade.refund", refund)).fund_change, "Y", "the next one is served");
});

test("a call may be done after its caller has gone", async t => {
  const shop_ = await shop(t);
  await shop_.sold("P1");
  shop_.fault("alipay.trade.refund", "late");
  const leaving = new AbortController();
  const answer = raw(shop_, "alipay.trade.refund", refund, { signal: leaving.signal });
  await once(shop_.simulator, "call");
  assert.equal((await shop_.look("/state")).orders[0].refunded, "0.00", "not before");
  const done = once(shop_.simulator, "done");
  leaving.abort();
  await assert.rejects(answer);
  await done;
  assert.equal((await shop_.look("/state")).orders[0].refunded, "10.00");
  assert.equal((await shop_.exec("alipay.trade.refund", refund)).fund_change, "N", "its repetition is the same refund");
});

test("an answer may be lost after the work", async t => {
  const shop_ = await shop(t);
  await shop_.sold("P1");
  shop_.fault("alipay.trade.refund", "lost_answer");
  await assert.rejects(raw(shop_, "alipay.trade.refund", refund), /fetch failed/);
  await shop_.idle();
  assert.equal((await shop_.look("/state")).orders[0].refunded, "10.00");
  assert.equal(shop_.notices.at(-1).fields.refund_fee, "10.00", "and is told");
});

test("the SDK's own client repeats a call whose answer was lost, which the number of a refund makes harmless", async t => {
  const { sold, fault, exec, look } = await shop(t);
  await sold("P1");
  fault("alipay.trade.refund", "lost_answer");
  assert.equal((await exec("alipay.trade.refund", refund)).fund_change, "N");
  assert.equal((await look("/calls?method=alipay.trade.refund")).length, 2);
});

test("a notice may come before the answer of what it tells", async t => {
  const shop_ = await shop(t);
  const agreement_no = await shop_.signed("sub1");
  await shop_.control("/advance", { to: "2026-02-03 09:00:00" });
  shop_.fault("alipay.trade.pay", "notice_first");
  let answered = false;
  shop_.answer = () => {
    assert.ok(!answered);
    return "success";
  };
  const before = shop_.notices.length;
  await shop_.charge(agreement_no, "S1");
  answered = true;
  assert.equal(shop_.notices.length, before + 1);
});

for (const work of [false, true]) {
  test(`a page of a broken server stands for an answer, ${work ? "after" : "without"} the work`, async t => {
    const { sold, fault, exec, look } = await shop(t);
    await sold("P1");
    fault("alipay.trade.refund", "http", { status: 502, work });
    await assert.rejects(exec("alipay.trade.refund", refund), /502/);
    assert.equal((await look("/state")).orders[0].refunded, work ? "10.00" : "0.00");
  });

  test(`a system error says nothing of the work, which was ${work ? "" : "not "}done`, async t => {
    const { sold, fault, exec, look } = await shop(t);
    await sold("P1");
    fault("alipay.trade.refund", "system_error", { work });
    const unknown = await exec("alipay.trade.refund", refund);
    assert.deepEqual([unknown.code, unknown.sub_code], ["20000", "isp.unknow-error"]);
    assert.equal((await look("/state")).orders[0].refunded, work ? "10.00" : "0.00");
  });
}

test("each family spells its system error in its own way", async t => {
  const { fault, exec } = await shop(t);
  fault("*", "system_error", { code: 40004, times: 4 });
  const asked = [
    ["alipay.trade.query", { out_trade_no: "P1" }, "ACQ.SYSTEM_ERROR"],
    ["alipay.trade.cancel", { out_trade_no: "P1" }, "AQC.SYSTEM_ERROR"],
    ["alipay.fund.trans.common.query", { out_biz_no: "T1" }, "SYSTEM_ERROR"],
    ["alipay.user.agreement.query", { agreement_no: "1" }, "SYSTEM_ERROR"],
  ];
  for (const [method, biz, code] of asked) assert.equal((await exec(method, biz)).sub_code, code);
  assert.equal((await exec("alipay.trade.query", { out_trade_no: "P1" })).sub_code, "ACQ.TRADE_NOT_EXIST", "four, and no more");
});

for (const kind of ["bad_signature", "other_key", "unsigned"]) {
  test(`an answer with ${kind.replace("_", " ")} is refused by the SDK`, async t => {
    const { fault, exec } = await shop(t);
    fault("alipay.trade.precreate", kind);
    await assert.rejects(exec("alipay.trade.precreate", tea), kind === "unsigned" ? /signature|sign/ : /验签失败/);
    assert.equal((await exec("alipay.trade.precreate", tea)).code, "10000");
  });
}

test("an answer of another method is signed well and is not the one that was asked for", async t => {
  const shop_ = await shop(t);
  shop_.fault("alipay.trade.query", "other_method");
  await assert.rejects(shop_.exec("alipay.trade.query", { out_trade_no: "P1" }), /alipay_trade_query_response 找不到/);
  shop_.fault("alipay.trade.query", "other_method");
  const body = await (await raw(shop_, "alipay.trade.query", { out_trade_no: "P1" })).text();
  const { alipay_trade_precreate_response: node, sign } = JSON.parse(body);
  assert.equal(node.code, "10000");
  shop_.sdk.checkResponseSign(body, "alipay_trade_precreate_response", sign, "");
});

test("an error may come in GBK", async t => {
  const shop_ = await shop(t);
  shop_.fault("alipay.trade.precreate", "gbk_error");
  const answer = await raw(shop_, "alipay.trade.precreate", tea);
  assert.equal(answer.headers.get("content-type"), "text/html;charset=GBK");
  const { error_response } = JSON.parse(decode(Buffer.from(await answer.arrayBuffer()), "gbk"));
  assert.deepEqual([error_response.code, error_response.sub_msg], ["20000", "服务暂不可用，请稍后再试"]);
  assert.deepEqual((await shop_.look("/state")).orders, [], "and nothing was done");
});

test("any answer can be asked for, for one order alone", async t => {
  const { fault, exec } = await shop(t);
  fault("alipay.trade.precreate", "answer", { code: 40006, sub_code: "isv.insufficient-isv-permissions", where: { out_trade_no: "P2" } });
  assert.equal((await exec("alipay.trade.precreate", tea)).code, "10000");
  const refused = await exec("alipay.trade.precreate", { ...tea, out_trade_no: "P2" });
  assert.deepEqual([refused.code, refused.msg, refused.sub_code], ["40006", "Insufficient Permissions", "isv.insufficient-isv-permissions"]);
});

test("pages and downloads break too", async t => {
  const { fault, page, sold, exec, control } = await shop(t);
  fault("alipay.trade.page.pay", "http");
  const url = page("alipay.trade.page.pay", "GET", { ...tea, product_code: "FAST_INSTANT_TRADE_PAY" });
  assert.equal((await fetch(url)).status, 500);
  await sold("P2");
  await control("/advance", { to: "2026-01-03 09:00:00" });
  const { bill_download_url } = await exec("alipay.data.dataservice.bill.downloadurl.query", { bill_type: "trade", bill_date: "2026-01-02" });
  fault("download", "http", { status: 503 });
  assert.equal((await fetch(bill_download_url)).status, 503);
  assert.equal((await fetch(bill_download_url)).status, 200);
});

test("faults are listed, used up and cleared over the line, and a wrong one is told in words", async t => {
  const { control, look, refused, base, exec } = await shop(t);
  await control("/faults", { target: "alipay.trade.query", kind: "system_error", times: 2 });
  await exec("alipay.trade.query", { out_trade_no: "P1" });
  assert.deepEqual((await look("/faults")).map(({ kind, left }) => [kind, left]), [["system_error", 1]]);
  await fetch(`${base}/control/faults`, { method: "DELETE" });
  assert.deepEqual(await look("/faults"), []);
  for (const wrong of [{}, { target: "notify", kind: "never" }, { target: "*", kind: "late", times: 0 }, { target: "*", kind: "late", work: true }]) {
    assert.equal((await refused("/faults", wrong)).status, 400, JSON.stringify(wrong));
  }
});

test("calls are remembered with what they asked, what was answered, and the fault they met", async t => {
  const { exec, look, fault } = await shop(t);
  await exec("alipay.trade.precreate", tea);
  fault("alipay.trade.query", "system_error");
  await exec("alipay.trade.query", { out_trade_no: "P1" });
  const calls = await look("/calls");
  assert.deepEqual(calls.map(({ method, code, verified, fault }) => [method, code, verified, fault]), [
    ["alipay.trade.precreate", "10000", true, null], ["alipay.trade.query", "20000", true, "system_error"],
  ]);
  assert.equal(calls[0].biz.subject, "会员 1个月");
  assert.equal((await look("/calls?method=alipay.trade.query")).length, 1);
});

test("a gateway that was used begins anew, with its configuration, its keys and its clock", async t => {
  const shop_ = await shop(t, { next_private_key: APP.private, settings: { charge_days_before: 3 } });
  await shop_.sold("P1");
  await shop_.control("/settings", { charge_days_before: 1, app_gateway_url: shop_.home });
  await shop_.control("/faults", { target: "*", kind: "never" });
  await shop_.control("/rotate");
  await shop_.control("/advance", { seconds: 60 });
  assert.equal((await shop_.control("/reset")).now, START);
  const state = await shop_.look("/state");
  assert.deepEqual([state.orders, state.ledger, state.app_gateway_url, state.settings.charge_days_before, state.next_due], [[], [], null, 3, null]);
  assert.deepEqual([await shop_.look("/faults"), await shop_.look("/calls"), await shop_.look("/notifications")], [[], [], []]);
  await shop_.sold("P1");
  assert.ok(shop_.notices.at(-1).good, "signed with the first key");
  assert.equal((await shop_.control("/reset", { clock_start: "2027-01-01 00:00:00" })).now, "2027-01-01 00:00:00");
  assert.equal((await shop_.refused("/reset", { clock_start: "noon" })).status, 400);
});

test("control acts that make no sense are refused in words", async t => {
  const { refused, base } = await shop(t);
  const wrong = [["/advance", { seconds: -1 }], ["/advance", { to: "yesterday" }], ["/settings", { colour: 1 }], ["/settings", { notices: "later" }],
    ["/receipt", { amount: "x" }], ["/rotate", {}]];
  for (const [path, said] of wrong) {
    const { status, error } = await refused(path, said);
    assert.equal(status, 400, path);
    assert.ok(error.length > 5);
  }
  assert.equal((await refused("/nothing")).status, 404);
  assert.equal((await refused("/transfer", { out_biz_no: "T1" })).status, 404);
  assert.equal((await fetch(`${base}/control/pay`, { method: "POST", body: "{" })).status, 400);
  assert.equal((await fetch(`${base}/elsewhere`)).status, 404);
  assert.equal((await fetch(`${base}/cashier/none`)).status, 404);
});
