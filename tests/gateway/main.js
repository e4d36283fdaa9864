// Runs the simulator as a program: one line of JSON when it listens, its end when its standard input closes.
//
//   node main.js [--port N] [--config FILE | --config -]
//
// `--config -` reads the configuration from the first line of standard input.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

import { text } from "./lib/clock.js";
import { Simulator } from "./lib/server.js";

const { values } = parseArgs({ options: { port: { type: "string", default: "0" }, config: { type: "string" } } });
const lines = createInterface({ input: process.stdin });
lines.on("close", () => process.exit(0));

/** The configuration's text; nothing for a gateway that makes its own keys. */
async function configuration() {
  if (values.config === undefined) return "{}";
  if (values.config !== "-") return readFileSync(values.config, "utf8");
  return new Promise(resolve => lines.once("line", resolve));
}

try {
  const simulator = new Simulator(JSON.parse(await configuration()));
  const { world, config } = simulator;
  const listening = await simulator.listen(Number(values.port));
  const ready = {
    listening, gateway: `${listening}/gateway.do`, control: `${listening}/control`, wallet: `${listening}/wallet`,
    app_id: config.app_id, seller_id: config.seller_id, now: text(world.now()),
    alipay_public_key: world.seal.alipayPublicKey,
    // Only where the configuration gave none: a pair made for this run, for a demo.
    app_private_key: world.seal.appPrivateKey,
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
} catch (error) {
  process.stderr.write(`gateway: ${error.message}\n`);
  process.exit(1);
}
