import assert from "node:assert/strict";
import { createVerify } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import iconv from "iconv-lite";

import { readForm } from "../lib/wire.js";
import { ALIPAY, shop } from "./support/merchant.js";

/** The text that a notice's signature is over, by whatever rule. */
const text = ({ sign: _, ...fields }) => Object.keys(fields).sort().map(name => `${name}=${fields[name]}`).join("&");
const times = notices => notices.map(({ fields }) => fields.notify_time.slice(5));

test("a notice is repeated at 4m, 10m, 10m, 1h, 2h, 6h and 15h, and then given up", async t => {
  const shop_ = await shop(t);
  shop_.answer = "failure";
  await shop_.sold("P1");
  await shop_.control("/advance", { seconds: 30 * 3600 });
  assert.deepEqual(times(shop_.notices), [
    "01-02 15:04:05", "01-02 15:08:05", "01-02 15:18:05", "01-02 15:28:05", "01-02 16:28:05", "01-02 18:28:05", "01-03 00:28:05", "01-03 15:28:05",
  ]);
  assert.equal(new Set(shop_.notices.map(({ fields }) => fields.notify_id)).size, 1);
  assert.ok(shop_.notices.every(({ good }) => good));
  const [notice] = await shop_.look("/notifications");
  assert.deepEqual([notice.state, notice.attempts.length, notice.attempts[0].body, notice.next], ["given up", 8, "failure", null]);
});

const NO = [
  ["in capitals", "SUCCESS"],
  ["with a line end", "success\n"],
  ["with a byte order mark", "\ufeffsuccess"],
  ["in JSON", "\"success\""],
  ["in HTML", "<p>success</p>"],
  ["with another status", { status: 500, body: "success" }],
  ["from another address", { status: 302, headers: { location: "/elsewhere" }, body: "success" }],
];
for (const [how, said] of NO) {
  test(`success ${how} is no success`, async t => {
    const shop_ = await shop(t);
    shop_.answer = said;
    await shop_.sold("P1");
    const [notice] = await shop_.look("/notifications");
    assert.deepEqual([notice.state, notice.next], ["waiting", "2026-01-02 15:08:05"]);
    assert.equal(shop_.notices.length, 1, "and no redirect is followed");
  });
}

test("the bare word ends it, at whichever try", async t => {
  const shop_ = await shop(t);
  shop_.answer = () => (shop_.notices.length < 3 ? "failure" : "success");
  await shop_.sold("P1");
  await shop_.control("/advance", { seconds: 30 * 3600 });
  assert.equal(shop_.notices.length, 3);
  assert.equal((await shop_.look("/notifications"))[0].state, "done");
});

test("a merchant that is away is tried again", async t => {
  // An address where nobody listens any more.
  const away = createServer().listen(0, "127.0.0.1");
  await once(away, "listening");
  const { port } = away.address();
  await new Promise(resolve => away.close(resolve));
  const shop_ = await shop(t, { app_gateway_url: `http://127.0.0.1:${port}/away` });
  const agreement_no = await shop_.signed("sub1");
  await shop_.control("/agreement/unsign", { agreement_no });
  const notice = (await shop_.look("/notifications")).at(-1);
  assert.equal(notice.attempts[0].error, "ECONNREFUSED");
  assert.equal(notice.state, "waiting");
});

test("a merchant may ask the gateway before it answers a notice", async t => {
  const shop_ = await shop(t);
  shop_.answer = async ({ fields }) => {
    const query = await shop_.exec("alipay.trade.query", { out_trade_no: fields.out_trade_no });
    return query.trade_status === "TRADE_SUCCESS" ? "success" : "failure";
  };
  await shop_.sold("P1");
  assert.equal((await shop_.look("/notifications"))[0].state, "done");
});

test("a duplicate is the same notice twice", async t => {
  const { fault, sold, notices } = await shop(t);
  fault("notify", "duplicate");
  await sold("P1");
  assert.equal(notices.length, 2);
  assert.equal(notices[0].fields.notify_id, notices[1].fields.notify_id);
});

test("a refund's notice may overtake that of the payment", async t => {
  const { fault, sold, notices, exec, idle, control } = await shop(t);
  fault("notify", "reorder");
  await sold("P1");
  assert.equal(notices.length, 0);
  await exec("alipay.trade.refund", { out_trade_no: "P1", refund_amount: "10.00" });
  await idle();
  assert.deepEqual(notices.map(({ fields }) => fields.trade_status), ["TRADE_CLOSED", "TRADE_SUCCESS"]);
  fault("notify", "reorder");
  await sold("P2");
  await control("/advance", { seconds: 240 });
  assert.equal(notices.at(-1).fields.out_trade_no, "P2", "with nothing to be overtaken by, it comes with its repetition");
  await control("/advance", { seconds: 30 * 3600 });
  assert.equal(notices.length, 3);
});

test("a notice may be lost, and so may the answer to it", async t => {
  const { fault, sold, notices, control } = await shop(t);
  fault("notify", "lost");
  await sold("P1");
  assert.equal(notices.length, 0);
  await control("/advance", { seconds: 240 });
  assert.equal(notices.length, 1);
  fault("notify", "lost_answer");
  await sold("P2");
  await control("/advance", { seconds: 240 });
  assert.deepEqual(notices.map(({ fields }) => fields.out_trade_no), ["P1", "P2", "P2"]);
});

test("a notice with a wrong signature, or of another's hand, is not believed; its repetition is", async t => {
  const shop_ = await shop(t);
  shop_.answer = ({ good }) => (good ? "success" : "failure");
  for (const [kind, number] of [["bad_signature", "P1"], ["other_key", "P2"]]) {
    shop_.fault("notify", kind);
    await shop_.sold(number);
    await shop_.control("/advance", { seconds: 240 });
  }
  assert.deepEqual(shop_.notices.map(({ good }) => good), [false, true, false, true]);
});

test("a notice may be in GBK, and say something else in good order", async t => {
  const { fault, sold, notices } = await shop(t);
  fault("notify", "gbk");
  await sold("P1");
  const [{ fields, charset, raw }] = notices;
  assert.deepEqual([charset, fields.charset, fields.subject], ["GBK", "GBK", "会员 1个月"]);
  assert.match(raw.toString(), /subject=%BB%E1%D4%B1/);
  const { sign_type: _, ...signed } = fields;
  // The SDK verifies UTF-8 only.
  const key = `-----BEGIN PUBLIC KEY-----\n${ALIPAY.public}\n-----END PUBLIC KEY-----`;
  assert.ok(createVerify("RSA-SHA256").update(iconv.encode(text(signed), "gbk")).verify(key, fields.sign, "base64"));
  fault("notify", "rewrite", { fields: { total_amount: "0.01", body: "" }, where: { out_trade_no: "P3" } });
  await sold("P2");
  await sold("P3");
  assert.deepEqual(notices.slice(1).map(({ fields, good }) => [fields.total_amount, fields.body, good]), [["10.00", undefined, true], ["0.01", "", true]]);
});

test("notices of a kind may be signed with sign_type in their text", async t => {
  const { sold, notices, signed, sdk } = await shop(t, { settings: { sign_type_kept: ["agreement"] } });
  await sold("P1");
  await signed("sub1");
  const kept = notices.map(({ fields }) => sdk.rsaCheck(text(fields), fields.sign));
  assert.deepEqual(kept, [false, true]);
  assert.ok(notices.every(({ good }) => good), "the SDK tries both");
});

test("a test without a server carries the notices by hand", async t => {
  const { sold, notices, control, sdk, look, fault } = await shop(t, { settings: { notices: "hold" } });
  await sold("P1");
  assert.equal(notices.length, 0);
  const [message] = await control("/notifications/take");
  assert.match(message.url, /\/notify\?tenant=7$/);
  assert.ok(sdk.checkNotifySignV2(Object.fromEntries(readForm(Buffer.from(message.body), "utf-8"))));
  assert.deepEqual(await control("/notifications/take"), [], "once");
  await control("/advance", { seconds: 240 });
  const [again] = await control("/notifications/take");
  assert.equal(again.notify_id, message.notify_id, "unanswered, it comes again");
  assert.equal((await control("/notifications/answer", { notify_id: again.notify_id, status: 200, body: "success" })).state, "done");
  await control("/advance", { seconds: 30 * 3600 });
  assert.deepEqual(await control("/notifications/take"), []);
  assert.equal((await look("/notifications"))[0].attempts.length, 2);
  fault("notify", "duplicate");
  await sold("P2");
  assert.equal((await control("/notifications/take")).length, 2);
});
