// Builds static/dist from the modules beside this file: `npm ci && npm run build`. The products are committed, so that
// the server builds without Node; `npm run check` fails where they are not what the sources make.
//
// Two parts. embed.js is what every reader loads; keep.js is what few need, loaded by the first from beside itself.
// Names that begin with an underscore are shortened, alike in both.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";

const HERE = new URL(".", import.meta.url), DIST = new URL("../dist/", HERE);
const FIRST_MAX = 6144; // bytes, gzipped: the promise of docs/embed.md
const BROWSERS = ["chrome80", "firefox113", "safari16.4"];

let names = {};

const bundle = async (entry, define) => {
  const looks = {
    name: "looks",
    setup: ({ onLoad }) => onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const made = await build({ entryPoints: [path], write: false, minify: true, target: BROWSERS });
      return { contents: made.outputFiles[0].text.trim(), loader: "text" };
    }),
  };
  // { read: ["展开", "Read"], … } becomes a number for each word and one text for each language.
  const words = {
    name: "words",
    setup: ({ onLoad }) => onLoad({ filter: /words\.js$/ }, async ({ path }) => {
      const { default: table } = await import(path);
      const numbers = Object.keys(table).map((word, at) => `export const ${word} = ${at};`);
      const texts = [0, 1].map(at => Object.values(table).map(both => both[at]).join("|"));
      return { contents: `${numbers.join("\n")}\nexport const TEXTS = ${JSON.stringify(texts)}.map(text => text.split("|"));` };
    }),
  };
  const made = await build({
    absWorkingDir: HERE.pathname, entryPoints: [entry], plugins: [looks, words], bundle: true, write: false, format: "iife", charset: "utf8", target: "es2022",
    mangleProps: /^_/, mangleQuoted: true, mangleCache: names, define, legalComments: "none",
  });
  names = made.mangleCache;
  const small = await minify(made.outputFiles[0].text, {
    ecma: 2020, toplevel: true,
    compress: { passes: 4, unsafe_arrows: true, unsafe_methods: true, pure_getters: true, keep_fargs: false },
    mangle: true, format: { ascii_only: false },
  });
  return `${small.code}\n`;
};

const hash = (kind, text, as) => createHash(kind).update(text).digest(as);
const first = (file, integrity) => bundle("main.js", { KEEP_FILE: JSON.stringify(file), KEEP_HASH: JSON.stringify(integrity) });

await first("", ""); // gives the names to both
const keep = await bundle("more/main.js", {});
const file = `keep.${hash("sha256", keep, "hex").slice(0, 16)}.js`;
const products = { "embed.js": await first(file, `sha256-${hash("sha256", keep, "base64")}`), "keep.js": keep };

let stale = false;
mkdirSync(DIST, { recursive: true });
for (const [name, text] of Object.entries(products)) {
  const at = new URL(name, DIST), size = gzipSync(text, { level: 9 }).length;
  console.log(`${name}: ${Buffer.byteLength(text)} bytes, ${size} gzipped`);
  if (process.argv.includes("--check")) {
    let committed = "";
    try { committed = readFileSync(at, "utf8"); } catch { /* said below */ }
    if (committed !== text) {
      console.error(`static/dist/${name} is not what the sources make: npm run build`);
      stale = true;
    }
  } else writeFileSync(at, text);
  if (name === "embed.js" && size > FIRST_MAX) {
    console.error(`embed.js may have ${FIRST_MAX} bytes`);
    stale = true;
  }
}
if (stale) process.exit(1);
