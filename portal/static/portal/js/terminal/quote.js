/* Head of the open contract: last price, change, the day's figures. */
import { Cell, byId, cellOf, make } from "../dom.js";
import { decimal, direction, signed, signedPercent } from "../format.js";
import { paint } from "../frame.js";
import { t } from "../words.js";
import { ask as askForTerms, buildFacts, drawFacts } from "./facts.js";
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
  buildFacts();
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

/** What does not move. */
export function showContract() {
  const { instrument } = state;
  byId("symbol").textContent = instrument.short;
  /* The code already says the month. */
  byId("symbol-name").textContent = instrument.name.replace(/\s*\d+$/, "");
  byId("page-title").textContent = t("Trading terminal, %(symbol)s", { symbol: instrument.short });
  document.title = t("Trade %(symbol)s", { symbol: instrument.short }) + " · Aurum";
  drawFacts();
  askForTerms();
  drawDay();
  drawQuote();
}
