/* Change a working order: price and total lots, checked before it is sent, refused with the reason in the same window. */
import { byId } from "../dom.js";
import { plain } from "../format.js";
import { t } from "../words.js";
import { orderWords } from "./describe.js";
import { replaceOrder } from "./desk.js";
import { priceProblem } from "./draft.js";
import { state } from "./state.js";
import { refusalAdvice, refusalSentence } from "./terms.js";

let order = null;
let before = null;

export function buildChange() {
  byId("change-form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  byId("change-order").addEventListener("close", () => before?.focus?.());
}

export function changeOrder(chosen) {
  order = chosen;
  before = document.activeElement;
  const instrument = state.instruments.get(order.symbol);
  byId("change-what").textContent = orderWords(order);
  const price = shownPrice(order);
  byId("change-price-label").textContent = changesTrigger(order) ? t("New trigger price") : t("New price");
  byId("change-price").value = price ? instrument.price(instrument.units(price)) : "";
  byId("change-qty").value = String(order.qty);
  byId("change-band").textContent = instrument.lower ? t("Band %(low)s – %(high)s", { low: instrument.price(instrument.lower), high: instrument.price(instrument.upper) }) : "";
  byId("change-filled").textContent = t("%(n)s already filled", { n: order.filled_qty });
  say("");
  byId("change-order").showModal();
  byId("change-price").select();
}

/** What a change is about: the trigger of a stop that has no limit, else the limit. */
const changesTrigger = (chosen) => chosen.status === "held" && !chosen.limit_price;
const shownPrice = (chosen) => (changesTrigger(chosen) ? chosen.stop_price : chosen.limit_price);

function say(text) {
  const line = byId("change-error");
  line.hidden = !text;
  line.textContent = text;
}

async function submit() {
  const instrument = state.instruments.get(order.symbol);
  const units = instrument.parse(byId("change-price").value);
  const qty = Number(byId("change-qty").value.replace(/[,\s]/g, ""));
  const wrong = priceProblem(instrument, units);
  if (wrong) return say(wrong);
  if (!Number.isInteger(qty) || qty <= order.filled_qty) return say(t("Total lots must be a whole number above the %(n)s already filled.", { n: order.filled_qty }));
  const button = byId("change-yes");
  button.disabled = true;
  const price = plain(units, instrument.places);
  const answer = await replaceOrder(order, changesTrigger(order) ? { qty, stopPrice: price } : { qty, limitPrice: price });
  button.disabled = false;
  if (answer.ok) return byId("change-order").close();
  say(`${refusalSentence(answer.error.code, answer.error.figures)} ${refusalAdvice(answer.error.code)}`);
}
