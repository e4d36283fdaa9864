// What an owner may say in _config.yml and in a post, checked. Knows words and prices; refuses to know Hexo and HTML.
"use strict";

const LOCKS = ["sealed", "hosted", "reveal"];
const SLUG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** The slug of a product, or an error that says what one is. */
function slug(value, where) {
  if (!SLUG.test(String(value ?? ""))) {
    throw new Error(`${where}: a slug is 1 to 100 letters, digits, "-", "_" or ".", and begins with a letter or ` +
      `digit: ${JSON.stringify(value ?? "")}. Write one: matcha: {slug: my-post, price: 1.00}`);
  }
  return String(value);
}

/** A price in yuan with two decimals; undefined where none was given, so that the server's holds. */
function price(value, where) {
  if (value === undefined || value === null || value === "") return undefined;
  const said = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(String(value));
  if (!said || Number(value) === 0) {
    throw new Error(`${where}: a price is yuan above zero with at most two decimals, as 1.00: ${JSON.stringify(value)}`);
  }
  return `${said[1]}.${(said[2] ?? "").padEnd(2, "0")}`;
}

function lock(value, where) {
  if (!LOCKS.includes(value)) throw new Error(`${where}: lock is one of ${LOCKS.join(", ")}: ${JSON.stringify(value)}`);
  return value;
}

/** `matcha:` of _config.yml with its defaults; `language` is the blog's. */
function ofSite(raw = {}, language) {
  const where = "_config.yml: matcha";
  const speaksChinese = /^zh/i.test([language].flat()[0] ?? "");
  const server = String(raw.server ?? "").replace(/\/+$/, "");
  if (!/^https?:\/\/[^/]/.test(server)) throw new Error(`${where}.server: the address of Matcha, as https://pay.example`);
  return {
    site: slug(raw.site, `${where}.site`),
    server,
    script: raw.script ?? `${server}/v1/embed.js`,
    integrity: raw.integrity,
    lock: lock(raw.lock ?? "sealed", where),
    // What `matcha seal` writes by itself, a marker need not say.
    label: raw.label ?? (speaksChinese ? undefined : "Read on"),
    parts: raw.parts ?? ".matcha/parts",
    categories: raw.categories ?? {},
  };
}

/** What a post says, over what its categories say: `{slug, price, title, lock, label}`, or nothing if it is free. */
function ofPost(data, options) {
  if (data.matcha === false) return undefined;
  const names = data.categories?.toArray ? data.categories.toArray().map(category => category.name) : [];
  const category = names.map(name => options.categories[name]).find(Boolean);
  const own = typeof data.matcha === "object" && data.matcha ? data.matcha : {};
  // `matcha: 1.00` is a price and nothing else.
  const short = ["number", "string"].includes(typeof data.matcha) ? { price: data.matcha } : {};
  if (!category && data.matcha === undefined) return undefined;
  return { ...category, ...short, ...own };
}

module.exports = { lock, ofPost, ofSite, price, slug };
