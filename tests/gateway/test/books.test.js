import assert from "node:assert/strict";
import { test } from "node:test";
import AdmZip from "adm-zip";

import { decode } from "../lib/wire.js";
import { shop } from "./support/merchant.js";

const transfer = {
  out_biz_no: "T1", trans_amount: "0.10", product_code: "TRANS_ACCOUNT_NO_PWD", biz_scene: "DIRECT_TRANSFER", order_title: "退还",
  payee_info: { identity_type: "ALIPAY_LOGON_ID", identity: "payee@sandbox.com", name: "沙箱用户" },
};
const send = (exec, change = {}) => exec("alipay.fund.trans.uni.transfer", { ...transfer, ...change });
const find = (exec, out_biz_no = "T1") => exec("alipay.fund.trans.common.query", { out_biz_no, product_code: "TRANS_ACCOUNT_NO_PWD", biz_scene: "DIRECT_TRANSFER" });

test("a transfer is made once, however often it is asked for, and is found by each of its numbers", async t => {
  const { exec, look } = await shop(t);
  const sent = await send(exec);
  assert.deepEqual([sent.code, sent.status, sent.out_biz_no], ["10000", "SUCCESS", "T1"]);
  assert.equal((await send(exec)).order_id, sent.order_id);
  assert.equal((await send(exec, { trans_amount: "0.11" })).sub_code, "PAYMENT_INFO_INCONSISTENCY");
  const query = await find(exec);
  assert.deepEqual([query.status, query.trans_amount, query.order_id, query.pay_date], ["SUCCESS", "0.10", sent.order_id, "2026-01-02 15:04:05"]);
  assert.equal((await exec("alipay.fund.trans.common.query", { order_id: sent.order_id })).out_biz_no, "T1");
  assert.equal((await exec("alipay.fund.trans.common.query", { pay_fund_order_id: sent.pay_fund_order_id })).out_biz_no, "T1");
  assert.equal((await find(exec, "T2")).sub_code, "ORDER_NOT_EXIST");
  assert.deepEqual((await look("/state")).ledger.map(row => row.amount), ["-0.10"]);
});

test("a transfer that is dealt with ends later, well or badly", async t => {
  const { exec, control, fault, refused, look } = await shop(t);
  fault("alipay.fund.trans.uni.transfer", "in_process", { times: 2 });
  assert.equal((await send(exec)).status, "DEALING");
  assert.equal((await find(exec)).status, "DEALING");
  await control("/transfer", { out_biz_no: "T1", status: "SUCCESS" });
  assert.equal((await find(exec)).status, "SUCCESS");
  await send(exec, { out_biz_no: "T2" });
  await control("/transfer", { out_biz_no: "T2", status: "FAIL", error_code: "PAYEE_NOT_EXIST", fail_reason: "收款账号不存在" });
  const failed = await find(exec, "T2");
  assert.deepEqual([failed.status, failed.error_code, failed.pay_date], ["FAIL", "PAYEE_NOT_EXIST", undefined]);
  assert.equal((await refused("/transfer", { out_biz_no: "T2", status: "SUCCESS" })).status, 409);
  assert.deepEqual((await look("/state")).ledger.map(row => row.amount), ["-0.10", "-0.10", "0.10"]);
});

test("a transfer that breaks a rule moves nothing", async t => {
  const { exec, control, look, simulator } = await shop(t);
  await control("/settings", { balance: "5.00" });
  const cases = [
    [{ trans_amount: "0.09" }, "EXCEED_LIMIT_SM_MIN_AMOUNT"],
    [{ trans_amount: "5.01" }, "PAYER_BALANCE_NOT_ENOUGH"],
    [{ trans_amount: "50000.00" }, "MEMO_REQUIRED_IN_TRANSFER_ERROR"],
    [{ payee_info: { identity_type: "ALIPAY_LOGON_ID", identity: "payee@sandbox.com" } }, "INVALID_PARAMETER"],
    [{ payee_info: { identity_type: "ALIPAY_USER_ID", identity: simulator.config.seller_id } }, "PAYER_PAYEE_CANNOT_SAME"],
    [{ payee_info: { identity_type: "PHONE", identity: "1" } }, "INVALID_PARAMETER"],
    [{ payee_info: undefined }, "INVALID_PARAMETER"],
    [{ biz_scene: "PERSONAL_COLLECTION" }, "INVALID_PARAMETER"],
  ];
  for (const [change, code] of cases) assert.equal((await send(exec, change)).sub_code, code, JSON.stringify(change));
  assert.deepEqual((await look("/state")).ledger, []);
});

test("the account's book has every movement, in half-open spans and in pages", async t => {
  const { exec, sold, control } = await shop(t);
  await sold("P1");
  await control("/advance", { to: "2026-01-02 16:00:00" });
  await exec("alipay.trade.refund", { out_trade_no: "P1", refund_amount: "4.00", out_request_no: "R1" });
  await send(exec);
  await control("/receipt", { amount: "0.98", memo: "P2", payer: "**博(156******89)" });
  const book = (more = {}) => exec("alipay.data.bill.accountlog.query", { start_time: "2026-01-02 15:04:05", end_time: "2026-01-02 16:00:01", ...more });
  const all = await book();
  assert.deepEqual([all.total_size, all.page_no, all.page_size], ["4", "1", "2000"]);
  assert.deepEqual(all.detail_list.map(row => [row.direction, row.trans_amount, row.trans_memo]), [
    ["收入", "10.00", "会员 1个月"], ["支出", "-4.00", "退款"], ["支出", "-0.10", "退还"], ["收入", "0.98", "P2"],
  ]);
  assert.deepEqual(all.detail_list.map(row => row.merchant_order_no), ["P1", "P1", "T1", undefined]);
  assert.equal(new Set(all.detail_list.map(row => row.account_log_id)).size, 4);
  assert.equal((await book({ end_time: "2026-01-02 16:00:00" })).total_size, "1", "the end does not belong to it");
  assert.equal((await book({ start_time: "2026-01-02 15:04:06", end_time: "2026-01-02 15:30:00" })).detail_list, undefined);
  const second = await book({ page_no: 2, page_size: 3 });
  assert.deepEqual([second.total_size, second.detail_list.length], ["4", 1]);
  assert.equal((await exec("alipay.data.bill.accountlog.query", { merchant_order_no: "P1" })).total_size, "2");
  assert.equal((await book({ start_time: "2025-11-30 00:00:00" })).sub_code, "INVALID_PARAMETER", "more than 31 days");
  assert.equal((await book({ start_time: "2024-12-30 00:00:00", end_time: "2025-01-02 00:00:00" })).sub_code, "INVALID_PARAMETER", "more than a year ago");
  assert.equal((await book({ page_size: 2001 })).sub_code, "INVALID_PARAMETER");
});

test("a receipt may carry a trade's numbers, come late into the book, or go out", async t => {
  const { exec, control } = await shop(t, { settings: { bill_delay_s: 120 } });
  await control("/receipt", { amount: "0.97", alipay_order_no: "2026010222001", merchant_order_no: "M1", type: "交易" });
  await control("/receipt", { amount: "0.96", direction: "支出" });
  const book = () => exec("alipay.data.bill.accountlog.query", { start_time: "2026-01-02 15:00:00", end_time: "2026-01-02 15:30:00" });
  assert.equal((await book()).total_size, "0");
  await control("/advance", { seconds: 120 });
  const rows = (await book()).detail_list;
  assert.deepEqual(rows.map(row => [row.trans_dt, row.trans_amount, row.alipay_order_no]), [
    ["2026-01-02 15:04:05", "0.97", "2026010222001"], ["2026-01-02 15:04:05", "-0.96", undefined],
  ]);
});

/** The tables of a downloaded bill, by name. */
async function download(url) {
  const answer = await fetch(url);
  if (!answer.ok) return answer.status;
  const zip = new AdmZip(Buffer.from(await answer.arrayBuffer()), { decoder: { efs: false, encode: String, decode: bytes => decode(Buffer.from(bytes), "gbk") } });
  return Object.fromEntries(zip.getEntries().map(entry => [entry.entryName, decode(entry.getData(), "gbk")]));
}

test("the day's bill is a zip of tables in GBK, from nine o'clock of the next day, for thirty seconds", async t => {
  const { exec, sold, control, simulator } = await shop(t);
  await sold("P1");
  await sold("P2", "1.00");
  await exec("alipay.trade.refund", { out_trade_no: "P1", refund_amount: "4.00", out_request_no: "R1" });
  const ask = (bill_date = "2026-01-02", bill_type = "trade") => exec("alipay.data.dataservice.bill.downloadurl.query", { bill_type, bill_date });
  assert.equal((await ask()).sub_code, "BILL_NOT_EXIST", "today's");
  await control("/advance", { to: "2026-01-03 08:59:59" });
  assert.equal((await ask()).sub_code, "BILL_NOT_EXIST", "too early");
  await control("/advance", { seconds: 1 });
  const { bill_download_url } = await ask();
  const tables = await download(bill_download_url);
  const account = `${simulator.config.seller_id}0156`;
  assert.deepEqual(Object.keys(tables), [`${account}_20260102_业务明细.csv`, `${account}_20260102_业务明细(汇总).csv`]);
  const lines = tables[`${account}_20260102_业务明细.csv`].split("\r\n");
  assert.equal(lines[0], "#支付宝业务明细查询");
  assert.equal(lines[2], "#起始日期：[2026年01月02日 00:00:00]   终止日期：[2026年01月03日 00:00:00]");
  const rows = lines.filter(line => line && !line.startsWith("#")).map(line => line.split(",").map(cell => cell.trim()));
  const at = name => rows[0].indexOf(name);
  const shown = rows.slice(1).map(row => ["商户订单号", "业务类型", "订单金额（元）", "商家实收（元）", "退款批次号/请求号"].map(name => row[at(name)]));
  assert.deepEqual(shown, [["P1", "交易", "10.00", "10.00", ""], ["P2", "交易", "1.00", "1.00", ""], ["P1", "退款", "-4.00", "-4.00", "R1"]]);
  assert.ok(lines.includes("#交易合计：2笔，商家实收共11.00元，商家优惠共0.00元"));

  await control("/advance", { seconds: 31 });
  assert.equal(await download(bill_download_url), 403);
  assert.equal((await ask("2026-01-01")).sub_code, "NO_BILL_DATA");
  assert.equal((await ask("2026-1-1")).sub_code, "INVAILID_ARGUMENTS");
  assert.equal((await ask("2026-01-02", "merchant_act")).sub_code, "TYPE_NOT_SUPPORTED");
});

test("the flow of an account is a bill too, and a month is one", async t => {
  const { exec, sold, control } = await shop(t);
  await sold("P1");
  await control("/receipt", { amount: "0.98", memo: "茶,\"x\"" });
  await control("/advance", { to: "2026-02-03 09:00:00" });
  const { bill_download_url } = await exec("alipay.data.dataservice.bill.downloadurl.query", { bill_type: "signcustomer", bill_date: "2026-01" });
  const [table] = Object.values(await download(bill_download_url));
  assert.match(table, /^#支付宝账务明细查询\r\n/);
  assert.match(table, /#收入合计：2笔，共10\.98元/);
  assert.match(table, /茶  x /);
});
