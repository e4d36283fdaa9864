// Small things that know nothing of selling: nodes, storage, chance.

// h("p class=dim", { onclick }, "text"): the markup is ours and constant; what comes from elsewhere goes in as text.
export const h = (markup, properties, ...kids) => {
  const template = document.createElement("template");
  template.innerHTML = `<${markup}>`;
  const node = Object.assign(template.content.firstChild, properties);
  node.append(...kids);
  return node;
};

// Storage may be blocked; then the page itself remembers, as long as it lives.
const memory = {};
export const recall = key => {
  try { return JSON.parse(localStorage[key]); } catch { return memory[key]; }
};
export const retain = (key, value) => {
  try { localStorage[key] = JSON.stringify(value); } catch { memory[key] = value; }
  return value;
};

// Nobody can guess it. (randomUUID exists only on https.)
export const chance = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))));
