/* Watch list: one row a contract; a press opens it in chart, depth and ticket together. */
import { Cell, byId, make } from "../dom.js";
import { direction, signedPercent } from "../format.js";
import { paint } from "../frame.js";
import { settings, keep } from "./settings.js";
import { state } from "./state.js";

const REST_MS = 250;
const MOST = 12;
let rows = [];
let opened = () => {};

export function buildWatch(openContract) {
  opened = openContract;
  byId("watch").addEventListener("click", (event) => {
    const line = event.target.closest("tr");
    if (line) opened(line.dataset.symbol);
  });
  paint("watch", drawWatch, REST_MS);
}

/** Symbols on the list: the saved ones that still exist, else the first contracts. */
export function watched() {
  const known = (settings.watch ?? []).filter((symbol) => state.instruments.has(symbol));
  return known.length ? known : [...state.instruments.values()].filter((i) => i.row.tradable !== false).slice(0, MOST).map((i) => i.symbol);
}

export function addWatched(symbol) {
  const list = watched();
  if (list.includes(symbol)) return;
  keep({ watch: [...list, symbol].slice(-MOST) });
  fillWatch();
}

export function fillWatch() {
  rows = watched().map((symbol) => {
    const instrument = state.instruments.get(symbol);
    const line = make("tr");
    line.dataset.symbol = symbol;
    const head = make("th");
    head.scope = "row";
    const button = make("button", "", instrument.short);
    button.type = "button";
    button.title = instrument.name;
    head.append(button);
    const last = make("td", "num", "–");
    const change = make("td", "num", "–");
    line.append(head, last, change);
    return { instrument, line, last: new Cell(last), change: new Cell(change) };
  });
  byId("watch").replaceChildren(...rows.map((row) => row.line));
  drawWatch();
}

function drawWatch() {
  for (const { instrument, line, last, change } of rows) {
    const chosen = String(instrument === state.instrument);
    if (line.getAttribute("aria-selected") !== chosen) line.setAttribute("aria-selected", chosen);
    const quote = state.quotes.get(instrument.symbol);
    if (!quote || quote.last === null) continue;
    last.set(instrument.price(quote.last));
    const moved = instrument.previousSettlement ? (quote.last - instrument.previousSettlement) / instrument.previousSettlement : 0;
    change.set(signedPercent(moved), `num ${direction(moved)}`);
  }
}
