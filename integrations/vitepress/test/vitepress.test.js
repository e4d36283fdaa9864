import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { withMatcha } from "../index.js";

const here = fileURLToPath(new URL("..", import.meta.url));
const installed = [here, path.resolve(here, "../../examples/vitepress")].find(folder =>
  existsSync(path.join(folder, "node_modules/vitepress")));
if (!installed) throw new Error("VitePress is not installed: run ./test blogs, or npm ci in examples/vitepress");
const modules = path.join(installed, "node_modules");
const { build, createMarkdownRenderer, disposeMdItInstance } = await import(
  pathToFileURL(path.join(modules, "vitepress/dist/node/index.js")));

const SHOP = { site: "docs", server: "https://pay.example/" };
const folder = mkdtempSync(path.join(tmpdir(), "matcha-vitepress-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const parts = path.join(folder, "parts");
const part = slug => readFileSync(path.join(parts, `${slug}.html`), "utf8");

/** Markdown as VitePress renders it, by a configuration of its own. */
async function rendered(text, options = {}, config = {}) {
  disposeMdItInstance();
  const { markdown } = withMatcha({ ...SHOP, parts, ...options }, config);
  const md = await createMarkdownRenderer(folder, { ...markdown, headers: true }, config.base);
  const env = { relativePath: "a.md", path: "a.md", cleanUrls: false };
  return { html: md.render(text, env), env };
}
const fails = (text, message) => assert.rejects(rendered(text), message);

test("a container becomes the element with a token, and its text a file", async () => {
  const { html, env } = await rendered("# Tea\n\nfree\n\n::: paid water 1 三种 水\n## Hidden heading\n\nsecret **words**\n:::\n\nfree again");
  const text = part("water");
  assert.match(text, /<h2 id="hidden-heading"[\s\S]*secret <strong>words<\/strong>/);
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  assert.match(html, new RegExp(`sealed=\\\\x22matcha-part:water:${hash}\\\\x22`));
  assert.match(html, /product=\\x22water\\x22 server=\\x22https:\/\/pay.example\\x22/);
  assert.match(html, /data-matcha-price=\\x221.00\\x22 data-matcha-title=\\x22三种 水\\x22/);
  const known = { ...env, content: "the source" };
  assert.doesNotMatch(html + JSON.stringify(known), /secret|[Hh]idden/, "neither in the page nor in what is known of it");
  assert.match(html, /free again/);
  assert.equal(env.title, "Tea");
});

test("containers, code and fences within the paid part do not end it", async () => {
  const text = [
    "::: paid water", "one", "::: tip", "two", ":::", "~~~md", ":::", "~~~", "- item", "  ::: details", "  three", "  :::",
    "```js", "::: paid x", "```", "secret", ":::", "free",
  ].join("\n");
  const { html } = await rendered(text);
  assert.match(part("water"), /one[\s\S]*tip custom-block[\s\S]*two[\s\S]*three[\s\S]*secret/);
  assert.doesNotMatch(html, /one|two|three|secret/);
  assert.match(html, /free/);
});

test("a part below a base names its images and links there, and is nothing for Vue", async () => {
  const text = "::: paid water 1.00\n![leaf](/leaf.png) [next](./b)\n\n```js\nlet tea = `{{ 1 }}`;\n```\n:::";
  await rendered(text, {}, { base: "/docs/" });
  assert.match(part("water"), /<img src="\/docs\/leaf.png"/);
  assert.match(part("water"), /<a href="\.\/b\.html">/);
  assert.doesNotMatch(part("water"), /v-pre/);
});

test("hosted has no token, reveal has the text in the page", async () => {
  const text = "::: paid water 1.00\nsecret\n:::";
  const hosted = await rendered(text, { lock: "hosted" });
  assert.doesNotMatch(hosted.html, /secret|sealed|matcha-part:/);
  assert.match(part("water"), /secret/, "laid aside for the server");
  const reveal = await rendered(text, { lock: "reveal" });
  assert.match(reveal.html, /data-matcha-reveal=\\x22water\\x22 hidden\\x3e\\x3cp\\x3esecret/);
});

test("one source is one text, however differently a slow highlighter colours it", async () => {
  disposeMdItInstance();
  let times = 0;
  const highlight = code => `<pre><code>${code.trim()}<!-- ${times += 1} --></code></pre>`;
  const { markdown } = withMatcha({ ...SHOP, parts }, { markdown: { highlight } });
  const md = await createMarkdownRenderer(folder, { ...markdown, headers: true });
  const text = "::: paid water 1.00\n```js\nlet tea;\n```\n:::";
  const env = () => ({ relativePath: "a.md", path: "a.md", cleanUrls: false });
  const [first, again] = [md.render(text, env()), md.render(text, env())];
  assert.equal(times, 2);
  assert.equal(first, again, "every rendering names the text that was laid aside");
  assert.match(part("water"), /<!-- 1 -->/);
});

test("what cannot be sold right is refused with the name of the page", async () => {
  await fails("::: paid water 1.00\nsecret", /::: paid water in a\.md never ends/);
  await fails("::: paid 水 1.00\nsecret\n:::", /a\.md: "::: paid slug price title": a slug is/);
  await fails("::: paid water 1.005\nsecret\n:::", /a\.md: a price is yuan/);
  await fails("::: paid water\n![leaf](./leaf.png)\n:::", /a\.md: \.\/leaf\.png is in a paid part: put it into public\//);
  await fails("::: paid water\none\n:::\n\n::: paid water\ntwo\n:::", /the paid part water is also in a\.md, with another text/);
  await fails(":::: paid water\n::: paid fire\none\n:::\n::::", /a paid part within a paid part/);
  await fails("::: paid water\n<script>alert(1)</script>\n:::", /<script> and <style> belong outside/);
  assert.throws(() => withMatcha({ site: "docs" }, {}), /the address of Matcha/);
  assert.throws(() => withMatcha({ ...SHOP, lock: "open" }, {}), /lock is one of/);
});

test("an owner's own settings stay beside ours", () => {
  const mine = { markdown: { config: md => md.mine = true, lineNumbers: true }, vite: { plugins: ["x"] }, head: [["meta", {}]] };
  const vue = { template: { compilerOptions: { isCustomElement: tag => tag === "my-tag" } } };
  const both = withMatcha({ ...SHOP, script: "/embed.js", integrity: "sha384-x" }, { base: "/docs/", ...mine, vue });
  const { isCustomElement } = both.vue.template.compilerOptions;
  assert.deepEqual(["matcha-lock", "my-tag", "other"].map(isCustomElement), [true, true, false]);
  assert.deepEqual(both.head[1], ["script", { async: "", src: "/docs/embed.js", integrity: "sha384-x", crossorigin: "anonymous" }]);
  assert.equal(both.markdown.lineNumbers, true);
  assert.equal(both.vite.plugins.length, 2);
});

test("nothing that VitePress builds has the text, and what is stale is gone", async () => {
  disposeMdItInstance();
  const root = path.join(folder, "site");
  mkdirSync(path.join(root, ".vitepress"), { recursive: true });
  mkdirSync(parts, { recursive: true });
  writeFileSync(path.join(parts, "old.html"), "old");
  symlinkSync(modules, path.join(root, "node_modules"));
  writeFileSync(path.join(root, "index.md"), "# Tea\n\nfree words\n\n::: paid water 1.00\n## Kept\n\nsecret words\n:::\n");
  const config = `import { withMatcha } from ${JSON.stringify(pathToFileURL(path.join(here, "index.js")).href)};
    export default withMatcha({ site: "docs", server: "https://pay.example", parts: ${JSON.stringify(parts)} },
      { title: "Docs", themeConfig: { search: { provider: "local" } } });`;
  writeFileSync(path.join(root, ".vitepress/config.mjs"), config);
  await build(root);
  const built = path.join(root, ".vitepress/dist");
  const texts = readdirSync(built, { recursive: true }).filter(name => /\.(html|js|json)$/.test(name))
    .map(name => [name, readFileSync(path.join(built, name), "utf8")]);
  for (const [name, text] of texts) assert.doesNotMatch(text, /secret|Kept/, name);
  const tokens = texts.filter(([, text]) => text.includes("matcha-part:water:")).map(([name]) => path.extname(name));
  assert.deepEqual([...new Set(tokens)].sort(), [".html", ".js"]);
  assert.match(texts.find(([name]) => name === "index.html")[1], /<script async(="")? src="https:\/\/pay.example\/v1\/embed.js">/);
  assert.ok(texts.some(([name, text]) => name.includes("localSearchIndex") && text.includes("free")));
  assert.deepEqual(readdirSync(parts), ["water.html"]);
});
