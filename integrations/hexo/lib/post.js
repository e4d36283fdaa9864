// What a post becomes: markers for `matcha seal`, or the element itself. Refuses to know Hexo's registry and files.
"use strict";

const options = require("./options");
const parts = require("./parts");

const { escape } = parts;
const attributes = pairs =>
  Object.entries(pairs).filter(([, value]) => value !== undefined).map(([name, value]) => ` ${name}="${escape(value)}"`).join("");

/** The element with the link that works without any script. */
function element(part, config) {
  const { site, server } = config;
  const words = [part.label ?? "展开阅读全文", part.price && `¥${part.price}`].filter(Boolean).join(" · ");
  const link = `${server}/a/${site}/${part.slug}`;
  return `<matcha-lock${attributes({ site, product: part.slug, server })}><a href="${escape(link)}">${escape(words)}</a></matcha-lock>`;
}

function render(part, config) {
  if (part.slug === undefined) return part.html;
  const shown = element(part, config);
  if (part.lock === "hosted") return shown;
  if (part.lock === "reveal") {
    return `${shown}<div class="matcha-reveal"${attributes({ "data-matcha-reveal": part.slug })} hidden>${part.html}</div>`;
  }
  // Hexo's open_graph() and many themes look for "<img " to show a post's first picture to everybody.
  const html = part.html.replace(/<img /g, "<img\n");
  // An element and not a comment, because minifiers strip comments and would publish what they stood around.
  return `<div${attributes({
    "data-matcha-paid": part.slug,
    "data-matcha-price": part.price,
    "data-matcha-title": part.title,
    "data-matcha-label": part.label,
  })}>${html}</div>`;
}

/** Each paid piece with all it needs, checked. */
function checked(pieces, post, data, config) {
  return pieces.map(piece => {
    if (piece.slug === undefined) return piece;
    const where = data.source ?? data.title ?? "a post";
    if (!parts.balanced(piece.html)) {
      throw new Error(`${where}: the paid part ${piece.slug} has a <div> too many or too few; move the cut out of it`);
    }
    return {
      ...piece,
      slug: options.slug(piece.slug, where),
      price: options.price(piece.price ?? post?.price, where),
      title: piece.title ?? post?.title ?? data.title,
      lock: options.lock(post?.lock ?? config.lock, where),
      label: post?.label ?? config.label,
    };
  });
}

function piecesOf(data, post) {
  const marked = parts.split(data.content);
  if (marked.length > 1 || !post) return marked;
  const pieces = parts.cut(data.content, { slug: post.slug ?? data.slug });
  if (pieces) return pieces;
  throw new Error(`${data.source ?? data.title}: it has a price, but nothing says where the free part ends: ` +
    "put <!-- more --> or <!--matcha--> there, or matcha: false into its front matter");
}

/** Changes a rendered post in place and returns its paid parts. Excerpt and description keep nothing that is paid. */
function sell(data, config) {
  const post = options.ofPost(data, config);
  if (!post && !parts.OPEN.test(data.content)) return [];
  const pieces = checked(piecesOf(data, post), post, data, config);
  const paid = pieces.filter(piece => piece.slug !== undefined);
  const content = pieces.map(piece => render(piece, config)).join("");
  const free = pieces.map(piece => (piece.slug === undefined ? piece.html : "")).join("");
  const authors = data.excerpt && !parts.MADE.test(data.content) && !parts.OPEN.test(data.excerpt);
  data.content = content;
  if (authors) {
    data.more = content;
  } else if (parts.MORE.test(free)) {
    data.excerpt = free.split(parts.MORE)[0].trim();
    data.more = content.slice(content.search(parts.MORE)).replace(parts.MORE, "").trim();
  } else {
    data.excerpt = pieces[0].html.trim();
    data.more = content.slice(pieces[0].html.length).trim();
  }
  // Without any free words themes and feeds would fall back to the text itself.
  if (!data.excerpt.replace(/<[^>]*>/g, "").trim() && !data.description) data.description = data.title;
  return paid;
}

module.exports = { sell };
