// A rendered post, split into what is free and what is paid. Knows Matcha's markers; refuses to know Hexo and prices.
"use strict";

const OPEN = /<!--\s*matcha:paid\s+([^\s>]+?)(?:\s+([^\s>]+?))?(?:\s+([^\s>]+?))?\s*-->/;
const CLOSE = /<!--\s*\/matcha:paid\s*-->/;
/** Where an author cuts a post in two, if not at Hexo's own place. */
const CUT = /<!--\s*matcha\s*-->/;
/** What Hexo leaves of `<!-- more -->` where it made the excerpt itself. */
const MADE = /<(?:span|a) id="more"><\/(?:span|a)>/;
const MORE = new RegExp(`${MADE.source}|<!-- ?more ?-->`, "i");
const ANY = new RegExp(`${OPEN.source}|${CLOSE.source}`, "g");

const escape = text =>
  String(text).replace(/[&<>"]/g, sign => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);

/** The marker in front of a paid part. */
function open({ slug, price, title }) {
  // The third word is of this package alone: it carries the title from the tag to the filter.
  return `<!--matcha:paid ${[slug, price ?? "-", title && encodeURIComponent(title)].filter(Boolean).join(" ")}-->`;
}

const close = "<!--/matcha:paid-->";

/** Pieces in their order: `{html}` is free, `{html, slug, price?, title?}` is paid. */
function split(content) {
  const pieces = [];
  let from = 0;
  let paid;
  for (const marker of content.matchAll(ANY)) {
    const html = content.slice(from, marker.index);
    const opens = marker[1] !== undefined;
    if (opens === Boolean(paid)) {
      throw new Error(opens ? `a paid part begins within the paid part ${paid.slug}` : "a paid part ends that never began");
    }
    if (opens) {
      pieces.push({ html });
      const [, slug, price, title] = marker;
      paid = { slug, price: price === "-" ? undefined : price, title: title && decodeURIComponent(title) };
    } else {
      pieces.push({ ...paid, html: html.replace(MORE, "") });
      paid = undefined;
    }
    from = marker.index + marker[0].length;
  }
  if (paid) throw new Error(`the paid part ${paid.slug} never ends: ${close} is missing`);
  pieces.push({ html: content.slice(from) });
  return pieces;
}

/** Pieces of a post whose front matter sells what stands behind the cut; nothing where there is no cut. */
function cut(content, product) {
  const place = CUT.exec(content) ?? MORE.exec(content);
  if (!place) return undefined;
  const behind = place.index + place[0].length;
  // Hexo's own place stays where it is: themes link to it.
  const free = content.slice(0, place[0].startsWith("<!--") ? place.index : behind);
  return [{ html: free }, { ...product, html: content.slice(behind).replace(CUT, "").replace(MORE, "") }];
}

/** A part that closes elements it did not open, or the other way round, would end somewhere else than it says. */
function balanced(html) {
  let depth = 0;
  for (const tag of html.matchAll(/<(\/?)div\b[^>]*>/gi)) {
    depth += tag[1] ? -1 : 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

module.exports = { balanced, close, cut, escape, MADE, MORE, open, OPEN, split };
