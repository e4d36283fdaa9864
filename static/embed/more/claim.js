// "I have paid": for a payment that opened nothing. The owner checks it, and this page opens when he has.

import * as words from "./words.js";
import { h } from "../tools.js";
import { line } from "./tools.js";

const ASK_MS = 2e4;
const watched = new WeakSet(); // what is asked about already

export const claimButton = view => view.button(view.t(words.paid), () => claim(view), "bare");

// The time as an input of the kind datetime-local wants it: the reader's own, to the minute.
const localTime = date => new Date(date - date.getTimezoneOffset() * 6e4).toISOString().slice(0, 16);

export const claim = (view, wrong = "") => {
  const { lock, own, t, button, card, site, product } = view, order = own.now || own.past[0];
  if (own.claim?.id) return waiting(view);
  const field = (label, markup, value = "") => h("label", {}, label, h(`input required ${markup}`, { value }));
  const form = h("form", {},
    field(t(words.amount), "name=amount inputmode=decimal pattern=[0-9]+([.][0-9]{1,2})? autocomplete=off", order?.amount || lock._facts?.price),
    field(t(words.when), "name=when type=datetime-local", localTime(order?.created_at ? new Date(order.created_at) : new Date())),
    field(t(words.digits), "name=digits inputmode=numeric pattern=[0-9]{4,8} autocomplete=off"),
    h("p class=must role=alert", {}, wrong),
    h("button class=go", {}, t(words.send)));
  form.onsubmit = async event => {
    event.preventDefault();
    const { amount, when, digits } = form.elements;
    try {
      const { id, token } = await lock._call("claims", 0, {
        site, product, order: order?.id, order_token: order?.token,
        amount: amount.value, paid_at: new Date(when.value).toISOString(), receipt_digits: digits.value,
      });
      own.claim = { id, token };
      lock._save();
      card.querySelector(".answer")?.remove();
      waiting(view);
      watchClaim(view);
    } catch (error) {
      form.querySelector(".must").textContent = lock._told(error);
    }
  };
  lock._show("claim", t(words.claim), line(t(words.claimHow)), button(t(words.useCode), () => lock._type()), form);
};

// The owner's answer stands on the card until the next claim.
const answered = ({ own, t, card }) => card.append(line(t(words.refused, own.claim.answer), "\"must answer\""));

const waiting = ({ lock, t }) => lock._show("claimed", t(words.waiting));

// Asked while the page is open, and at once when the reader comes back.
export const watchClaim = view => {
  const { lock, own, t, dialog, product } = view;
  if (watched.has(own)) return;
  watched.add(own);
  if (own.claim.answer) return answered(view);
  let timer;
  const ask = async () => {
    clearTimeout(timer);
    if (!own.claim || lock._own !== own || lock._done || !lock.isConnected) {
      watched.delete(own);
      return removeEventListener("visibilitychange", ask);
    }
    if (document.hidden) return;
    try {
      const { status, answer, unlock } = await lock._call(`claims/${own.claim.id}`, own.claim.token);
      if (unlock) {
        own.claim = 0;
        lock._keep(product, unlock);
        return lock._enter(product, 1);
      }
      if (status === "refused") {
        own.claim = { answer: answer || "…" };
        lock._save();
        if (dialog.open) lock._show("refused", t(words.refused, own.claim.answer), claimButton(view));
        return answered(view);
      }
    } catch (error) {
      if (error.status === 401 || error.status === 404) own.claim = 0;
    }
    timer = setTimeout(ask, ASK_MS);
  };
  addEventListener("visibilitychange", ask);
  ask();
};
