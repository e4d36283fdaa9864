import assert from "node:assert/strict";
import { test } from "node:test";

import { shop } from "./support/merchant.js";

const tea = { out_trade_no: "P1", total_amount: "10.00", subject: "会员 1个月" };

test("a code is made, scanned, paid, told and queried, and the money goes back in parts", async t => {
  const { exec, control, notices, sdk } = await shop(t);
  const made = await exec("alipay.trade.precreate", { ...tea, body: "a+b=c & 50% \"q\" 中文", passback_params: "x%3d1%26y" });
  assert.equal(made.code, "10000");
  assert.match(made.qr_code, /^https:\/\/qr\.alipay\.com\/bax/);

  const unscanned = await exec("alipay.trade.query", { out_trade_no: "P1" });
  assert.deepEqual([unscanned.code, unscanned.sub_code, unscanned.receipt_amount], ["40004", "ACQ.TRADE_NOT_EXIST", "0.00"]);

  await control("/scan", { qr_code: made.qr_code });
  const waiting = await exec("alipay.trade.query", { out_trade_no: "P1" });
  assert.deepEqual([waiting.trade_status, waiting.receipt_amount, waiting.send_pay_date], ["WAIT_BUYER_PAY", "0.00", undefined]);
  assert.equal(notices.length, 0, "nobody is told of a scan");

  const paid = await control("/pay", { qr_code: made.qr_code });
  assert.equal(paid.trade_status, "TRADE_SUCCESS");
  const [{ fields, good, path }] = notices;
  assert.ok(good && sdk.checkNotifySignV2(fields), "the SDK believes the notice");
  assert.equal(path, "/notify?tenant=7");
  assert.equal(fields.trade_status, "TRADE_SUCCESS");
  assert.equal(fields.body, "a+b=c & 50% \"q\" 中文");
  assert.equal(fields.passback_params, "x%3d1%26y");
  assert.equal(fields.fund_bill_list, "[{\"amount\":\"10.00\",\"fundChannel\":\"ALIPAYACCOUNT\"}]");
  assert.equal(fields.gmt_payment, "2026-01-02 15:04:05");

  const query = await exec("alipay.trade.query", { trade_no: paid.trade_no });
  assert.deepEqual([query.trade_status, query.total_amount, query.send_pay_date], ["TRADE_SUCCESS", "10.00", "2026-01-02 15:04:05"]);

  const part = await exec("alipay.trade.refund", { out_trade_no: "P1", refund_amount: "3.50", out_request_no: "R1", refund_reason: "不要了" });
  assert.deepEqual([part.fund_change, part.refund_fee], ["Y", "3.50"]);
  const rest = await exec("alipay.trade.refund", { out_trade_no: "P1", refund_amount: "6.50", out_request_no: "R2" });
  assert.deepEqual([rest.fund_change, rest.refund_fee], ["Y", "10.00"]);
  await control("/idle");
  const [, partly, whole] = notices.map(notice => notice.fields);
  assert.deepEqual([partly.trade_status, partly.refund_fee, partly.out_biz_no, partly.gmt_close], ["TRADE_SUCCESS", "3.50", "R1", undefined]);
  assert.deepEqual([whole.trade_status, whole.refund_fee, whole.out_biz_no], ["TRADE_CLOSED", "10.00", "R2"]);
  assert.match(whole.gmt_refund, /^2026-01-02 15:04:05\.\d{3}$/);
  const closed = await exec("alipay.trade.query", { out_trade_no: "P1" });
  assert.deepEqual([closed.trade_status, closed.send_pay_date], ["TRADE_CLOSED", "2026-01-02 15:04:05"]);
});

test("the same refund is one refund, and another amount under its number is refused", async t => {
  const { exec, sold, look } = await shop(t);
  await sold("P1");
  const refund = (refund_amount, out_request_no = "R1") => exec("alipay.trade.refund", { out_trade_no: "P1", refund_amount, out_request_no });
  assert.equal((await refund("4.00")).fund_change, "Y");
  const again = await refund("4.00");
  assert.deepEqual([again.code, again.fund_change, again.refund_fee], ["10000", "N", "4.00"]);
  assert.equal((await refund("4.01")).sub_code, "ACQ.DISCORDANT_REPEAT_REQUEST");
  assert.equal((await refund("6.01", "R2")).sub_code, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
  const unnumbered = await exec("alipay.trade.refund", { out_trade_no: "P1", refund_amount: "1.00" });
  assert.equal(unnumbered.sub_code, "ACQ.INVALID_PARAMETER");
  const query = await exec("alipay.trade.fastpay.refund.query", { out_trade_no: "P1", out_request_no: "R1", query_options: ["gmt_refund_pay"] });
  assert.deepEqual([query.refund_status, query.refund_amount, query.total_amount], ["REFUND_SUCCESS", "4.00", "10.00"]);
  assert.ok(query.gmt_refund_pay);
  const unknown = await exec("alipay.trade.fastpay.refund.query", { out_trade_no: "P1", out_request_no: "R9" });
  assert.deepEqual([unknown.code, unknown.refund_status], ["10000", undefined]);
  assert.equal((await exec("alipay.trade.fastpay.refund.query", { out_trade_no: "P9", out_request_no: "R9" })).sub_code, "TRADE_NOT_EXIST");
  assert.equal((await look("/state")).orders[0].refunded, "4.00");
});

test("a refund that takes its time is accepted without money, and done later", async t => {
  const { exec, sold, control, notices } = await shop(t, { settings: { refund_delay_s: 60 } });
  await sold("P1");
  const refund = await exec("alipay.trade.refund", { out_trade_no: "P1", refund_amount: "10.00" });
  assert.deepEqual([refund.code, refund.fund_change, refund.refund_fee], ["10000", "N", "0.00"]);
  const query = () => exec("alipay.trade.fastpay.refund.query", { out_trade_no: "P1", out_request_no: "P1" });
  assert.equal((await query()).refund_status, undefined);
  await control("/advance", { seconds: 60 });
  assert.equal((await query()).refund_status, "REFUND_SUCCESS");
  assert.equal(notices.at(-1).fields.trade_status, "TRADE_CLOSED");
});

test("an empty account refunds nothing", async t => {
  const { exec, sold, control } = await shop(t);
  await sold("P1");
  await control("/settings", { balance: "0.50" });
  const refund = amount => exec("alipay.trade.refund", { out_trade_no: "P1", refund_amount: amount, out_request_no: `R${amount}` });
  assert.equal((await refund("0.51")).sub_code, "ACQ.SELLER_BALANCE_NOT_ENOUGH");
  assert.equal((await refund("0.50")).fund_change, "Y");
});

test("a number may be asked for again with the same content, and with no other", async t => {
  const { exec, control } = await shop(t);
  const again = (more = {}) => exec("alipay.trade.precreate", { ...tea, ...more });
  const first = await again();
  const second = await again();
  assert.equal(second.code, "10000");
  assert.equal((await again({ total_amount: "10.01" })).sub_code, "ACQ.CONTEXT_INCONSISTENT");
  assert.equal((await again({ subject: "别的" })).sub_code, "ACQ.CONTEXT_INCONSISTENT");
  await control("/scan", { qr_code: first.qr_code });
  assert.equal((await again()).code, "10000", "also while it waits");
  await control("/pay", { qr_code: second.qr_code });
  assert.equal((await again()).sub_code, "ACQ.TRADE_HAS_SUCCESS");
  await exec("alipay.trade.refund", { out_trade_no: "P1", refund_amount: "10.00" });
  assert.equal((await again()).sub_code, "ACQ.TRADE_HAS_CLOSE");
});

test("a trade belongs to who scanned first, and is paid once", async t => {
  const { exec, control, refused } = await shop(t);
  await exec("alipay.trade.precreate", tea);
  await control("/scan", { out_trade_no: "P1", buyer: "2088000000000001" });
  assert.equal((await refused("/pay", { out_trade_no: "P1", buyer: "2088000000000002" })).status, 409);
  await control("/pay", { out_trade_no: "P1", buyer: "2088000000000001" });
  assert.equal((await refused("/pay", { out_trade_no: "P1" })).status, 409);
  assert.equal((await refused("/pay", { out_trade_no: "P2" })).status, 404);
});

test("a code dies after two hours, an order after its time, and a trade that waited is closed without a word", async t => {
  const { exec, control, refused, notices, look } = await shop(t);
  const { qr_code } = await exec("alipay.trade.precreate", { ...tea, timeout_express: "1d" });
  await control("/advance", { seconds: 2 * 3600 });
  assert.equal((await refused("/scan", { qr_code })).status, 409);
  await control("/scan", { out_trade_no: "P1" });
  await exec("alipay.trade.precreate", { ...tea, out_trade_no: "P2", time_expire: "2026-01-02 17:05:00" });
  await control("/advance", { to: "2026-01-02 17:05:00" });
  assert.equal((await refused("/pay", { out_trade_no: "P2" })).error, "the order is too old");
  await control("/advance", { to: "2026-01-03 15:04:05" });
  const [one] = (await look("/state")).orders;
  assert.deepEqual([one.trade_status, one.closed_at], ["TRADE_CLOSED", "2026-01-03 15:04:05"]);
  assert.equal(notices.length, 0, "face to face: closing is not told");
  const late = await exec("alipay.trade.precreate", { ...tea, out_trade_no: "P3", time_expire: "2026-01-03 15:04:05" });
  assert.equal(late.sub_code, "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR");
});

test("closing ends what waits; what was never scanned is not there, and may still be paid", async t => {
  const { exec, control, refused } = await shop(t);
  await exec("alipay.trade.precreate", tea);
  assert.equal((await exec("alipay.trade.close", { out_trade_no: "P1" })).sub_code, "ACQ.TRADE_NOT_EXIST");
  await control("/scan", { out_trade_no: "P1" });
  assert.equal((await exec("alipay.trade.close", { out_trade_no: "P1" })).code, "10000");
  assert.equal((await exec("alipay.trade.close", { out_trade_no: "P1" })).sub_code, "ACQ.TRADE_STATUS_ERROR");
  await control("/settings", { unscanned_close: "kills" });
  const { qr_code } = await exec("alipay.trade.precreate", { ...tea, out_trade_no: "P2" });
  assert.equal((await exec("alipay.trade.close", { out_trade_no: "P2" })).sub_code, "ACQ.TRADE_NOT_EXIST");
  assert.equal((await refused("/pay", { qr_code })).status, 409);
});

test("cancelling says what it did: nothing, closed, or the money back", async t => {
  const { exec, control, sold, notices } = await shop(t);
  const cancel = out_trade_no => exec("alipay.trade.cancel", { out_trade_no });
  assert.deepEqual(await cancel("P0").then(({ code, action, retry_flag }) => [code, action, retry_flag]), ["10000", undefined, "N"]);
  await exec("alipay.trade.precreate", tea);
  await control("/scan", { out_trade_no: "P1" });
  assert.equal((await cancel("P1")).action, "close");
  assert.equal((await cancel("P1")).action, "close", "again");
  await sold("P2");
  assert.equal((await cancel("P2")).action, "refund");
  assert.equal((await cancel("P2")).action, "refund", "once");
  await control("/idle");
  assert.deepEqual(notices.map(({ fields }) => [fields.out_trade_no, fields.trade_status]), [["P2", "TRADE_SUCCESS"], ["P2", "TRADE_CLOSED"]]);
  await sold("P3");
  await exec("alipay.trade.refund", { out_trade_no: "P3", refund_amount: "1.00", out_request_no: "R1" });
  assert.equal((await cancel("P3")).sub_code, "ACQ.REASON_TRADE_REFUND_FEE_ERR");
  await sold("P4");
  await control("/advance", { seconds: 24 * 3600 + 1 });
  assert.equal((await cancel("P4")).sub_code, "ACQ.TRADE_CANCEL_TIME_OUT");
});

test("after the time for refunds a trade is finished", async t => {
  const { exec, sold, control } = await shop(t);
  await sold("P1");
  await control("/advance", { seconds: 90 * 24 * 3600 });
  assert.equal((await exec("alipay.trade.query", { out_trade_no: "P1" })).trade_status, "TRADE_FINISHED");
  assert.equal((await exec("alipay.trade.refund", { out_trade_no: "P1", refund_amount: "10.00" })).sub_code, "ACQ.TRADE_HAS_FINISHED");
});

test("a coupon lowers what the merchant gets and the buyer pays, and nothing else", async t => {
  const { exec, control, notices } = await shop(t);
  await exec("alipay.trade.precreate", tea);
  await control("/pay", { out_trade_no: "P1", receipt_amount: "9.00", buyer_pay_amount: "8.00" });
  const { fields } = notices[0];
  assert.deepEqual([fields.total_amount, fields.receipt_amount, fields.buyer_pay_amount], ["10.00", "9.00", "8.00"]);
});

test("buyers are named by the old id, the new one, or both", async t => {
  const { exec, sold, control, notices } = await shop(t, { settings: { buyer_ids: "open_id" } });
  await sold("P1");
  assert.deepEqual([notices[0].fields.buyer_id, typeof notices[0].fields.buyer_open_id], [undefined, "string"]);
  await control("/settings", { buyer_ids: "both" });
  const query = await exec("alipay.trade.query", { out_trade_no: "P1" });
  assert.ok(query.buyer_user_id && query.buyer_open_id);
});

const BAD = [
  ["no number", { out_trade_no: undefined }],
  ["a number with a dash", { out_trade_no: "P-1" }],
  ["a long number", { out_trade_no: "P".repeat(65) }],
  ["no subject", { subject: "" }],
  ["a long subject", { subject: "会".repeat(257) }],
  ["no amount", { total_amount: undefined }],
  ["nothing to pay", { total_amount: "0.00" }],
  ["three decimals", { total_amount: "0.001" }],
  ["a float", { total_amount: 0.1 + 0.2 }],
  ["a negative amount", { total_amount: "-1.00" }],
  ["half an hour in fractions", { timeout_express: "1.5h" }],
  ["sixteen days", { timeout_express: "16d" }],
  ["a time that is none", { time_expire: "2026-02-30 00:00:00" }],
  ["another product", { product_code: "QUICK_WAP_WAY" }],
];
for (const [what, change] of BAD) {
  test(`an order with ${what} is refused`, async t => {
    const { exec } = await shop(t);
    const answer = await exec("alipay.trade.precreate", { ...tea, ...change });
    assert.deepEqual([answer.code, answer.sub_code], ["40004", "ACQ.INVALID_PARAMETER"]);
  });
}

test("an amount may come as a number, and another seller is not one", async t => {
  const { exec } = await shop(t, { settings: { strict_subject: true } });
  assert.equal((await exec("alipay.trade.precreate", { ...tea, total_amount: 10.1 })).code, "10000");
  assert.equal((await exec("alipay.trade.precreate", { ...tea, out_trade_no: "P2", seller_id: "2088000000000000" })).sub_code, "ACQ.INVALID_RECEIVE_ACCOUNT");
  assert.equal((await exec("alipay.trade.precreate", { ...tea, out_trade_no: "P3", subject: "a&b" })).sub_code, "ACQ.INVALID_PARAMETER");
});
