/* Head of the open contract: last price, change, the day's figures, the contract's facts. */
import { Cell, byId, cellOf, make } from "../dom.js";
import { decimal, direction, percent, signed, signedPercent } from "../format.js";
import { paint } from "../frame.js";
import { t } from "../words.js";
import { state } from "./state.js";

let cells;
const day = [];
const lots = (n) => (n === undefined || n === null ? "–" : decimal(n, 0));
const DAY = [
  [() => t("O"), (i, q) => i.price(q.open)],
  [() => t("H"), (i, q) => i.price(q.high)],
  [() => t("L"), (i, q) => i.price(q.low)],
  [() => t("Avg"), (i, q) => i.price(q.average)],
  [() => t("Prev settle"), (i) => i.price(i.previousSettlement)],
  [() => t("Settle"), (i, q) => i.price(q.settlement)],
  [() => t("Upper limit"), (i) => i.price(i.upper)],
  [() => t("Lower limit"), (i) => i.price(i.lower)],
  [() => t("Volume"), (_i, q) => lots(q.volume)],
  /* In units of 100 million: what is left of a day's turnover that a person reads. */
  [() => t("Turnover (100 m)"), (_i, q) => (q.turnover === undefined || q.turnover === null ? "–" : decimal(Number(q.turnover) / 1e6, 2))],
  [() => t("Open interest"), (_i, q) => lots(q.openInterest)],
  [() => t("OI change"), (_i, q) => (q.openInterestChange === undefined || q.openInterestChange === null ? "–" : signed(q.openInterestChange, 0))],
];
const DAY_REST_MS = 250;

export function buildQuote() {
  cells = { last: cellOf("last"), change: cellOf("change") };
  for (const [label, text] of DAY) {
    const pair = make("div");
    const value = make("dd", "", "–");
    pair.append(make("dt", "", label()), value);
    byId("day").append(pair);
    day.push({ text, cell: new Cell(value) });
  }
  paint("quote", drawQuote);
  paint("quote", drawDay, DAY_REST_MS);
}

function drawQuote() {
  const { instrument } = state;
  const quote = state.quotes.get(instrument?.symbol);
  if (!quote || quote.last === null) {
    cells.last.set("–", "last flat");
    cells.change.set("–", "arrow flat");
    return;
  }
  const change = quote.last - (instrument.previousSettlement ?? quote.last);
  const way = direction(change);
  cells.last.set(instrument.price(quote.last), `last ${way}`);
  cells.change.set(`${instrument.change(change)} (${signedPercent(change / (instrument.previousSettlement || 1))})`, `arrow ${way}`);
}

function drawDay() {
  const { instrument } = state;
  const quote = state.quotes.get(instrument?.symbol) ?? {};
  if (instrument) for (const { text, cell } of day) cell.set(text(instrument, quote));
}

/** "10.00" is "10". */
const brief = (text) => String(text ?? "–").replace(/\.00$/, "");

/** "0.16" is "16 %"; decimals only where there are any. */
const ratio = (text) => percent(Number(text), Number.isInteger(Math.round(Number(text) * 1e4) / 100) ? 0 : 2);

/** What rules of the exchange add: a step of the one-sided ladder, the road to delivery. Nothing in quiet times. */
function venueRules(row) {
  const facts = [];
  if (row.ladder_step) facts.push([t("One-sided ladder"), t("step %(step)s %(way)s, limit %(limit)s", { step: row.ladder_step, way: row.ladder_side === "buy" ? "↑" : "↓", limit: ratio(row.limit_in_force) })]);
  if (row.margin_floor) facts.push([t("Margin at least"), ratio(row.margin_floor)]);
  if (row.lot_multiple > 1) facts.push([t("Lots in multiples of"), decimal(row.lot_multiple, 0)]);
  if (row.position_limit) facts.push([t("Lots held, at most"), decimal(row.position_limit, 0)]);
  if (row.natural_persons_out_by) facts.push([t("Natural persons out by"), row.natural_persons_out_by]);
  return facts;
}

/** What does not move: names, rates, dates. */
export function showContract() {
  const { instrument } = state;
  byId("symbol").textContent = instrument.short;
  /* The code already says the month. */
  byId("symbol-name").textContent = instrument.name.replace(/\s*\d+$/, "");
  byId("page-title").textContent = t("Trading terminal, %(symbol)s", { symbol: instrument.short });
  document.title = t("Trade %(symbol)s", { symbol: instrument.short }) + " · Aurum";
  byId("facts-h").textContent = t("%(symbol)s, exchange terms", { symbol: instrument.short });
  const { row } = instrument;
  const facts = [
    [t("Margin rate"), row.margin_long === row.margin_short ? ratio(row.margin_long) : `${ratio(row.margin_long)} / ${ratio(row.margin_short)}`],
    [t("Fee open / close"), `${brief(row.fee_open)} / ${brief(row.fee_close)}`],
    [t("Fee close today"), brief(row.fee_close_today)],
    [t("One tick is worth"), brief(row.tick_value)],
    [t("Lots an order, at most"), row.max_order_qty ? decimal(row.max_order_qty, 0) : "–"],
    [t("Last trading day"), row.expired ? t("%(day)s, expired", { day: row.last_trading_date }) : (row.last_trading_date ?? "–")],
    ...venueRules(row),
  ];
  byId("facts").replaceChildren(...facts.flatMap(([label, value]) => [make("dt", "", label), make("dd", "", String(value ?? "–"))]));
  drawDay();
  drawQuote();
}
