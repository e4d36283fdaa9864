// The shortcode in throw-away sites, built by the Hugo of this machine.
"use strict";

const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { test } = require("node:test");

const LAYOUTS = {
  "_default/single.html": '<head>{{ partial "matcha/script.html" . }}</head>{{ .TableOfContents }}<main>{{ .Content }}</main>',
  "index.html": "{{ range site.RegularPages }}{{ .Summary }}{{ end }}",
};
const SHOP = '[params.matcha]\nsite = "blog"\nserver = "https://pay.example/"\n';

/** Builds a site of one post and gives `look` the page, the home page and what Hugo said. */
function hugo(text, { shop = SHOP, options = [] }, look) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hugo-matcha-"));
  const write = (name, content) => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), content);
  };
  try {
    fs.mkdirSync(path.join(folder, "themes"));
    fs.symlinkSync(path.resolve(__dirname, ".."), path.join(folder, "themes/matcha"));
    const kinds = 'disableKinds = ["taxonomy", "term", "section", "sitemap"]';
    write("hugo.toml", `baseURL = "https://blog.example/"\ntheme = ["matcha"]\n${kinds}\n${shop}`);
    for (const [name, layout] of Object.entries(LAYOUTS)) write(`layouts/${name}`, layout);
    write("content/posts/tea.md", `---\ntitle: Tea "&" fire\n---\n${text}\n`);
    const run = spawnSync("hugo", ["--source", folder, ...options], { encoding: "utf8" });
    if (run.error) throw new Error(`hugo did not start (${run.error.message}): run ./test blogs, or apt-get install hugo`);
    const read = name => fs.readFileSync(path.join(folder, "public", name), "utf8");
    look({ failed: run.status !== 0, said: run.stdout + run.stderr, page: () => read("posts/tea/index.html"), read });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const PAID = 'free words\n\n<!--more-->\n\n{{< matcha slug="water" price="1" >}}\n## Hidden\n\nsecret **words**\n\n```\n<b>\n\nx\n```\n{{< /matcha >}}\n\nfree again';

test("the shortcode marks its rendered Markdown, and neither contents nor summary have it", () => {
  hugo(PAID, {}, ({ failed, said, page, read }) => {
    assert.ok(!failed && !/WARN/.test(said), said);
    assert.match(page(), /<div data-matcha-paid="water" data-matcha-price="1.00" data-matcha-title="Tea &#34;&amp;&#34; fire" data-matcha-label="Read on">/);
    assert.match(page(), /secret <strong>words<\/strong>[\s\S]*&lt;b&gt;[\s\S]*<\/div>\s*<p>free again/);
    assert.doesNotMatch(page().split("<main>")[0], /Hidden/);
    assert.match(read("index.html"), /free words/);
    assert.doesNotMatch(read("index.html"), /secret|Hidden/);
    assert.match(page(), /<script async src="https:\/\/pay.example\/v1\/embed.js"><\/script>/);
  });
});

test("the mark survives --minify", () => {
  hugo(PAID, { options: ["--minify"] }, ({ page }) => {
    assert.match(page(), /<div data-matcha-paid=water data-matcha-price=1.00 .*secret <strong>words<\/strong>.*<\/div><p>free again/s);
  });
});

test("a summary that would show the paid part is warned about", () => {
  hugo('free\n\n{{< matcha "water" 0.5 >}}secret{{< /matcha >}}', {}, ({ failed, said, page }) => {
    assert.match(said, /WARN.*tea\.md:6:1.*put <!--more--> in front of the paid part/);
    assert.ok(!failed && /data-matcha-price="0.50"/.test(page()));
  });
});

test("hosted drops the text, reveal hides it behind the element", () => {
  const element = /<matcha-lock site="blog" product="water" server="https:\/\/pay.example"><a href="https:\/\/pay.example\/a\/blog\/water">Read on · ¥1.00<\/a><\/matcha-lock>/;
  const hosted = `${SHOP}lock = "hosted"\nscript = "/js/embed.js"\nintegrity = "sha384-x"\n`;
  hugo(PAID, { shop: hosted }, ({ page }) => {
    assert.match(page(), element);
    assert.doesNotMatch(page(), /secret/);
    assert.match(page(), /<script async src="\/js\/embed.js" integrity="sha384-x" crossorigin="anonymous">/);
  });
  hugo(PAID, { shop: `${SHOP}lock = "reveal"\n` }, ({ page }) => {
    assert.match(page(), element);
    assert.match(page(), /<div class="matcha-reveal" data-matcha-reveal="water" hidden>[\s\S]*secret/);
  });
});

test("what cannot be sold right fails the build and says where", () => {
  const fails = (text, message, shop) => hugo(text, { shop }, ({ failed, said }) => {
    assert.ok(failed, text);
    assert.match(said, message);
  });
  fails("{{% matcha slug=\"water\" %}}\nsecret\n\nsecret\n{{% /matcha %}}", /tea\.md:4:1.*write {{< matcha >}} and not {{% matcha %}}/);
  fails('{{< matcha slug="水" >}}secret{{< /matcha >}}', /tea\.md:4:1.*wants a slug/);
  fails('{{< matcha slug="water" price="1.005" >}}secret{{< /matcha >}}', /tea\.md:4:1.*a price is yuan/);
  fails('{{< matcha slug="water" lock="open" >}}secret{{< /matcha >}}', /lock is one of/);
  fails('{{< matcha slug="water" >}}secret{{< /matcha >}}', /set params\.matcha\.server/, "");
});
