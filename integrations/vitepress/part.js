// A paid part as a file, and the element with the token that `matcha seal` replaces. Knows the wire; refuses to know
// markdown-it.
import { createHash } from "node:crypto";

const SLUG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const PRICE = /^(\d{1,9})(?:\.(\d{1,2}))?$/;

const escape = text =>
  String(text).replace(/[&<>"]/g, sign => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
const attributes = pairs =>
  Object.entries(pairs).filter(([, value]) => value).map(([name, value]) => ` ${name}="${escape(value)}"`).join("");

/** Refuses what the server would refuse, while the page can still be named. */
export function checked(part, where) {
  const said = PRICE.exec(part.price ?? "");
  if (!SLUG.test(part.slug ?? "")) {
    throw new Error(`${where}: "::: paid slug price title": a slug is 1 to 100 letters, digits, "-", "_" or ".", ` +
      `and begins with a letter or digit: ${part.slug ?? ""}`);
  }
  if (part.price && !(said && Number(part.price) > 0)) {
    throw new Error(`${where}: a price is yuan above zero with at most two decimals: ${part.price}`);
  }
  return { ...part, price: said ? `${said[1]}.${(said[2] ?? "").padEnd(2, "0")}` : undefined };
}

/** The part as it will stand in the reader's page: not compiled by Vue, below the site's base. */
export function settled(html, base, where) {
  const still = html.replace(/(<(?:pre|code|span|div)\b[^>]*?) v-pre(?:="")?(?=[\s>])/g, "$1");
  return still.replace(/(<(?:img|video|audio|source)\b[^>]*?\ssrc=")([^"]*)(")/g, (all, before, address, after) => {
    if (/^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(address)) return all;
    if (address.startsWith("/")) return `${before}${base.replace(/\/$/, "")}${address}${after}`;
    throw new Error(`${where}: ${address} is in a paid part: put it into public/ and write its path from there, as /leaf.png`);
  });
}

/** What stands for a part's sealed text until `matcha seal` knows it. */
export function token(slug, html) {
  return `matcha-part:${slug}:${createHash("sha256").update(html).digest("hex").slice(0, 16)}`;
}

/** The element with the link that works without any script; the text is in it only where it is a token. */
export function element(part, { site, server, label }, sealed) {
  const words = part.price ? `${label} · ¥${part.price}` : label;
  const about = { "data-matcha-price": part.price, "data-matcha-title": part.title };
  // The class is what the page's structured data names.
  const lock = attributes({ class: "matcha-lock", site, product: part.slug, server, sealed, ...(sealed ? about : {}) });
  return `<matcha-lock${lock}><a href="${escape(`${server}/a/${site}/${part.slug}`)}">${escape(words)}</a></matcha-lock>`;
}

/** HTML that Vue puts there as it is and never looks into again: the element changes what is around it by itself. */
export function untouched(html) {
  const sign = one => `\\x${one.charCodeAt(0).toString(16).padStart(2, "0")}`;
  const text = html.replace(/[\\"'<>&`]/g, sign).replace(/\r?\n/g, "\\n");
  return `<div class="matcha-part" v-html="'${text}'"></div>\n`;
}
