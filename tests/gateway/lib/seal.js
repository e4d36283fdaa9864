// Keys, signatures, certificates. The only file that knows Alipay's SDK, and the only one that touches a key.
//
// The SDK is made for the merchant's side of the wire. Here its roles are swapped: its "private key" is the gateway's,
// its "Alipay public key" is the application's, so that what a merchant signed is verified by Alipay's own code.
// Three helpers are not exported by the package and are taken from its files: `signatureV3` (RSA-SHA256 over a text),
// the AES pair and `getSN`. The version is pinned, and the tests fail where they move. Node's crypto does what the SDK
// cannot: texts in GBK (it signs UTF-8 only), RSA with SHA-1 (`signatureV3` is SHA-256 only), making a pair of keys, and
// turning whatever form a key comes in into the one that the SDK reads.

import { createPrivateKey, createPublicKey, createSign, createVerify, generateKeyPairSync } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { AlipaySdk } from "alipay-sdk";

import { canonical, codec, encode } from "./wire.js";

const require = createRequire(import.meta.url);
const inside = dirname(require.resolve("alipay-sdk"));
const { signatureV3, aesEncryptText, aesDecryptText } = require(join(inside, "util.js"));
const { getSN, loadPublicKey } = require(join(inside, "antcertutil.js"));

const HASH = { RSA2: "RSA-SHA256", RSA: "RSA-SHA1" };

const bare = said => Buffer.from(String(said).replace(/-----[^-]+-----|\s+|\\n/g, ""), "base64");
const first = (what, ways) => {
  for (const way of ways) {
    try {
      return way();
    } catch {
      // The next form.
    }
  }
  throw new Error(`the ${what} is no RSA key in PEM or base64`);
};

/** A private key in any usual form. */
function privateKey(said, what) {
  const key = bare(said);
  return first(what, ["pkcs8", "pkcs1"].map(type => () => createPrivateKey({ key, format: "der", type })));
}

/** A public key in any usual form. */
function publicKey(said, what) {
  const key = bare(said);
  return first(what, ["spki", "pkcs1"].map(type => () => createPublicKey({ key, format: "der", type })));
}

const oneLine = (key, type) => key.export({ type, format: "der" }).toString("base64");

/** One pair that signs as Alipay, with its certificate if there is one. */
class Hand {
  constructor(secret, what, certificate) {
    this.private = secret ? privateKey(secret, what) : generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    this.pem = this.private.export({ type: "pkcs8", format: "pem" });
    this.public = oneLine(createPublicKey(this.private), "spki");
    this.certificate = certificate;
    this.sn = certificate && getSN(certificate, false);
    if (certificate && loadPublicKey(certificate) !== this.public) throw new Error(`the ${what} is not its certificate's`);
  }
}

export class Seal {
  #sdk;
  #application;
  #hand;
  #next;
  #other;
  /** It signs with the pair that was the next one at first. */
  rotated = false;

  /** `config` as in config.js, checked. */
  constructor(config) {
    const { certificates } = config;
    this.signType = config.sign_type;
    this.aesKey = config.aes_key;
    this.#hand = new Hand(config.private_key, "private_key", certificates?.alipay);
    this.#next = config.next_private_key && new Hand(config.next_private_key, "next_private_key", certificates?.next);
    const said = config.app_public_key ?? (certificates && loadPublicKey(certificates.app));
    if (!said) this.made = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.#application = said ? publicKey(said, "app_public_key") : this.made.publicKey;
    if (certificates) {
      this.appCertSn = getSN(certificates.app, false);
      this.rootCertSn = getSN(certificates.root, true);
    }
    this.#sdk = new AlipaySdk({
      appId: config.app_id,
      privateKey: oneLine(this.#hand.private, "pkcs8"),
      keyType: "PKCS8",
      alipayPublicKey: oneLine(this.#application, "spki"),
      signType: this.signType,
      encryptKey: this.aesKey,
    });
  }

  /** The key that merchants call Alipay's, bare. */
  get alipayPublicKey() {
    return this.#hand.public;
  }

  /** The application's private key, where the gateway had to make one. */
  get appPrivateKey() {
    return this.made && oneLine(this.made.privateKey, "pkcs8");
  }

  /** The serial that answers carry in certificate mode. */
  get certSn() {
    return this.#hand.sn;
  }

  /** The PEM of the certificate with that serial, if it is one of ours. */
  certificate(sn) {
    return [this.#hand, this.#next].find(hand => hand?.sn && hand.sn === sn)?.certificate;
  }

  /** From now on signs with the next pair. */
  rotate() {
    if (!this.#next) throw new Error("there is no next pair: configure next_private_key");
    [this.#hand, this.#next] = [this.#next, this.#hand];
    this.rotated = !this.rotated;
  }

  /**
   * Whether the application signed these parameters, and the text that they make. Both the text built here and the one
   * that the SDK builds by itself must carry the signature.
   */
  check(params, charset) {
    const { sign, ...rest } = params;
    // What has no value is sent by some and signed by none.
    const signed = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== ""));
    const text = canonical(signed);
    if (codec(charset) !== "utf8") {
      const verify = createVerify(HASH[this.signType]).update(encode(text, charset));
      return { text, good: verify.verify(this.#application, sign, "base64") };
    }
    const good = this.#sdk.rsaCheck(text, sign, this.signType) && this.#sdk.checkNotifySignV2({ ...signed, sign });
    return { text, good };
  }

  /** The signature of a text that goes out; `fault` spoils it. */
  sign(text, charset = "utf-8", fault) {
    if (fault === "other_key") this.#other ??= new Hand(undefined, "other key");
    const hand = fault === "other_key" ? this.#other : this.#hand;
    const plain = this.signType === "RSA2" && codec(charset) === "utf8";
    const sign = plain
      ? signatureV3(text, hand.pem)
      : createSign(HASH[this.signType]).update(encode(text, charset)).sign(hand.private, "base64");
    return fault === "bad_signature" ? spoil(sign) : sign;
  }

  encrypt(text) {
    return aesEncryptText(text, this.aesKey);
  }

  /** The plain text; undefined for what was not encrypted with our key. */
  decrypt(text) {
    try {
      return aesDecryptText(text, this.aesKey) || undefined;
    } catch {
      return undefined;
    }
  }
}

/** Another signature of the same shape. */
function spoil(sign) {
  const bytes = Buffer.from(sign, "base64");
  bytes[bytes.length >> 1] ^= 1;
  return bytes.toString("base64");
}
