// hexo-matcha: marks the paid parts of posts for `matcha seal`, or puts the lock itself. Thin: no key, no cipher, no
// request. `hexo` is the global that Hexo gives to its plugins.
/* global hexo */
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const { ofSite, price, slug } = require("./lib/options");
const { close, open } = require("./lib/parts");
const { sell } = require("./lib/post");

/** After the filters of other plugins, so that what they make of a paid part (maths, lazy images) is in it. */
const LATE = 2000;

let known;
const config = () => (known ??= ofSite(hexo.config.matcha, hexo.config.language));

// {% matcha slug price [title…] %} Markdown {% endmatcha %}
hexo.extend.tag.register("matcha", async function ([name, yuan, ...title], content) {
  const where = this.source ?? "{% matcha %}";
  const part = { slug: slug(name, where), price: price(yuan, where), title: title.join(" ") };
  const html = await hexo.render.render({ text: content, engine: "markdown" });
  return `${open(part)}\n${html}\n${close}`;
}, { ends: true, async: true });

hexo.extend.filter.register("after_post_render", data => {
  // Without settings a blog sells nothing, and must not publish what it meant to sell.
  if (!hexo.config.matcha && data.matcha === undefined && !/matcha:paid/.test(data.content)) return data;
  for (const part of sell(data, config())) {
    if (part.lock !== "hosted") continue;
    // The server keeps the text of a hosted product: here it is for `matcha product add --html`.
    const folder = path.resolve(hexo.base_dir, config().parts);
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, `${part.slug}.html`), part.html);
  }
  return data;
}, LATE);

if (hexo.config.matcha) {
  const { script, integrity } = config();
  const sealed = integrity ? ` integrity="${integrity}" crossorigin="anonymous"` : "";
  hexo.extend.injector.register("head_end", `<script async src="${script}"${sealed}></script>`);
}

// `hexo deploy` publishes no folder that `matcha seal` has not been through.
hexo.on("deployBefore", () => {
  if (!hexo.config.matcha) return;
  for (const file of fs.readdirSync(hexo.public_dir, { recursive: true })) {
    if (!/\.(html?|xml|json|txt|md)$/i.test(file)) continue;
    const text = fs.readFileSync(path.join(hexo.public_dir, file), "utf8");
    if (/data-matcha-paid=["']?[A-Za-z0-9]|<!--\s*matcha:paid/.test(text)) {
      throw new Error(`${file} still shows a paid part: run "matcha seal public" before "hexo deploy"`);
    }
  }
});
