import assert from "node:assert/strict";
import { test } from "node:test";

import { decode, readForm } from "../lib/wire.js";
import { shop } from "./support/merchant.js";

const tea = { out_trade_no: "P1", total_amount: "10.00", subject: "会员 1个月", product_code: "FAST_INSTANT_TRADE_PAY" };

/** A browser's look at an address: status, words, and where it is sent. */
async function visit(url, options = {}) {
  const answer = await fetch(url, { redirect: "manual", ...options });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const type = answer.headers.get("content-type");
  return { status: answer.status, to: answer.headers.get("location"), type, text: decode(bytes, /gbk/i.test(type) ? "gbk" : "utf-8") };
}

const entities = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
const unescape = said => said.replace(/&(?:amp|lt|gt|quot|#39);/g, entity => entities[entity]);

/** Sends the form of a page as a browser would. */
async function submit(html, base) {
  const attribute = name => new RegExp(`${name}="([^"]*)"`);
  const [, action] = attribute("action").exec(html);
  const inputs = [...html.matchAll(/<input[^>]*>/g)].map(([input]) => [attribute("name").exec(input)[1], unescape(attribute("value").exec(input)[1])]);
  return visit(new URL(unescape(action), base), { method: "POST", body: new URLSearchParams(inputs) });
}

test("a page is shown, its button pays, and the buyer comes back with a signed address", async t => {
  const { page, exec, sdk, notices, base, home, idle } = await shop(t);
  const url = page("alipay.trade.page.pay", "GET", tea);
  const opened = await visit(url);
  assert.equal(opened.status, 302);
  const cashier = new URL(opened.to, base);
  const shown = await visit(cashier);
  assert.match(shown.text, /会员 1个月/);
  assert.match(shown.text, /10\.00/);
  assert.equal((await exec("alipay.trade.query", { out_trade_no: "P1" })).sub_code, "ACQ.TRADE_NOT_EXIST", "looking makes no trade");

  const back = await submit(shown.text, base);
  assert.equal(back.status, 303);
  assert.ok(back.to.startsWith(`${home}/return?o=1&`));
  const { o, ...fields } = Object.fromEntries(readForm(Buffer.from(back.to.split("?")[1]), "utf-8"));
  assert.equal(o, "1");
  assert.ok(sdk.checkNotifySignV2(fields), "the SDK believes the return");
  assert.deepEqual([fields.method, fields.out_trade_no, fields.total_amount, fields.trade_status], ["alipay.trade.page.pay.return", "P1", "10.00", undefined]);
  await idle();
  assert.equal(notices[0].fields.trade_status, "TRADE_SUCCESS");
  assert.match((await visit(cashier)).text, /已付款/);
});

test("a form of the SDK opens the page too", async t => {
  const { page, base, control } = await shop(t);
  const opened = await submit(page("alipay.trade.page.pay", "POST", tea), base);
  assert.equal(opened.status, 302);
  await control("/pay", { out_trade_no: "P1" });
});

test("a form that does not escape an ampersand is not what was signed, as with the real gateway", async t => {
  const { page, base } = await shop(t);
  const opened = await submit(page("alipay.trade.page.pay", "POST", { ...tea, subject: "A&amp;B" }), base);
  assert.equal(opened.status, 200);
  assert.equal(opened.type, "text/html;charset=GBK");
  assert.match(opened.text, /invalid-signature/);
  assert.match(unescape(unescape(opened.text)), /"subject":"A&B"/, "the text it built is shown");
});

test("a phone's page has a way back, and is told of an unpaid end", async t => {
  const { page, base, exec, control, notices } = await shop(t);
  const wap = { ...tea, product_code: "QUICK_WAP_WAY" };
  assert.match((await visit(page("alipay.trade.wap.pay", "GET", wap))).text, /INVALID_PARAMETER/, "quit_url is a must");
  const opened = await visit(page("alipay.trade.wap.pay", "GET", { ...wap, quit_url: "https://blog.example/?a=1&b=2" }));
  assert.match((await visit(new URL(opened.to, base))).text, /href="https:\/\/blog.example\/\?a=1&amp;b=2"/);
  await control("/scan", { out_trade_no: "P1" });
  await exec("alipay.trade.close", { out_trade_no: "P1" });
  await control("/idle");
  const { fields } = notices[0];
  assert.deepEqual([fields.trade_status, fields.refund_fee, fields.gmt_payment], ["TRADE_CLOSED", undefined, undefined]);
  assert.ok(fields.gmt_close);
});

test("a return may be signed with sign_type in its text, or not at all well", async t => {
  const { page, base, sdk, control, fault } = await shop(t, { settings: { sign_type_kept: ["return"] } });
  const paid = async number => {
    const opened = await visit(page("alipay.trade.page.pay", "GET", { ...tea, out_trade_no: number }));
    const { to } = await visit(new URL(`${opened.to}/pay`, base), { method: "POST" });
    return Object.fromEntries(readForm(Buffer.from(to.split("?o=1&")[1]), "utf-8"));
  };
  const kept = await paid("P1");
  assert.ok(sdk.checkNotifySignV2(kept));
  const { sign_type: _, ...without } = kept;
  assert.ok(sdk.checkNotifySignV2(without), "the SDK tries both ways");
  fault("return", "bad_signature");
  assert.ok(!sdk.checkNotifySignV2(await paid("P2")));
  await control("/settings", { sign_type_kept: [] });
  assert.ok(sdk.checkNotifySignV2(await paid("P3")));
});

test("the wallet opens order strings, addresses, deep links and codes", async t => {
  const { sdk, page, now, control, exec, agreement, refused } = await shop(t);
  const order = sdk.sdkExec("alipay.trade.app.pay", { timestamp: now(), bizContent: { ...tea, product_code: "QUICK_MSECURITY_PAY" } });
  assert.equal((await control("/wallet", { link: order })).way, "app");
  assert.equal((await refused("/wallet", { link: order.replace("10.00", "0.01") })).sub_code, "isv.invalid-signature");

  const string = sdk.sdkExec("alipay.user.agreement.page.sign", { timestamp: now(), bizContent: agreement("sub1") });
  const app = `alipays://platformapi/startapp?appId=60000157&appClearTop=false&startMultApp=YES&sign_params=${encodeURIComponent(string)}`;
  assert.equal((await control("/wallet", { link: app })).external_agreement_no, "sub1");
  const url = page("alipay.user.agreement.page.sign", "GET", agreement("sub2"));
  const h5 = `alipays://platformapi/startapp?appId=20000067&url=${encodeURIComponent(url)}`;
  assert.equal((await control("/wallet", { link: h5 })).external_agreement_no, "sub2");

  const { qr_code } = await exec("alipay.trade.precreate", { ...tea, out_trade_no: "P2", product_code: undefined });
  assert.equal((await control("/wallet", { link: qr_code })).trade_status, "WAIT_BUYER_PAY");
});

test("people without a phone pay and end agreements in the wallet's page", async t => {
  const { exec, base, signed, look, home, control } = await shop(t);
  await exec("alipay.trade.precreate", { ...tea, product_code: undefined });
  await signed("sub1");
  await control("/settings", { app_gateway_url: `${home}/gateway` });
  const shown = await visit(`${base}/wallet`);
  const forms = shown.text.match(/<form.*?<\/form>/g);
  assert.equal(forms.length, 2);
  for (const form of forms) assert.equal((await submit(form, base)).status, 303);
  const state = await look("/state");
  assert.equal(state.orders[0].trade_status, "TRADE_SUCCESS");
  assert.equal(state.agreements[0].status, "UNSIGN");
});
