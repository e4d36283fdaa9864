// matcha-vitepress: keeps the paid parts of pages out of everything VitePress builds. Thin: no key, no cipher, no
// request; `matcha seal --parts` does the rest.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { paidContainer } from "./container.js";
import { checked, element, settled, token, untouched } from "./part.js";

const LOCKS = ["sealed", "hosted", "reveal"];

function resolved(options, config) {
  const server = String(options.server ?? "").replace(/\/+$/, "");
  if (!options.site || !/^https?:\/\/[^/]/.test(server)) {
    throw new Error("matcha: say your site's slug and the address of Matcha: { site: 'blog', server: 'https://pay.example' }");
  }
  const lock = options.lock ?? "sealed";
  if (!LOCKS.includes(lock)) throw new Error(`matcha: lock is one of ${LOCKS.join(", ")}`);
  const base = config.base ?? "/";
  const script = options.script ?? `${server}/v1/embed.js`;
  const label = /^zh/i.test(config.lang ?? "en") ? "展开阅读全文" : "Read on";
  return {
    label, ...options, base, lock, server,
    script: script.startsWith("/") && !script.startsWith("//") ? base.replace(/\/$/, "") + script : script,
    parts: path.resolve(options.parts ?? ".matcha/parts"),
  };
}

/**
 * Files for the parts, one a slug. Two texts under one slug would be one product with two texts.
 *
 * A page is rendered more than once (client, server, search), and not always to the same: the highlighter gives up on a
 * line that takes it too long, so a slow machine colours the same code differently. What tells two texts apart is their
 * source; of one source the first rendering stands.
 */
function shelf(folder) {
  const known = new Map();
  return {
    empty: () => rmSync(folder, { recursive: true, force: true }),
    put(slug, { source, html }, where) {
      const before = known.get(slug);
      if (before?.source === source) return before.html;
      if (before) {
        throw new Error(`${where}: the paid part ${slug} is also in ${before.where}, with another text: each needs a slug of its own`);
      }
      known.set(slug, { source, html, where });
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, `${slug}.html`), html);
      return html;
    },
  };
}

/** A VitePress configuration with paid parts: `export default withMatcha({ site, server }, defineConfig({ … }))`. */
export function withMatcha(options, config) {
  const settings = resolved(options, config);
  const parts = shelf(settings.parts);
  // Anything but a development server hides the text: who forgets to seal publishes a lock and not the text.
  let developing = false;

  const sell = (raw, env) => {
    const where = env.relativePath ?? env.path ?? "a page";
    const part = checked(raw, where);
    if (developing) return `<div class="matcha-preview" data-slug="${part.slug}">\n${raw.html}</div>\n`;
    const html = settled(part.html, settings.base, where);
    if (settings.lock === "reveal") {
      const hidden = `<div class="matcha-reveal" data-matcha-reveal="${part.slug}" hidden>${html}</div>`;
      return untouched(element(part, settings) + hidden);
    }
    const kept = parts.put(part.slug, { source: part.source, html }, where);
    return untouched(element(part, settings, settings.lock === "sealed" ? token(part.slug, kept) : undefined));
  };

  const { markdown = {}, vite = {}, vue = {}, head = [] } = config;
  const compilerOptions = vue.template?.compilerOptions ?? {};
  const plugin = {
    name: "matcha",
    enforce: "pre",
    config(_, { command }) {
      developing = command === "serve";
      // VitePress starts two builds, and the search reads every page before either begins.
      if (command === "build" && !plugin.begun) {
        plugin.begun = true;
        parts.empty();
      }
    },
  };
  return {
    ...config,
    head: [...head, ["script", { async: "", src: settings.script, ...integrity(settings) }]],
    markdown: {
      ...markdown,
      config: md => {
        markdown.config?.(md);
        paidContainer(md, sell);
      },
    },
    vite: { ...vite, plugins: [plugin, ...(vite.plugins ?? [])] },
    vue: {
      ...vue,
      template: {
        ...vue.template,
        compilerOptions: {
          ...compilerOptions,
          isCustomElement: tag => tag === "matcha-lock" || (compilerOptions.isCustomElement?.(tag) ?? false),
        },
      },
    },
  };
}

function integrity({ integrity: hash }) {
  return hash ? { integrity: hash, crossorigin: "anonymous" } : {};
}
