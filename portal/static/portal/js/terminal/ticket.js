/* The order ticket: fields, buttons that say exactly what they send, errors with the allowed range. */
import { byId, cellOf } from "../dom.js";
import { mark, paint } from "../frame.js";
import { t } from "../words.js";
import { ask } from "./ask.js";
import { sendOrder } from "./desk.js";
import { draftOrder, draftProblems, effectFor, guardMisses, impossible, otherLeg, possibleLegs, priceFor, ticket, unpriced, validity } from "./draft.js";
import { orderWords } from "./describe.js";
import { tariff } from "./facts.js";
import { warned } from "./outcome.js";
import { buildPreview, previewOf } from "./preview.js";
import { orderGate, state } from "./state.js";
import { effectWord, timeWord } from "./terms.js";

/* Most answers come within a few milliseconds; a spinner that flashes would only disturb. */
const BUSY_AFTER_MS = 200;

const FOLLOW_WORDS = { opposite: () => t("Opposite"), queue: () => t("Queue"), last: () => t("Last") };
const VERBS = {
  buy: { open: () => t("Buy to open"), close: () => t("Buy to close"), close_today: () => t("Buy to close today"), close_yesterday: () => t("Buy to close yest.") },
  sell: { open: () => t("Sell to open"), close: () => t("Sell to close"), close_today: () => t("Sell to close today"), close_yesterday: () => t("Sell to close yest.") },
};
const PRICES = [["stop", "trigger"], ["gain", "gain"], ["loss", "loss"]];
let sides;
let hints;

export function buildTicket() {
  sides = ["buy", "sell"].map((side) => ({ side, button: byId(side), words: cellOf(`${side}-words`), price: cellOf(`${side}-price`), thumb: cellOf(`thumb-${side}-price`), thumbButton: byId(`thumb-${side}`) }));
  hints = { qty: cellOf("qty-hint"), band: cellOf("band"), facts: cellOf("ticket-facts") };
  buildPreview();
  wireFields();
  wireButtons();
  paint("ticket", drawTicket);
  paint("ticket-prices", drawButtons);
  paint("ticket-words", drawButtons);
  paint("gate", drawButtons);
  paint("orders", drawLegs);
}

function wireFields() {
  const form = byId("ticket-form");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", ({ target }) => {
    if (target.name === "effect") ticket.effect = target.value;
    if (target.name === "tif") ticket.tif = target.value;
    if (target.name === "kind") ticket.kind = target.value;
    if (target.id === "stop-limit") ticket.stopLimit = target.checked;
    if (target.id === "trailing") ticket.trailing = target.checked;
    if (target.id === "other-leg") ticket.otherLeg = target.value || null;
    if (target.id === "till") ticket.till = target.value;
    if (target.id === "post-only") ticket.postOnly = target.checked;
    mark("ticket");
  });
  const price = byId("price");
  price.addEventListener("focus", () => price.select());
  price.addEventListener("input", () => {
    ticket.follow = null;
    ticket.units = state.instrument?.parse(price.value) ?? null;
    mark("ticket");
  });
  byId("qty").addEventListener("input", ({ target }) => takeQty(target.value));
  for (const [id, name] of PRICES) byId(id).addEventListener("input", ({ target }) => takePrice(name, target.value));
  byId("shown").addEventListener("input", ({ target }) => {
    ticket.shown = /^[1-9]\d*$/.test(target.value) ? Number(target.value) : null;
    mark("ticket");
  });
}

function wireButtons() {
  byId("ticket-form").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { step, lots, set, follow } = button.dataset;
    if (step) stepPrice(Number(step));
    if (lots) stepQty(Number(lots));
    if (set) setQty(set === "max" ? mostLots() : Number(set));
    if (follow) setFollow(follow);
  });
  for (const { side, button, thumbButton } of sides) {
    button.addEventListener("click", () => send(side, { ask: false }));
    thumbButton.addEventListener("click", () => send(side, { ask: !state.oneClick }));
  }
}

function takeQty(text) {
  ticket.qtyText = text;
  ticket.qty = /^\d+$/.test(text.replace(/[,\s]/g, "")) ? Number(text.replace(/[,\s]/g, "")) : NaN;
  mark("ticket");
}

/** An empty field asks for nothing; what cannot be read is told beside it. */
function takePrice(name, text) {
  ticket[name] = text.trim() ? (state.instrument?.parse(text) ?? NaN) : null;
  mark("ticket");
}

function setQty(qty) {
  byId("qty").value = String(qty);
  takeQty(String(qty));
}

export const stepQty = (by) => setQty(Math.max(1, (Number.isInteger(ticket.qty) ? ticket.qty : 0) + by));

/** Set a fixed price; the ladder, the chart and the keys come through here. */
export function setPrice(units) {
  // A level of the book is no distance.
  if (ticket.kind === "stop" && ticket.trailing) return;
  if (ticket.kind === "stop" && !ticket.stopLimit) {
    ticket.trigger = units;
    byId("stop").value = state.instrument.price(units);
    mark("ticket");
    return;
  }
  ticket.follow = null;
  ticket.units = units;
  if (ticket.kind === "market") chooseKind("limit");
  byId("price").value = state.instrument.price(units);
  mark("ticket");
}

function chooseKind(kind) {
  ticket.kind = kind;
  document.querySelector(`[name=kind][value=${kind}]`).checked = true;
}

export function stepPrice(by) {
  const { instrument } = state;
  if (!instrument) return;
  const from = ticket.follow ? priceFor(ticket.side ?? "buy") : ticket.units;
  if (from === null) return;
  const aligned = by > 0 ? Math.floor(from / instrument.tick) : Math.ceil(from / instrument.tick);
  setPrice(Math.min(instrument.upper ?? Infinity, Math.max(instrument.lower ?? instrument.tick, (aligned + by) * instrument.tick)));
}

function setFollow(follow) {
  ticket.follow = follow;
  if (ticket.kind === "market") chooseKind("limit");
  mark("ticket");
}

/** The most lots either intended side may send; the smaller of the two when no side was chosen yet. */
function mostLots() {
  const known = ["buy", "sell"].filter((side) => !ticket.side || side === ticket.side).map((side) => previewOf(side)?.max_qty).filter((n) => n > 0);
  return known.length ? Math.max(1, Math.min(...known)) : ticket.qty || 1;
}

function drawTicket() {
  const { instrument } = state;
  if (!instrument) return;
  const problems = draftProblems();
  const price = byId("price");
  const market = unpriced();
  price.disabled = market;
  for (const button of document.querySelectorAll("[data-step]")) button.disabled = market;
  const shown = market ? t("Market") : ticket.follow ? FOLLOW_WORDS[ticket.follow]() : null;
  if (shown !== null && document.activeElement !== price) price.value = shown;
  if (shown === null && document.activeElement !== price && ticket.units !== null) price.value = instrument.price(ticket.units);
  price.classList.toggle("word", shown !== null);
  for (const button of document.querySelectorAll("[data-follow]")) button.setAttribute("aria-pressed", String(!market && button.dataset.follow === ticket.follow));
  for (const radio of document.querySelectorAll("[name=tif]")) radio.disabled = ticket.kind === "market" || (ticket.kind === "stop" && ["ioc", "fok"].includes(radio.value));
  drawTerms(problems);
  showProblem("price", problems.price);
  showProblem("qty", problems.qty);
  const long = state.account?.closable(instrument.symbol, "long") ?? { today: 0, yesterday: 0 };
  const short = state.account?.closable(instrument.symbol, "short") ?? { today: 0, yesterday: 0 };
  const held = [[long, t("Long")], [short, t("Short")]].filter(([lots]) => lots.today + lots.yesterday).map(([lots, word]) => t("%(word)s %(n)s (yest. %(y)s / today %(d)s)", { word, n: lots.today + lots.yesterday, y: lots.yesterday, d: lots.today }));
  hints.qty.set(held.join(" · ") || t("Nothing to close"));
  hints.band.set(instrument.lower ? t("Band %(low)s – %(high)s", { low: instrument.price(instrument.lower), high: instrument.price(instrument.upper) }) : "");
  drawRoom();
  drawButtons();
}

/** The trigger of a stop; protection of what the order opens; how much of it is shown. */
function drawTerms(problems) {
  byId("stop-field").hidden = ticket.kind !== "stop";
  byId("stop-label").textContent = ticket.trailing ? t("Distance") : t("Trigger price");
  byId("stop-hint").textContent = ticket.trailing
    ? t("The trigger follows the best price at this distance and never moves back; a market order follows.")
    : t("Sent when the last price reaches it: a buy stop lies above the last price, a sell stop below.");
  byId("stop-limit").disabled = ticket.trailing;
  drawLegs();
  byId("till-field").hidden = validity() !== "gtd";
  byId("till").min = state.market.trading_day;
  showProblem("till", validity() === "gtd" ? problems.till : "");
  byId("more-terms").hidden = ticket.kind === "stop";
  for (const id of ["shown", "post-only"]) byId(id).disabled = ticket.kind !== "limit";
  showProblem("stop", ticket.trigger === null ? "" : problems.stop);
  const line = byId("guard-error");
  line.hidden = !problems.guard;
  line.textContent = problems.guard;
  const [buyMisses, sellMisses] = ["buy", "sell"].map(guardMisses);
  const only = buyMisses === sellMisses ? "" : buyMisses ? t("fits a sell only") : t("fits a buy only");
  const said = [ticket.gain !== null && t("take profit"), ticket.loss !== null && t("stop loss"), only, ticket.shown && t("shows %(n)s", { n: ticket.shown }), ticket.postOnly && t("rests only")].filter(Boolean).join(" · ");
  byId("more-said").textContent = said ? ` ${said}` : "";
}

/** The list is made anew only when the orders in it changed, so that it stays open under the hand. */
function drawLegs() {
  const legs = possibleLegs();
  const list = byId("other-leg");
  const known = legs.map((order) => `${order.client_order_id}:${orderWords(order)}`).join("|");
  byId("leg-field").hidden = !legs.length;
  if (list.dataset.known === known) return;
  list.dataset.known = known;
  const none = new Option(t("none"), "");
  list.replaceChildren(none, ...legs.map((order) => new Option(orderWords(order), order.client_order_id)));
  list.value = otherLeg() ? ticket.otherLeg : "";
}

function showProblem(field, text) {
  const line = byId(`${field}-error`);
  line.hidden = !text;
  line.textContent = text;
  byId(field).setAttribute("aria-invalid", String(Boolean(text)));
}

function drawRoom() {
  const { account, instrument } = state;
  if (!account) return;
  const { max_position_qty: own, max_working_orders: orders } = account.limits;
  // The account's own limit and that of the terms in force: the smaller one counts.
  const most = Math.min(own || Infinity, tariff()?.max_position_qty || Infinity);
  const lots = ["long", "short"].map((side) => account.positions.get(`${instrument.symbol}:${side}`)?.qty ?? 0);
  const parts = [];
  if (most !== Infinity) parts.push(t("Position limit %(used)s / %(limit)s", { used: Math.max(...lots), limit: most }));
  if (orders) parts.push(t("Working orders %(used)s / %(limit)s", { used: account.workingOrders.length, limit: orders }));
  if (account.status === "close_only") parts.push(t("This account may only close"));
  const text = parts.join(" · ");
  const room = byId("room");
  if (room.textContent !== text) room.textContent = text;
}

function drawButtons() {
  const { instrument } = state;
  if (!instrument) return;
  const gate = orderGate();
  for (const { side, button, words, price, thumb, thumbButton } of sides) {
    const effect = previewOf(side)?.position_effect ?? effectFor(side);
    words.set((VERBS[side][effect] ?? VERBS[side].open)());
    const units = priceFor(side);
    const lots = Number.isInteger(ticket.qty) ? ticket.qty : "?";
    const at = priceWords(instrument, units);
    price.set(`${at} × ${lots}`);
    thumb.set(at);
    const off = Boolean(gate) || Boolean(impossible(side)) || !draftOrder(side);
    if (button.disabled !== off) button.disabled = thumbButton.disabled = off;
    button.classList.toggle("intent", ticket.side === side);
  }
}

function priceWords(instrument, units) {
  if (ticket.kind !== "stop") return unpriced() ? t("Market") : instrument.price(units);
  const trigger = Number.isInteger(ticket.trigger) ? instrument.price(ticket.trigger) : "?";
  if (ticket.trailing) return t("trailing %(distance)s", { distance: trigger });
  return ticket.stopLimit ? t("%(price)s from %(trigger)s", { trigger, price: instrument.price(units) }) : t("from %(trigger)s", { trigger });
}

/** Send one side as the ticket stands; `ask: true` shows it first. */
export async function send(side, { ask: asking }) {
  const order = draftOrder(side);
  if (!order || orderGate() || impossible(side)) return;
  if (asking && !(await confirmOrder(side, order))) return;
  const { button } = sides.find((entry) => entry.side === side);
  const slow = setTimeout(() => button.setAttribute("aria-busy", "true"), BUSY_AFTER_MS);
  try {
    await sendOrder(order, { most: previewOf(side)?.max_qty ?? null });
  } catch (problem) {
    warned(t("The order could not be sent"), String(problem.message ?? problem));
  } finally {
    clearTimeout(slow);
    button.removeAttribute("aria-busy");
    mark("ticket");
  }
}

function confirmOrder(side, order) {
  const { instrument } = state;
  const preview = previewOf(side);
  const effect = preview?.position_effect ?? effectFor(side);
  const verb = VERBS[side][effect]();
  const price = priceWords(instrument, order.limit_price === null ? null : instrument.units(order.limit_price));
  const rows = [[t("Contract"), instrument.short], [t("Price"), price], [t("Lots"), String(order.qty)], [t("Offset"), effectWord(effect)], [t("Valid"), order.good_till ? `${timeWord(order.time_in_force)} ${order.good_till}` : timeWord(order.time_in_force)]];
  return ask({ title: t("%(verb)s %(n)s lots @%(price)s?", { verb, n: order.qty, price }), rows, yes: verb, kind: side });
}

function drawTicketFacts() {
  const { instrument } = state;
  hints.facts.set(t("%(size)s a lot · tick %(tick)s", { size: instrument.multiplier.toLocaleString("en-US"), tick: instrument.tickText }));
}

/** Reset what belongs to the old contract. */
export function ticketForContract() {
  ticket.follow = "opposite";
  ticket.units = null;
  ticket.side = null;
  ticket.otherLeg = null;
  for (const [id, name] of PRICES) {
    ticket[name] = null;
    byId(id).value = "";
  }
  drawTicketFacts();
  mark("ticket");
}
