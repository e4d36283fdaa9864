import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { AlipaySdk } from "alipay-sdk";

import "./support/merchant.js";

const main = fileURLToPath(new URL("../main.js", import.meta.url));

/** The program, and the first line it prints. */
async function start(t, args, input = "") {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill());
  child.stdin.write(input);
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  return { child, ready: JSON.parse(line) };
}

test("the program says where it listens, makes its own keys, serves, and ends with its input", async t => {
  const { child, ready } = await start(t, []);
  assert.match(ready.listening, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(ready.control, `${ready.listening}/control`);
  const sdk = new AlipaySdk({
    appId: ready.app_id, privateKey: ready.app_private_key, keyType: "PKCS8", alipayPublicKey: ready.alipay_public_key, gateway: ready.gateway,
  });
  const answer = await sdk.exec("alipay.trade.query", { bizContent: { out_trade_no: "P1" } }, { validateSign: true });
  assert.equal(answer.subCode, "ACQ.TRADE_NOT_EXIST");
  child.stdin.end();
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("the configuration comes from a file, or from the first line of the input", async t => {
  const config = JSON.stringify({ app_id: "2021000000000001", clock_start: "2026-01-02 15:04:05" });
  const folder = mkdtempSync(join(tmpdir(), "gateway-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "config.json"), config);
  const started = await Promise.all([start(t, ["--config", join(folder, "config.json")]), start(t, ["--config", "-"], `${config}\n`)]);
  for (const { child, ready } of started) {
    assert.deepEqual([ready.app_id, ready.now], ["2021000000000001", "2026-01-02 15:04:05"]);
    child.stdin.end();
    await once(child, "exit");
  }
});

const WRONG = [
  ["{\"colour\":1}", /colour is unknown/],
  ["{\"clock_start\":\"noon\"}", /clock_start is like/],
  ["{\"private_key\":\"xyz\"}", /private_key is no RSA key/],
  ["{\"settings\":{\"notices\":\"later\"}}", /notices cannot be "later"/],
  ["{", /JSON/],
];
for (const [config, words] of WRONG) {
  test(`the configuration ${config} is refused in words`, async t => {
    const child = spawn(process.execPath, [main, "--config", "-"], { stdio: ["pipe", "ignore", "pipe"] });
    t.after(() => child.kill());
    child.stdin.write(`${config}\n`);
    let said = "";
    child.stderr.on("data", part => (said += part));
    const [code] = await once(child, "close");
    assert.equal(code, 1);
    assert.match(said, words);
  });
}

test("a clock that runs delivers what is due without being told", async t => {
  const { createServer } = await import("node:http");
  const { Simulator } = await import("../lib/server.js");
  const simulator = new Simulator({ clock_runs: true, clock_start: "2026-01-02 15:04:05" });
  await simulator.listen();
  const inbox = createServer((request, response) => response.end("success")).listen(0, "127.0.0.1");
  await once(inbox, "listening");
  t.after(async () => {
    await simulator.close();
    inbox.close();
  });
  const came = once(inbox, "request");
  simulator.world.notices.send("trade", `http://127.0.0.1:${inbox.address().port}/`, "utf-8", { notify_type: "trade_status_sync" });
  await came;
});
