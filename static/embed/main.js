// <matcha-lock site="blog" product="slug">: sells a product where it stands and opens it once it is paid.
//
// Knows the reader contract. Refuses to know the blog: no global, no element but its own, every string goes in as text;
// only the bought article is HTML. Without this script the link inside the element leads to the same sale.

import { ATTRIBUTES, begin } from "./lock.js";

if (!customElements.get("matcha-lock")) {
  customElements.define("matcha-lock", class extends HTMLElement {
    static observedAttributes = ATTRIBUTES;
    connectedCallback() { this.refresh(); }
    disconnectedCallback() { this._end(); }
    attributeChangedCallback() { if (this._end && this.isConnected) this.refresh(); }
    refresh() {
      this._end?.();
      begin(this);
    }
  });
}
