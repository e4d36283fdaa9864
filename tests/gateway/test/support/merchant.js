// A merchant made with Alipay's own SDK, and its simulator. Its notices come to a server of its own.

import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { AlipaySdk } from "alipay-sdk";

import { text } from "../../lib/clock.js";
import { Simulator } from "../../lib/server.js";
import { readForm } from "../../lib/wire.js";

// The SDK stamps its calls in the machine's zone, and the gateway wants Shanghai's.
process.env.TZ = "Asia/Shanghai";

export const START = "2026-01-02 15:04:05";

const pair = () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const bare = (key, type) => key.export({ type, format: "der" }).toString("base64");
  return { private: bare(privateKey, "pkcs8"), public: bare(publicKey, "spki") };
};
/** The application's keys and the gateway's, made once. */
export const APP = pair();
export const ALIPAY = pair();
export const AES_KEY = Buffer.from("0123456789abcdef").toString("base64");

/** A file of the vectors that other people's SDKs made. */
export function vectors(name) {
  const folder = process.env.MATCHA_ALIPAY_VECTORS ?? fileURLToPath(new URL("../../../data/alipay", import.meta.url));
  const file = `${folder}/${name}`;
  if (!existsSync(file)) throw new Error(`${file} is missing: set MATCHA_ALIPAY_VECTORS to the folder of the vectors`);
  return JSON.parse(readFileSync(file, "utf8"));
}

/**
 * A merchant and its gateway for one test: `t` closes them. `exec` calls by the SDK with the signature of the answer
 * checked; `control` acts; `notices` are what came in, and `answer` is what is said to them.
 */
export async function shop(t, config = {}, sdkConfig = {}) {
  const simulator = new Simulator({
    clock_start: START, app_public_key: APP.public, private_key: ALIPAY.private, aes_key: AES_KEY, ...config,
  });
  const base = await simulator.listen();
  const merchant = {
    simulator, base, notices: [], answer: "success",
    sdk: new AlipaySdk({
      appId: simulator.config.app_id, privateKey: APP.private, keyType: "PKCS8", alipayPublicKey: ALIPAY.public,
      gateway: `${base}/gateway.do`, encryptKey: AES_KEY, camelcase: false, ...sdkConfig,
    }),
    now: () => text(simulator.world.now()),
  };
  const inbox = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const raw = Buffer.concat(parts);
    const charset = /charset=(\S+)/.exec(request.headers["content-type"])[1];
    const fields = Object.fromEntries(readForm(raw, charset));
    const good = merchant.sdk.checkNotifySignV2(fields);
    const notice = { path: request.url, raw, fields, good, charset };
    merchant.notices.push(notice);
    const said = typeof merchant.answer === "function" ? await merchant.answer(notice) : merchant.answer;
    response.writeHead(said.status ?? 200, said.headers ?? {}).end(said.body ?? said);
  }).listen(0, "127.0.0.1");
  await once(inbox, "listening");
  const home = `http://127.0.0.1:${inbox.address().port}`;
  t.after(async () => {
    await simulator.close();
    inbox.closeAllConnections();
    inbox.close();
  });

  const call = (method, path, said) => fetch(`${base}/control${path}`, { method, body: said && JSON.stringify(said) });
  const good = async answer => {
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${answer.status}: ${body.error}`);
    return body;
  };
  return Object.assign(merchant, {
    home,
    notifyUrl: `${home}/notify?tenant=7`,
    /** The node of a call's answer, whose signature the SDK has verified. */
    exec: async (method, bizContent, params = {}) =>
      merchant.sdk.exec(method, { timestamp: merchant.now(), notifyUrl: `${home}/notify?tenant=7`, ...params, bizContent }, { validateSign: true }),
    /** The address, or with "POST" the form, of a page. */
    page: (method, how, bizContent, params = {}) =>
      merchant.sdk.pageExec(method, how, { timestamp: merchant.now(), notifyUrl: `${home}/notify?tenant=7`, returnUrl: `${home}/return?o=1`, ...params, bizContent }),
    control: async (path, said = {}) => good(await call("POST", path, said)),
    look: async path => good(await call("GET", path)),
    refused: async (path, said = {}) => {
      const answer = await call("POST", path, said);
      return { status: answer.status, ...(await answer.json()) };
    },
    /** Sets a fault. */
    fault: (target, kind, options = {}) => simulator.faults.add({ target, kind, ...options }),
    idle: () => simulator.idle(),
    /** Precreated and paid: the number. */
    sold: async (out_trade_no, total_amount = "10.00") => {
      await merchant.exec("alipay.trade.precreate", { out_trade_no, total_amount, subject: "会员 1个月" });
      await merchant.control("/pay", { out_trade_no });
      return out_trade_no;
    },
    /** A signed agreement: its number. */
    signed: async (external_agreement_no = "sub0001A", terms = {}) => {
      const { page, agreement } = merchant;
      await fetch(page("alipay.user.agreement.page.sign", "GET", agreement(external_agreement_no, terms)), { redirect: "manual" });
      return (await merchant.control("/agreement/sign", { external_agreement_no })).agreement_no;
    },
    /** The terms of an agreement. */
    agreement: (external_agreement_no, { rule = {}, ...more } = {}) => ({
      personal_product_code: "CYCLE_PAY_AUTH_P", product_code: "CYCLE_PAY_AUTH", sign_scene: "INDUSTRY|DIGITAL_MEDIA",
      external_agreement_no, external_logon_id: "user-42", access_params: { channel: "QRCODE" },
      period_rule_params: { period_type: "MONTH", period: "1", execute_time: "2026-02-03", single_amount: "28.00", ...rule }, ...more,
    }),
    charge: (agreement_no, out_trade_no, total_amount = "28.00") =>
      merchant.exec("alipay.trade.pay", {
        out_trade_no, total_amount, subject: "会员续费", product_code: "CYCLE_PAY_AUTH", agreement_params: { agreement_no },
      }),
  });
}
