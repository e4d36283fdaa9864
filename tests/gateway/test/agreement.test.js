import assert from "node:assert/strict";
import { test } from "node:test";

import { shop } from "./support/merchant.js";

test("an agreement is signed, charged when due, told, queried and ended by the merchant", async t => {
  const { page, agreement, base, control, exec, notices, sdk, charge, home, now } = await shop(t);
  const opened = await fetch(page("alipay.user.agreement.page.sign", "GET", agreement("sub1")), { redirect: "manual" });
  const cashier = new URL(opened.headers.get("location"), base);
  assert.match(await (await fetch(cashier)).text(), /同意并签约/);
  const back = await fetch(`${cashier}/sign`, { method: "POST", redirect: "manual" });
  assert.match(back.headers.get("location"), /\/return\?o=1&.*external_agreement_no=sub1/);
  await control("/idle");
  const [{ fields: sign, good }] = notices;
  assert.ok(good);
  assert.deepEqual([sign.notify_type, sign.status, sign.external_agreement_no, sign.external_logon_id], ["dut_user_sign", "NORMAL", "sub1", "user-42"]);
  assert.equal(sign.invalid_time, "2115-02-01 00:00:00");

  const { agreement_no } = sign;
  const query = await exec("alipay.user.agreement.query", { agreement_no });
  assert.deepEqual([query.status, query.next_deduct_time, query.last_deduct_time], ["NORMAL", "2026-02-03", undefined]);
  const { personal_product_code, sign_scene, external_agreement_no } = sign;
  assert.equal((await exec("alipay.user.agreement.query", { personal_product_code, sign_scene, external_agreement_no })).agreement_no, agreement_no);

  await control("/advance", { to: "2026-02-03 09:00:00" });
  const paid = await charge(agreement_no, "S1");
  assert.deepEqual([paid.code, paid.total_amount, paid.gmt_payment], ["10000", "28.00", "2026-02-03 09:00:00"]);
  await control("/idle");
  const { fields: told } = notices.at(-1);
  assert.deepEqual([told.trade_status, told.agreement_no, told.external_agreement_no], ["TRADE_SUCCESS", agreement_no, "sub1"]);
  assert.ok(sdk.checkNotifySignV2(told));
  const after = await exec("alipay.user.agreement.query", { agreement_no });
  assert.deepEqual([after.next_deduct_time, after.last_deduct_time], ["2026-03-03", "2026-02-03"]);

  const ended = await exec("alipay.user.agreement.unsign", { agreement_no }, { notifyUrl: `${home}/unsigned` });
  assert.deepEqual([ended.code, ended.msg, ended.sub_code], ["10000", "Success", undefined]);
  await control("/idle");
  assert.deepEqual([notices.at(-1).path, notices.at(-1).fields.notify_type, notices.at(-1).fields.status], ["/unsigned", "dut_user_unsign", "UNSIGN"]);
  assert.equal(notices.at(-1).fields.unsign_time, now());
  assert.equal((await exec("alipay.user.agreement.query", { agreement_no })).sub_code, "AGREEMENT_HAS_UNSIGNED");
  assert.equal((await exec("alipay.user.agreement.unsign", { agreement_no })).sub_code, "USER_AGREEMENT_STATUS_NOT_NORMAL");
  assert.equal((await charge(agreement_no, "S2")).sub_code, "ACQ.AGREEMENT_INVALID");
});

test("a charge may come from five days before, on the day, and not later", async t => {
  const { signed, control, charge } = await shop(t);
  const agreement_no = await signed("sub1");
  const at = async (to, number, answer) => {
    await control("/advance", { to });
    const { code, sub_code } = await charge(agreement_no, number);
    assert.equal(sub_code ?? code, answer, to);
  };
  await at("2026-01-28 23:59:59", "S1", "ACQ.CYCLE_PAY_DATE_NOT_MATCH");
  await at("2026-01-29 00:00:00", "S1", "10000");
  await at("2026-02-03 12:00:00", "S2", "ACQ.CYCLE_PAY_DATE_NOT_MATCH");
  await at("2026-03-03 23:59:59", "S3", "10000");
  await at("2026-04-04 00:00:00", "S4", "ACQ.CYCLE_PAY_DATE_NOT_MATCH");
});

test("one charge succeeds in a period, whatever its number", async t => {
  const { signed, control, charge, look } = await shop(t);
  const agreement_no = await signed("sub1");
  await control("/advance", { to: "2026-02-01 09:00:00" });
  assert.equal((await charge(agreement_no, "S1")).code, "10000");
  assert.equal((await charge(agreement_no, "S1")).sub_code, "ACQ.TRADE_HAS_SUCCESS");
  assert.equal((await charge(agreement_no, "S2")).sub_code, "ACQ.CYCLE_PAY_DATE_NOT_MATCH");
  assert.equal((await look("/state")).agreements[0].charges, 1);
});

test("a missed day is moved to a later one, never to an earlier one or past the 28th", async t => {
  const { signed, control, charge, exec } = await shop(t);
  const agreement_no = await signed("sub1");
  const move = deduct_time => exec("alipay.user.agreement.executionplan.modify", { agreement_no, deduct_time, memo: "missed" });
  await control("/advance", { to: "2026-02-05 09:00:00" });
  assert.equal((await charge(agreement_no, "S1")).sub_code, "ACQ.CYCLE_PAY_DATE_NOT_MATCH");
  for (const wrong of ["2026-02-03", "2026-02-04", "2026-03-29"]) assert.equal((await move(wrong)).sub_code, "ILLEGAL_EXECUTION_TIME", wrong);
  assert.deepEqual(await move("2026-02-06").then(({ code, deduct_time }) => [code, deduct_time]), ["10000", "2026-02-06"]);
  assert.equal((await charge(agreement_no, "S1")).code, "10000");
  assert.equal((await exec("alipay.user.agreement.query", { agreement_no })).next_deduct_time, "2026-03-06");
  assert.equal((await exec("alipay.user.agreement.executionplan.modify", { agreement_no: "0", deduct_time: "2026-03-07", memo: "x" })).sub_code, "ILLEGAL_AGREEMENT");
});

test("every ceiling holds: of one charge, of all, of their count, of the product", async t => {
  const { signed, control, charge } = await shop(t);
  const rule = { period_type: "DAY", period: "7", execute_time: "2026-01-05", single_amount: "200.00", total_amount: "150.00", total_payments: 2 };
  const agreement_no = await signed("sub1", { rule });
  assert.equal((await charge(agreement_no, "S1", "200.01")).sub_code, "ACQ.CYCLE_PAY_SINGLE_FEE_EXCEED");
  assert.equal((await charge(agreement_no, "S1", "150.01")).sub_code, "ACQ.CYCLE_PAY_TOTAL_FEE_EXCEED");
  assert.equal((await charge(agreement_no, "S1", "100.01")).sub_code, "ACQ.PRODUCT_AMOUNT_LIMIT_ERROR");
  assert.equal((await charge(agreement_no, "S1", "100.00")).code, "10000");
  await control("/advance", { to: "2026-01-12 09:00:00" });
  assert.equal((await charge(agreement_no, "S2", "50.01")).sub_code, "ACQ.CYCLE_PAY_TOTAL_FEE_EXCEED");
  assert.equal((await charge(agreement_no, "S2", "1.00")).code, "10000");
  await control("/advance", { to: "2026-01-19 09:00:00" });
  assert.equal((await charge(agreement_no, "S3", "1.00")).sub_code, "ACQ.CYCLE_PAY_TOTAL_TIMES_EXCEED");
});

test("what a person gives in a day to one merchant has an end", async t => {
  const { signed, control, charge } = await shop(t, { settings: { charge_day_max: "50.00" } });
  const [one, two] = [await signed("sub1"), await signed("sub2")];
  await control("/advance", { to: "2026-02-03 09:00:00" });
  assert.equal((await charge(one, "S1")).code, "10000");
  assert.equal((await charge(two, "S2")).sub_code, "ACQ.OVER_MERCHANT_DAILY_DEDUCT_AMOUNT");
});

test("a user's own unsigning reaches the application gateway and no other address", async t => {
  const { signed, control, notices, home, look } = await shop(t);
  const [one, two] = [await signed("sub1"), await signed("sub2")];
  const before = notices.length;
  await control("/agreement/unsign", { agreement_no: one });
  assert.equal(notices.length, before, "no address is set: nobody hears of it");
  await control("/settings", { app_gateway_url: `${home}/app` });
  await control("/agreement/unsign", { external_agreement_no: "sub2" });
  const [{ path, fields }] = notices.slice(before);
  assert.deepEqual([path, fields.notify_type, fields.agreement_no], ["/app", "dut_user_unsign", two]);
  assert.deepEqual((await look("/state")).agreements.map(one => one.status), ["UNSIGN", "UNSIGN"]);
});

test("an agreement that lapses tells nobody", async t => {
  const { signed, control, notices, exec, charge, home } = await shop(t, {});
  await control("/settings", { app_gateway_url: `${home}/app` });
  const agreement_no = await signed("sub1", { sign_validity_period: "2m" });
  const before = notices.length;
  assert.equal((await exec("alipay.user.agreement.query", { agreement_no })).invalid_time, "2026-03-02 00:00:00");
  await control("/advance", { to: "2026-03-02 00:00:00" });
  assert.equal((await exec("alipay.user.agreement.query", { agreement_no })).sub_code, "USER_AGREEMENT_NOT_EXIST");
  assert.equal((await charge(agreement_no, "S1")).sub_code, "ACQ.AGREEMENT_INVALID");
  assert.equal(notices.length, before);
});

test("what is kept or paused is not in force, and can be turned on", async t => {
  const { page, agreement, control, charge, notices, home, exec } = await shop(t, {});
  await control("/settings", { app_gateway_url: `${home}/app` });
  await fetch(page("alipay.user.agreement.page.sign", "GET", agreement("sub1")), { redirect: "manual" });
  const { agreement_no } = await control("/agreement/sign", { external_agreement_no: "sub1", status: "TEMP" });
  assert.equal(notices.at(-1).fields.status, "TEMP");
  await control("/advance", { to: "2026-02-03 09:00:00" });
  assert.equal((await charge(agreement_no, "S1")).sub_code, "ACQ.AGREEMENT_STATUS_NOT_NORMAL");
  await control("/agreement/status", { agreement_no, status: "NORMAL" });
  await control("/agreement/status", { agreement_no, status: "STOP", tell: true });
  assert.deepEqual([notices.at(-1).path, notices.at(-1).fields.status], ["/app", "STOP"]);
  assert.equal((await exec("alipay.user.agreement.query", { agreement_no })).status, "STOP");
  assert.equal((await charge(agreement_no, "S1")).sub_code, "ACQ.AGREEMENT_STATUS_NOT_NORMAL");
});

test("paying and signing is one act of the buyer, and its two notices go where each belongs", async t => {
  const { page, agreement, control, notices, home, base, exec } = await shop(t);
  const sign = { ...agreement("sub1"), sign_notify_url: `${home}/signed` };
  const order = { out_trade_no: "P1", total_amount: "28.00", subject: "会员", product_code: "FAST_INSTANT_TRADE_PAY", agreement_sign_params: sign };
  const opened = await fetch(page("alipay.trade.page.pay", "GET", order), { redirect: "manual" });
  await fetch(new URL(`${opened.headers.get("location")}/pay`, base), { method: "POST", redirect: "manual" });
  await control("/idle");
  assert.deepEqual(notices.map(({ path, fields }) => [path, fields.notify_type]), [["/signed", "dut_user_sign"], ["/notify?tenant=7", "trade_status_sync"]]);
  assert.equal(notices[1].fields.agreement_no, notices[0].fields.agreement_no);
  assert.equal((await exec("alipay.user.agreement.query", { agreement_no: notices[0].fields.agreement_no })).next_deduct_time, "2026-02-03");
});

test("a charge in process holds its period until it is paid, closed or given up", async t => {
  const { signed, control, charge, fault, exec, look } = await shop(t);
  const agreement_no = await signed("sub1");
  await control("/advance", { to: "2026-02-02 09:00:00" });
  fault("alipay.trade.pay", "in_process", { times: 2 });
  const waiting = await charge(agreement_no, "S1");
  assert.deepEqual([waiting.code, waiting.total_amount], ["10003", "28.00"]);
  assert.equal((await charge(agreement_no, "S2")).sub_code, "ACQ.OVER_MAX_UNDER_WAY_DEDUCT_COUNT");
  assert.equal((await exec("alipay.trade.query", { out_trade_no: "S1" })).trade_status, "WAIT_BUYER_PAY");
  await exec("alipay.trade.close", { out_trade_no: "S1" });
  assert.equal((await charge(agreement_no, "S1")).sub_code, "ACQ.TRADE_HAS_CLOSE");
  fault("alipay.trade.pay", "in_process");
  assert.equal((await charge(agreement_no, "S3")).code, "10003");
  await control("/pay", { out_trade_no: "S3" });
  assert.equal((await look("/state")).agreements[0].next_deduct_time, "2026-03-03");
});

test("a charge that fails says why, leaves a trade or none, and may be made again", async t => {
  const { signed, control, charge, fault, exec } = await shop(t);
  const agreement_no = await signed("sub1");
  await control("/advance", { to: "2026-02-02 09:00:00" });
  const poor = { code: 40004, sub_code: "ACQ.BUYER_BALANCE_NOT_ENOUGH" };
  fault("alipay.trade.pay", "answer", poor);
  assert.equal((await charge(agreement_no, "S1")).sub_code, "ACQ.BUYER_BALANCE_NOT_ENOUGH");
  assert.equal((await exec("alipay.trade.query", { out_trade_no: "S1" })).sub_code, "ACQ.TRADE_NOT_EXIST");
  fault("alipay.trade.pay", "answer", { ...poor, status: "TRADE_CLOSED" });
  await charge(agreement_no, "S1");
  assert.equal((await exec("alipay.trade.query", { out_trade_no: "S1" })).trade_status, "TRADE_CLOSED");
  fault("alipay.trade.pay", "answer", { ...poor, status: "WAIT_BUYER_PAY" });
  await charge(agreement_no, "S2");
  assert.equal((await exec("alipay.trade.query", { out_trade_no: "S2" })).trade_status, "WAIT_BUYER_PAY");
  assert.equal((await charge(agreement_no, "S2")).code, "10000", "the same number again");
});

const BAD = [
  ["no number of ours", { external_agreement_no: undefined }],
  ["a number with a dash", { external_agreement_no: "sub-1" }],
  ["no scene", { sign_scene: undefined }],
  ["the default scene", { sign_scene: "DEFAULT|DEFAULT" }],
  ["no channel", { access_params: undefined }],
  ["no rule", { period_rule_params: undefined }],
  ["six days", { rule: { period_type: "DAY", period: "6" } }],
  ["weeks", { rule: { period_type: "WEEK" } }],
  ["the 29th", { rule: { execute_time: "2026-01-29" } }],
  ["no ceiling", { rule: { single_amount: undefined } }],
];
for (const [what, change] of BAD) {
  test(`an agreement with ${what} is refused`, async t => {
    const { page, agreement } = await shop(t);
    const answer = await fetch(page("alipay.user.agreement.page.sign", "GET", agreement("sub1", change)), { redirect: "manual" });
    assert.equal(answer.status, 200);
    assert.match(Buffer.from(await answer.arrayBuffer()).toString("latin1"), /INVALID_PARAMETER/);
  });
}

test("a number that was in force is not signed again", async t => {
  const { signed, page, agreement, refused } = await shop(t);
  await signed("sub1");
  assert.equal((await refused("/agreement/sign", { external_agreement_no: "sub1" })).status, 409);
  const answer = await fetch(page("alipay.user.agreement.page.sign", "GET", agreement("sub1")), { redirect: "manual" });
  assert.match(Buffer.from(await answer.arrayBuffer()).toString("latin1"), /USER_AGREEMENT_EXIST/);
});

test("whom nobody knows cannot be charged, and a bar code is nobody's", async t => {
  const { charge, exec } = await shop(t);
  assert.equal((await charge("20260000000000000000", "S1")).sub_code, "ACQ.AGREEMENT_NOT_EXIST");
  const bar = await exec("alipay.trade.pay", { out_trade_no: "B1", total_amount: "1.00", subject: "茶", scene: "bar_code", auth_code: "28763443825664394" });
  assert.equal(bar.sub_code, "ACQ.PAYMENT_AUTH_CODE_INVALID");
  assert.equal((await exec("alipay.user.agreement.unsign", { agreement_no: "1" })).sub_code, "AGREEMENT_NOT_EXIST");
});
