"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");

const { blog } = require("./blog");

const SHOP = { site: "blog", server: "https://pay.example/" };
const post = (front, text) => `---\ntitle: 水 & 火\ndate: 2026-01-02\n${front}\n---\n${text}\n`;
const paid = (html, slug) => {
  const [, inside] = new RegExp(`<div data-matcha-paid="${slug}"[^>]*>([\\s\\S]*?)</div>`).exec(html) ?? [];
  return inside;
};
const fails = (text, message, shop = SHOP) => assert.rejects(blog({ a: text }, shop), message);

test("front matter sells what stands behind more, and only there is the text", async () => {
  const text = post("matcha: {slug: water, price: 1.00}", "free words\n\n<!-- more -->\n\nsecret **words**\n\n```js\nlet tea = 1;\n```");
  await blog({ a: text }, SHOP, ({ page, read }) => {
    const html = page("a");
    assert.match(html, /<div data-matcha-paid="water" data-matcha-price="1.00" data-matcha-title="水 &amp; 火">/);
    const [article, more] = html.split("<div id=more>");
    assert.match(paid(article, "water"), /secret <strong>words<\/strong>[\s\S]*<figure class="highlight js">/);
    assert.match(paid(more, "water"), /secret/, "page.more is marked too");
    assert.doesNotMatch(html.split('<div id=article>')[0], /secret/, "no description of it");
    assert.match(read("public/index.html"), /free words/);
    assert.doesNotMatch(read("public/index.html"), /secret/);
    assert.match(read("public/atom.xml"), /free words/);
    assert.doesNotMatch(read("public/atom.xml"), /secret/);
    assert.equal(html.match(/<span id="more">/g).length, 1, "themes link to the cut");
  });
});

test("a picture of a paid part is not shown to those who share the post", async () => {
  const text = post("matcha: {slug: water, price: 1.00}", "free\n\n<!-- more -->\n\nsecret ![leaf](/leaf.png)");
  await blog({ a: text }, SHOP, ({ page }) => {
    assert.doesNotMatch(page("a").split("<div id=article>")[0], /leaf/);
    assert.match(paid(page("a"), "water"), /<img\s+src="\/leaf.png"/);
  });
});

test("the tag sells what it stands around, with Markdown, code and tags in it", async () => {
  const text = post("", "free\n\n{% matcha water 0.5 三种 水 %}\nsecret **words**\n\n{% codeblock lang:js %}\nlet tea = 2;\n{% endcodeblock %}\n\n```py\ntea = 3\n```\n{% endmatcha %}\n\nfree again");
  await blog({ a: text }, SHOP, ({ page }) => {
    const html = page("a");
    assert.match(html, /data-matcha-price="0.50" data-matcha-title="三种 水"/);
    const inside = paid(html.split("<div id=more>")[0], "water");
    assert.match(inside, /<strong>words<\/strong>[\s\S]*tea = [\s\S]*tea = /);
    assert.doesNotMatch(html, /free again[\s\S]*<\/div><div id=more>[\s\S]*secret[\s\S]*free again[\s\S]*secret/);
  });
});

test("two parts of one post are two products", async () => {
  const part = name => `{% matcha ${name} 1 %}\nsecret of ${name}\n{% endmatcha %}`;
  await blog({ a: post("", `free\n\n${part("one")}\n\nbetween\n\n${part("two")}`) }, SHOP, ({ page, read }) => {
    assert.match(paid(page("a"), "one"), /secret of one/);
    assert.match(paid(page("a"), "two"), /secret of two/);
    assert.doesNotMatch(read("public/index.html"), /secret|between/, "the excerpt ends where the first begins");
  });
});

test("excerpt and description keep nothing paid, wherever more stands", async () => {
  const texts = {
    within: "{% matcha water 1 %}\nsecret one\n\n<!-- more -->\n\nsecret two\n{% endmatcha %}",
    behind: "free\n\n{% matcha water 1 %}\nsecret\n{% endmatcha %}\n\n<!-- more -->\n\nrest",
    nowhere: "free\n\n{% matcha water 1 %}\nsecret\n{% endmatcha %}",
    first: "{% matcha water 1 %}\nsecret\n{% endmatcha %}",
  };
  for (const [name, text] of Object.entries(texts)) {
    await blog({ a: post("", text) }, SHOP, ({ page, read }) => {
      const outside = page("a").replace(/<div data-matcha-paid[\s\S]*?<\/div>/g, "");
      assert.doesNotMatch(outside, /secret/, name);
      assert.doesNotMatch(read("public/atom.xml"), /secret/, name);
      const index = read("public/index.html").replace(/<div data-matcha-paid[\s\S]*?<\/div>/g, "");
      assert.doesNotMatch(index, /secret/, name);
    });
  }
});

test("the author's own cut and the author's own excerpt win", async () => {
  const own = post("matcha: {slug: water, price: 1.00}", "free\n\n<!--matcha-->\n\nsecret\n\n<!-- more -->\n\nmore secret");
  await blog({ a: own }, SHOP, ({ page }) => {
    assert.match(paid(page("a"), "water"), /secret[\s\S]*more secret/);
    assert.doesNotMatch(page("a"), /<!--\s*matcha\s*-->|id="more"/);
  });
  const said = post("excerpt: 我的摘要\nmatcha: {slug: water, price: 1.00}", "free\n\n<!-- more -->\n\nsecret");
  await blog({ a: said }, SHOP, ({ page, read }) => {
    assert.match(paid(page("a"), "water"), /secret/);
    assert.match(read("public/index.html"), /我的摘要/);
    assert.doesNotMatch(read("public/index.html"), /secret/);
  });
});

test("a category gives prices, a post can be free all the same", async () => {
  const shop = { ...SHOP, categories: { 茶课: { price: 2 } } };
  const sold = post("categories: [茶课]", "free\n\n<!-- more -->\n\nsecret");
  const gift = post("categories: [茶课]\nmatcha: false", "free\n\n<!-- more -->\n\na gift");
  const dear = post("categories: [茶课]\nmatcha: 9.9", "free\n\n<!-- more -->\n\nsecret");
  await blog({ sold, gift, dear }, shop, ({ page }) => {
    assert.match(page("sold"), /data-matcha-paid="sold" data-matcha-price="2.00"/);
    assert.match(page("dear"), /data-matcha-paid="dear" data-matcha-price="9.90"/);
    assert.doesNotMatch(page("gift"), /data-matcha-paid/);
  });
});

test("markers that an author writes by hand are taken as they are", async () => {
  const text = post("", "free\n\n<!--matcha:paid water 1.00-->\n\nsecret\n\n<!--/matcha:paid-->\n\nfree again");
  await blog({ a: text }, SHOP, ({ page }) => {
    assert.match(paid(page("a"), "water"), /secret/);
    assert.doesNotMatch(page("a"), /matcha:paid/);
  });
});

test("hosted drops the text from the blog and lays it aside for the server", async () => {
  const text = post("matcha: {slug: water, price: 1.00}", "free\n\n<!-- more -->\n\nsecret");
  await blog({ a: text }, { ...SHOP, lock: "hosted" }, ({ folder, page, read }) => {
    assert.match(page("a"), /<matcha-lock site="blog" product="water" server="https:\/\/pay.example"><a [^>]*href="https:\/\/pay.example\/a\/blog\/water">展开阅读全文 · ¥1.00<\/a><\/matcha-lock>/);
    for (const file of fs.readdirSync(path.join(folder, "public"), { recursive: true })) {
      if (!/\./.test(file)) continue;
      assert.doesNotMatch(read(`public/${file}`), /secret/, file);
    }
    assert.match(read(".matcha/parts/water.html"), /<p>secret<\/p>/);
  });
});

test("reveal leaves the text in the page, hidden behind the element", async () => {
  const text = post("matcha: {slug: water, price: 1.00, lock: reveal, label: 打开}", "free\n\n<!-- more -->\n\nnot so secret");
  await blog({ a: text }, SHOP, ({ page }) => {
    assert.match(page("a"), /<a [^>]*>打开 · ¥1.00<\/a><\/matcha-lock><div class="matcha-reveal" data-matcha-reveal="water" hidden>[\s\S]*not so secret/);
  });
});

test("the words of the link are the owner's, the post's or the language's", async () => {
  const text = front => post(front, "free\n\n<!-- more -->\n\nsecret");
  const posts = { a: text("matcha: {slug: a, price: 1}"), b: text("matcha: {slug: b, price: 1, label: 打开}") };
  const labels = ({ page }) => ["a", "b"].map(name => /data-matcha-label="([^"]*)"/.exec(page(name))?.[1]);
  assert.deepEqual(await blog(posts, SHOP, labels), [undefined, "打开"]);
  assert.deepEqual(await blog(posts, SHOP, labels, { language: "en" }), ["Read on", "打开"]);
  assert.deepEqual(await blog(posts, { ...SHOP, label: "继续" }, labels), ["继续", "打开"]);
});

test("the script is in the head once, from the server or from the blog", async () => {
  await blog({ a: post("", "free") }, SHOP, ({ page }) => {
    assert.equal(page("a").match(/<script async src="https:\/\/pay.example\/v1\/embed.js"><\/script>/g).length, 1);
  });
  await blog({ a: post("", "free") }, { ...SHOP, script: "/matcha/embed.js", integrity: "sha384-x" }, ({ page }) => {
    assert.match(page("a"), /<script async src="\/matcha\/embed.js" integrity="sha384-x" crossorigin="anonymous"><\/script>/);
  });
});

test("a build that cannot say what is free fails and names the post", async () => {
  await fails(post("matcha: {slug: water, price: 1.00}", "all of it"), /a\.md: it has a price, but nothing says where the free part ends/);
  await fails(post("matcha: {slug: water, price: 1.00}", "<div>free\n\n<!-- more -->\n\nsecret</div>"), /a\.md: the paid part water has a <div> too many/);
  await fails(post("", "<!--matcha:paid water 1-->\n\nsecret"), /the paid part water never ends/);
  await fails(post("matcha: {slug: 水, price: 1.00}", "free\n\n<!-- more -->\n\nsecret"), /a slug is 1 to 100 letters/);
  await fails(post("matcha: {slug: water, price: 1.005}", "free\n\n<!-- more -->\n\nsecret"), /a price is yuan above zero with at most two decimals/);
  await fails(post("matcha: {slug: water, lock: open}", "free\n\n<!-- more -->\n\nsecret"), /lock is one of/);
  await fails(post("matcha: {slug: water, price: 1.00}", "free\n\n<!-- more -->\n\nsecret"), /matcha\.server/, null);
});

test("hexo deploy publishes no text that was not sealed", async () => {
  const text = post("matcha: {slug: water, price: 1.00}", "free\n\n<!-- more -->\n\nsecret");
  await blog({ a: text }, SHOP, ({ hexo, folder, page }) => {
    assert.throws(() => hexo.emit("deployBefore"), /still shows a paid part: run "matcha seal public"/);
    const sealed = page("a").replaceAll("data-matcha-paid", "data-nothing");
    fs.writeFileSync(path.join(folder, "public/a/index.html"), sealed);
    hexo.emit("deployBefore");
  });
});

test("a blog without the settings is left as it was", async () => {
  await blog({ a: post("", "free\n\n<!-- more -->\n\nrest") }, undefined, ({ page }) => {
    assert.doesNotMatch(page("a"), /matcha/);
  });
});
