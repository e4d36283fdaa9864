import assert from "node:assert/strict";
import { createSign, createVerify } from "node:crypto";
import { test } from "node:test";
import iconv from "iconv-lite";

import { decode, readForm, writeForm } from "../lib/wire.js";
import { ALIPAY, APP, START, shop, vectors } from "./support/merchant.js";

const pem = (what, bare) => `-----BEGIN ${what}-----\n${bare}\n-----END ${what}-----`;
const text = params => Object.keys(params).filter(name => params[name] !== "").sort().map(name => `${name}=${params[name]}`).join("&");

/** A call by hand: what every part of it is can be said. */
function call(shop_, { change = {}, biz = { out_trade_no: "P1" }, bytes = "utf8", inBody = ["biz_content"], after = {} } = {}) {
  const params = {
    app_id: shop_.simulator.config.app_id, method: "alipay.trade.query", charset: "utf-8", sign_type: "RSA2",
    timestamp: shop_.now(), version: "1.0", biz_content: typeof biz === "string" ? biz : JSON.stringify(biz), ...change,
  };
  for (const name of Object.keys(params)) if (params[name] === undefined) delete params[name];
  params.sign = createSign("RSA-SHA256").update(iconv.encode(text(params), bytes)).sign(pem("PRIVATE KEY", APP.private), "base64");
  Object.assign(params, after);
  for (const name of Object.keys(params)) if (params[name] === undefined) delete params[name];
  const [query, body] = [false, true].map(of => Object.entries(params).filter(([name]) => inBody.includes(name) === of));
  return fetch(`${shop_.base}/gateway.do?${writeForm(query, bytes === "utf8" ? "utf-8" : "gbk")}`, {
    method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: writeForm(body, bytes === "utf8" ? "utf-8" : "gbk"),
  });
}

const node = async answer => {
  const type = answer.headers.get("content-type");
  const said = JSON.parse(decode(Buffer.from(await answer.arrayBuffer()), /gbk/i.test(type) ? "gbk" : "utf-8"));
  const [name] = Object.keys(said);
  return { name, type, sign: said.sign, ...said[name] };
};

test("what is signed as it should be is answered, with escaped slashes and a signature over them", async t => {
  const shop_ = await shop(t);
  const answer = await call(shop_, { change: { method: "alipay.trade.precreate" }, biz: { out_trade_no: "P1", total_amount: "1.00", subject: "茶 + & 水" } });
  const body = await answer.text();
  assert.match(body, /"qr_code":"https:\\\/\\\/qr\.alipay\.com\\\/bax/);
  assert.equal(answer.headers.get("content-type"), "text/html;charset=utf-8");
  assert.ok(answer.headers.get("trace_id"));
  assert.equal(answer.headers.get("date"), "Fri, 02 Jan 2026 07:04:05 GMT", "the gateway's clock, not the machine's");
  const [, value, sign] = /^\{"alipay_trade_precreate_response":(.*),"sign":"(.*)"\}$/.exec(body);
  assert.ok(createVerify("RSA-SHA256").update(value).verify(pem("PUBLIC KEY", ALIPAY.public), sign, "base64"));
});

const REFUSED = [
  ["no method", { change: { method: undefined } }, "40001", "isv.missing-method"],
  ["an unknown method", { change: { method: "alipay.trade.gift" } }, "40002", "isv.invalid-method"],
  ["a method of the language", { change: { method: "__proto__" } }, "40002", "isv.invalid-method"],
  ["no application", { change: { app_id: undefined } }, "40001", "isv.missing-app-id"],
  ["another application", { change: { app_id: "2021000000000000" } }, "40002", "isv.invalid-app-id"],
  ["no sign_type", { change: { sign_type: undefined } }, "40001", "isv.missing-signature-type"],
  ["an unknown sign_type", { change: { sign_type: "MD5" } }, "40002", "isv.invalid-signature-type"],
  ["RSA where RSA2 is set up", { change: { sign_type: "RSA" } }, "40002", "isv.missing-signature-key"],
  ["no sign", { after: { sign: undefined } }, "40001", "isv.missing-signature"],
  ["no timestamp", { change: { timestamp: undefined } }, "40001", "isv.missing-timestamp"],
  ["a timestamp of another zone", { change: { timestamp: "2026-01-02 07:04:05" } }, "40002", "isv.invalid-timestamp"],
  ["a timestamp in RFC 3339", { change: { timestamp: "2026-01-02T15:04:05" } }, "40002", "isv.invalid-timestamp"],
  ["no version", { change: { version: undefined } }, "40001", "isv.missing-version"],
  ["another format", { change: { format: "YAML" } }, "40002", "isv.invalid-format"],
  ["an unknown charset", { change: { charset: "latin1" } }, "40002", "isv.invalid-charset"],
  ["a long notify_url", { change: { notify_url: `https://a.example/${"x".repeat(250)}` } }, "40002", "isv.invalid-parameter"],
  ["a changed value", { after: { timestamp: "2026-01-02 15:04:06" } }, "40002", "isv.invalid-signature"],
  ["a value that was not signed", { after: { app_auth_token: "x" } }, "40002", "isv.invalid-signature"],
  ["a sign that is no base64", { after: { sign: "%%%" } }, "40002", "isv.invalid-signature"],
  ["content that is no JSON", { biz: "{" }, "40002", "isv.illegal-json"],
  ["content that is no object", { biz: "[]" }, "40002", "isv.illegal-json"],
  ["encryption of another kind", { change: { encrypt_type: "DES" } }, "40002", "isv.invalid-encrypt-type"],
  ["content that was not encrypted", { change: { encrypt_type: "AES" } }, "40002", "isv.decryption-error-unknown"],
];
for (const [what, how, code, subCode] of REFUSED) {
  test(`a call with ${what} is ${subCode}`, async t => {
    const answer = await node(await call(await shop(t), how));
    assert.deepEqual([answer.code, answer.sub_code], [code, subCode]);
  });
}

test("the application is checked before the signature, and who is unknown gets no signed answer", async t => {
  const answer = await node(await call(await shop(t), { change: { app_id: "2021000000000000" }, after: { sign: undefined } }));
  assert.deepEqual([answer.name, answer.sub_code, answer.sign], ["alipay_trade_query_response", "isv.invalid-app-id", undefined]);
});

test("a bad signature is answered with the text that the gateway built, as for HTML", async t => {
  const shop_ = await shop(t);
  const answer = await node(await call(shop_, { after: { timestamp: "2026-01-02 15:04:06" } }));
  assert.match(answer.sub_msg, /网关生成的验签字符串为：app_id=9021000122682882&amp;biz_content=\{&quot;out_trade_no&quot;:&quot;P1&quot;\}&amp;charset=utf-8&amp;method=/);
  assert.match(answer.sub_msg, /timestamp=2026-01-02 15:04:06&amp;version=1\.0$/);
  assert.ok(answer.sign);
  assert.match((await shop_.look("/calls"))[0].signed_text, /^app_id=9021000122682882&biz_content=\{"out_trade_no":"P1"\}&charset/);
});

test("sign_type is part of the text", async t => {
  const shop_ = await shop(t);
  const params = {
    app_id: shop_.simulator.config.app_id, method: "alipay.trade.query", charset: "utf-8", timestamp: shop_.now(), version: "1.0",
    biz_content: "{\"out_trade_no\":\"P1\"}",
  };
  const sign = createSign("RSA-SHA256").update(text(params)).sign(pem("PRIVATE KEY", APP.private), "base64");
  const answer = await node(await call(shop_, { after: { sign } }));
  assert.equal(answer.sub_code, "isv.invalid-signature", "the SDK alone would try both ways");
});

test("what has no value is not signed, and a name that comes with two values is refused", async t => {
  const shop_ = await shop(t);
  assert.equal((await node(await call(shop_, { after: { app_auth_token: "", prod_code: "" } }))).sub_code, "ACQ.TRADE_NOT_EXIST");
  const twice = await fetch(`${shop_.base}/gateway.do?method=alipay.trade.query&app_id=9021000122682882&sign_type=RSA2&charset=utf-8&sign=x&timestamp=${encodeURIComponent(shop_.now())}&version=1.0`, {
    method: "POST", body: new URLSearchParams({ timestamp: "2026-01-02 15:04:06" }),
  });
  assert.match((await node(twice)).sub_msg, /timestamp is sent with two values/);
});

test("without charset in the query the body is read as GBK, and Chinese does not verify", async t => {
  const shop_ = await shop(t);
  const order = { out_trade_no: "P1", total_amount: "1.00", subject: "茶" };
  const all = ["biz_content", "charset"];
  const refused = await node(await call(shop_, { change: { method: "alipay.trade.precreate" }, biz: order, inBody: all }));
  assert.equal(refused.sub_code, "isv.invalid-signature");
  assert.match(refused.sub_msg, /请确认charset参数放在了URL查询字符串中/);
  assert.match(refused.type, /GBK/, "and the answer is GBK");
  const ascii = await node(await call(shop_, { change: { method: "alipay.trade.precreate" }, biz: { ...order, subject: "tea" }, inBody: all }));
  assert.equal(ascii.code, "10000", "as long as nobody writes Chinese, nobody notices");
});

test("a merchant that speaks GBK is answered and notified in GBK", async t => {
  const shop_ = await shop(t);
  const order = { out_trade_no: "P1", total_amount: "1.00", subject: "茶" };
  for (const charset of ["GBK", undefined]) {
    const change = { method: "alipay.trade.precreate", charset, notify_url: shop_.notifyUrl };
    const made = await node(await call(shop_, { change, biz: { ...order, out_trade_no: `P${charset}` }, bytes: "gbk" }));
    assert.deepEqual([made.code, made.type], ["10000", "text/html;charset=GBK"]);
    await shop_.control("/pay", { out_trade_no: `P${charset}` });
    const { fields } = shop_.notices.at(-1);
    assert.deepEqual([fields.charset, fields.subject], ["GBK", "茶"]);
  }
});

test("encrypted content is read, and the answer is encrypted and signed with its quotes", async t => {
  const shop_ = await shop(t);
  const biz_content = shop_.simulator.world.seal.encrypt(JSON.stringify({ out_trade_no: "P1", total_amount: "1.00", subject: "茶" }));
  const body = await (await call(shop_, { change: { method: "alipay.trade.precreate", encrypt_type: "AES" }, biz: biz_content })).text();
  const [, value, sign] = /^\{"alipay_trade_precreate_response":(".*"),"sign":"(.*)"\}$/.exec(body);
  assert.ok(createVerify("RSA-SHA256").update(value).verify(pem("PUBLIC KEY", ALIPAY.public), sign, "base64"));
  assert.equal(JSON.parse(shop_.sdk.aesDecrypt(JSON.parse(value))).code, "10000");
  // The SDK itself reads such answers only with its check of the signature left out.
  const read = await shop_.sdk.exec("alipay.trade.query", { timestamp: shop_.now(), needEncrypt: true, bizContent: { out_trade_no: "P1" } });
  assert.equal(read.sub_code, "ACQ.TRADE_NOT_EXIST");
});

test("an old application may still sign with SHA-1", async t => {
  const shop_ = await shop(t, { sign_type: "RSA" }, { signType: "RSA" });
  await shop_.sold("P1");
  assert.ok(shop_.notices[0].good);
  assert.equal(shop_.notices[0].fields.sign_type, "RSA");
  assert.equal((await shop_.exec("alipay.trade.query", { out_trade_no: "P1" })).trade_status, "TRADE_SUCCESS");
});

/** A shop in certificate mode, with the certificates of the vectors. */
async function certified(t) {
  const [keys, { certificates: certs }] = [vectors("keys.json"), vectors("certs.json")];
  const config = {
    app_id: keys.app_id, app_public_key: undefined, private_key: keys.alipay.private.pkcs1_pem, next_private_key: keys.alipay_next.private.pkcs8_bare,
    certificates: { root: certs.root_bundle_pem, app: certs.app_cert_pem, alipay: certs.alipay_cert_pem, next: certs.alipay_cert_next_pem },
  };
  const sdk = {
    privateKey: keys.app.private.pkcs8_bare, alipayPublicKey: undefined,
    appCertContent: certs.app_cert_pem, alipayPublicCertContent: certs.alipay_cert_pem, alipayRootCertContent: certs.root_bundle_pem,
  };
  return { ...(await shop(t, config, sdk)), certs };
}

test("in certificate mode calls name their certificates and answers theirs", async t => {
  const shop_ = await certified(t);
  const { exec, page, base, certs, control } = shop_;
  assert.equal((await exec("alipay.trade.query", { out_trade_no: "P1" })).sub_code, "ACQ.TRADE_NOT_EXIST");

  const opened = await fetch(page("alipay.trade.page.pay", "GET", { out_trade_no: "P1", total_amount: "1.00", subject: "茶", product_code: "FAST_INSTANT_TRADE_PAY" }), { redirect: "manual" });
  const back = await fetch(new URL(`${opened.headers.get("location")}/pay`, base), { method: "POST", redirect: "manual" });
  const { o: _, alipay_cert_sn, ...fields } = Object.fromEntries(readForm(Buffer.from(back.headers.get("location").split("?")[1]), "utf-8"));
  assert.equal(alipay_cert_sn, vectors("certs.json").sn_vectors.find(({ name }) => name === "alipay_cert").expected_sn);
  assert.ok(shop_.sdk.checkNotifySignV2(fields), "the serial is beside the signature, not in it");

  const { alipay_cert_sn: next } = await control("/rotate");
  const fetched = await shop_.sdk.exec("alipay.open.app.alipaycert.download", { timestamp: shop_.now(), bizContent: { alipay_cert_sn: next } });
  assert.equal(Buffer.from(fetched.alipay_cert_content, "base64").toString(), certs.alipay_cert_next_pem);
  await assert.rejects(exec("alipay.trade.query", { out_trade_no: "P1" }), /验签失败/, "the old certificate verifies nothing any more");
  const unknown = await shop_.sdk.exec("alipay.open.app.alipaycert.download", { timestamp: shop_.now(), bizContent: { alipay_cert_sn: "0" } });
  assert.equal(unknown.code, "40004");
});

test("certificates that do not fit are named", async t => {
  const { simulator } = await certified(t);
  assert.equal(simulator.world.seal.appCertSn, vectors("certs.json").sn_vectors.find(({ name }) => name === "app_cert").expected_sn);
  const { appCertSn, rootCertSn } = simulator.world.seal;
  const answer = serials => {
    const params = {
      app_id: simulator.config.app_id, method: "alipay.trade.query", charset: "utf-8", sign_type: "RSA2", timestamp: START,
      version: "1.0", sign: "x", ...serials,
    };
    const query = writeForm(Object.entries(params), "utf-8");
    return simulator.gateway.perform(simulator.gateway.read(Buffer.from(query), Buffer.alloc(0))).sub_code;
  };
  assert.equal(answer({}), "isv.missing-app-cert-sn");
  assert.equal(answer({ app_cert_sn: appCertSn }), "isv.missing-alipay-root-cert-sn");
  assert.equal(answer({ app_cert_sn: "0", alipay_root_cert_sn: rootCertSn }), "isv.invalid-app-cert-sn");
  assert.equal(answer({ app_cert_sn: appCertSn, alipay_root_cert_sn: "0" }), "isv.invalid-alipay-root-cert-sn");
  assert.equal(answer({ app_cert_sn: appCertSn, alipay_root_cert_sn: rootCertSn }), "isv.invalid-signature");
});
