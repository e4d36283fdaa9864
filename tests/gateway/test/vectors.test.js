// Every request of requests.json, which five SDKs signed, is put to the gateway as it was sent.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inner } from "../lib/gateway.js";
import { Simulator } from "../lib/server.js";
import { writeForm } from "../lib/wire.js";
import { vectors } from "./support/merchant.js";

const keys = vectors("keys.json");
const { certificates: certs } = vectors("certs.json");
const { vectors: requests } = vectors("requests.json");

/** Query and body of a request as its SDK sent it: over HTTP, as an address, as a form, or as an order string. */
function sent({ http, url, form_as_browser_reads_it: form, order_string }) {
  if (http) return [inner(http.url), http.body ?? ""];
  if (url) return [inner(url), ""];
  if (form) return [inner(form.action), writeForm(form.fields, "utf-8")];
  return [order_string, ""];
}

const simulator = (timestamp, certificates) => new Simulator({
  app_id: keys.app_id, seller_id: keys.seller_id, aes_key: keys.aes_key, app_public_key: keys.app.public.spki_bare,
  private_key: keys.alipay.private.pkcs1_bare, clock_start: timestamp,
  ...(certificates && { certificates: { root: certs.root_bundle_pem, app: certs.app_cert_pem, alipay: certs.alipay_cert_pem } }),
});

for (const { name, cert_mode, encrypted, signed_by } of requests) {
  test(`${name}: what ${signed_by.length} SDKs signed is accepted where it is what was sent`, () => {
    for (const entry of signed_by) {
      const { gateway } = simulator(entry.params.timestamp, cert_mode);
      const call = gateway.read(...sent(entry).map(part => Buffer.from(part, "utf8")));
      const refused = call.refused?.node.sub_code;
      if (entry.signature_matches_transmitted_params) {
        assert.equal(refused, undefined, `${entry.made_with}: ${call.refused?.node.sub_msg}`);
        assert.equal(call.signedText, entry.canonical, entry.made_with);
        assert.equal(call.encrypted ?? false, encrypted);
      } else {
        assert.equal(refused, "isv.invalid-signature", entry.made_with);
      }
    }
  });
}

test("with one letter of the signature changed, none is accepted", () => {
  for (const { cert_mode, signed_by } of requests) {
    const [entry] = signed_by;
    const { gateway } = simulator(entry.params.timestamp, cert_mode);
    const [query, body] = sent(entry).map(part => part.replace(/(\bsign=.)(.)/, (_, kept, letter) => kept + (letter === "A" ? "B" : "A")));
    assert.equal(gateway.read(Buffer.from(query), Buffer.from(body)).refused?.node.sub_code, "isv.invalid-signature");
  }
});
