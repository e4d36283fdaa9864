// `::: paid slug price title` … `:::` as Markdown. Knows markdown-it's tokens; refuses to know files and Vue.

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const COLONS = /^ *(:{3,})\s*(.*?)\s*$/;

/** The line that closes the container, or nothing. Containers and code inside have colons of their own. */
function closing(lines, from, least) {
  const inner = [];
  let fence;
  for (let at = from; at < lines.length; at++) {
    const ticks = FENCE.exec(lines[at])?.[1];
    if (fence) {
      const ends = ticks && ticks[0] === fence[0] && ticks.length >= fence.length && !lines[at].trim().slice(ticks.length);
      if (ends) fence = undefined;
      continue;
    }
    if (ticks) {
      fence = ticks;
      continue;
    }
    const [, colons, name] = COLONS.exec(lines[at]) ?? [];
    if (!colons) continue;
    if (name) inner.push(colons.length);
    else if (inner.length && colons.length >= inner.at(-1)) inner.pop();
    else if (!inner.length && colons.length >= least) return at;
  }
  return undefined;
}

/** Adds the container; `sell(part, env)` gets `{slug, price, title, source, html}` and returns what stands there instead. */
export function paidContainer(md, sell) {
  md.block.ruler.before("fence", "matcha_paid", (state, start, end, silent) => {
    const line = at => state.src.slice(state.bMarks[at] + state.tShift[at], state.eMarks[at]);
    const [, colons, words] = COLONS.exec(line(start)) ?? [];
    const [name, slug, price, ...title] = (words ?? "").split(/\s+/);
    if (name !== "paid") return false;
    if (silent) return true;
    const lines = Array.from({ length: end }, (_, at) => line(at));
    const close = closing(lines, start + 1, colons.length);
    // markdown-it would end it with the page; what was meant to be free would be sold, and nobody told.
    if (close === undefined) throw new Error(`::: paid ${slug ?? ""} in ${state.env.relativePath ?? "a page"} never ends`);
    const open = state.push("matcha_paid_open", "div", 1);
    open.block = true;
    open.meta = { slug, price, title: title.join(" "), source: state.getLines(start, close, 0, false) };
    const { parentType, lineMax } = state;
    Object.assign(state, { parentType: "matcha_paid", lineMax: close });
    state.md.block.tokenize(state, start + 1, close);
    Object.assign(state, { parentType, lineMax, line: close + 1 });
    state.push("matcha_paid_close", "div", -1).block = true;
    return true;
  }, { alt: ["paragraph", "reference", "blockquote", "list"] });

  // Last, so that what other plugins do to headings and links is done. The paid tokens leave the page here: nothing
  // that looks at the page later (its title, its outline, the search) ever sees them.
  md.core.ruler.push("matcha_paid", state => {
    for (let from = 0; from < state.tokens.length; from++) {
      const open = state.tokens[from];
      if (open.type !== "matcha_paid_open") continue;
      const length = state.tokens.slice(from).findIndex(token => token.type === "matcha_paid_close");
      const inner = state.tokens.slice(from + 1, from + length);
      if (inner.some(token => token.type === "matcha_paid_open")) {
        throw new Error(`::: paid ${open.meta.slug}: a paid part within a paid part`);
      }
      // What plugins note down while rendering (headings, scripts) goes into a notebook that is thrown away.
      const sfcBlocks = { scripts: [], styles: [], customBlocks: [] };
      const html = md.renderer.render(inner, md.options, { ...state.env, sfcBlocks });
      if (sfcBlocks.scripts.length + sfcBlocks.styles.length + (sfcBlocks.scriptSetup || sfcBlocks.script ? 1 : 0)) {
        throw new Error(`::: paid ${open.meta.slug}: <script> and <style> belong outside of a paid part`);
      }
      const token = new state.Token("html_block", "", 0);
      token.content = sell({ ...open.meta, html }, state.env);
      state.tokens.splice(from, length + 1, token);
    }
  });
}
