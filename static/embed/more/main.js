// The second part: comfort in the dialog, and what few readers ever need. The first part calls a function of this table
// for each view that it has drawn and each error that it has shown, by name; without this part the sale works all the same.
//
// Knows the element's underscored members, which both parts shorten alike. Refuses to know how an order is kept: that
// is the first part's.

import looks from "./looks.css";
import { choice, expired, noFreeAmount, order } from "./sale.js";
import { brought, owned, restore, tooManySeats } from "./rights.js";
import { proofOfWork } from "./work.js";
import { at } from "./tools.js";

const LOOKS = new CSSStyleSheet();
LOOKS.replaceSync(looks);

const views = {
  choice, order, expired, restore, owned, brought,
  no_free_amount: noFreeAmount, too_many_seats: tooManySeats, proof_of_work: proofOfWork,
};

const dress = ({ shadowRoot: root }) => {
  if (!root.adoptedStyleSheets.includes(LOOKS)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, LOOKS];
};

const complete = draw => lock => {
  dress(lock);
  draw(at(lock));
};

// Also the views that this part adds nothing to, such as an error that comes first.
addEventListener("matcha:open", event => dress(event.target), true);
document.querySelectorAll("matcha-lock").forEach(lock => lock.shadowRoot && dress(lock));

document.currentScript._rare = Object.fromEntries(Object.entries(views).map(([name, draw]) => [name, complete(draw)]));
