import { defineConfig } from "vitepress";
import { withMatcha } from "matcha-vitepress";

const shop = {
  site: "vitepress-example",
  server: "https://pay.example",
  parts: "../../target/examples/vitepress-parts",
};

export default withMatcha(shop, defineConfig({
  lang: "zh-CN",
  title: "茶叶笔记",
  description: "一片叶子能泡几次。How often a leaf can be steeped.",
  outDir: "../../target/examples/vitepress",
  cacheDir: "../../target/examples/vitepress-cache",
  cleanUrls: false,
  themeConfig: {
    nav: [{ text: "笔记 Notes", link: "/notes/first-steep" }],
    sidebar: [
      {
        text: "笔记 Notes",
        items: [
          { text: "第一泡 · The first steep", link: "/notes/first-steep" },
          { text: "第三泡 · The third steep", link: "/notes/third-steep" },
          { text: "茶渣 · Spent leaves", link: "/notes/spent-leaves" },
        ],
      },
    ],
    search: { provider: "local" },
    outline: { level: [2, 3] },
  },
}));
