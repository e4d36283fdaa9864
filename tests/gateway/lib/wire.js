// Bytes on the wire: forms, charsets, JSON and HTML as Alipay writes them. Knows no keys and no rules.

import iconv from "iconv-lite";

const CHARSETS = { "utf-8": "utf8", utf8: "utf8", gbk: "gbk", gb2312: "gbk", gb18030: "gb18030" };

/** The codec of a charset's name; undefined for one that the gateway does not take. */
export const codec = name => CHARSETS[String(name).toLowerCase()];

export const encode = (said, charset) => iconv.encode(said, codec(charset));
export const decode = (bytes, charset) => iconv.decode(bytes, codec(charset));

/** The pairs of a form or query, each decoded once; what is no text in `charset` becomes U+FFFD and fails to verify. */
export function readForm(bytes, charset) {
  const pairs = Buffer.from(bytes).toString("latin1").split("&").filter(Boolean);
  return pairs.map(pair => {
    const cut = pair.indexOf("=") < 0 ? pair.length : pair.indexOf("=");
    return [pair.slice(0, cut), pair.slice(cut + 1)].map(part => decode(unescape_(part), charset));
  });
}

function unescape_(part) {
  const plain = part.replaceAll("+", " ");
  return Buffer.from(plain.replace(/%([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), "latin1");
}

/** A form as Java's URLEncoder writes it: space as `+`, everything but letters, digits and `-_.*` as %XX. */
export function writeForm(pairs, charset) {
  const part = said => Array.from(encode(said, charset), byte => {
    const sign = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.*]/.test(sign)) return sign;
    return sign === " " ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
  return pairs.map(([name, value]) => `${part(name)}=${part(value)}`).join("&");
}

/** JSON with `/` as `\/`, which the signature then covers. */
export const json = value => JSON.stringify(value).replaceAll("/", "\\/");

/** Text for HTML, within elements and within attributes. */
export function html(said) {
  const names = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return String(said).replace(/[&<>"']/g, sign => names[sign]);
}

/** Only what has a value; undefined says that a field is not there. */
export const told = fields => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** The text of a signature: `name=value` by name in byte order, joined with `&`, values raw. */
export function canonical(params) {
  const inBytes = (one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other));
  return Object.keys(params).sort(inBytes).map(name => `${name}=${params[name]}`).join("&");
}
