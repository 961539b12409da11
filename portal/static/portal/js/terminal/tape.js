/* Trades as they happen: fixed rows, the texts move down. */
import { Cell, byId, make } from "../dom.js";
import { decimal, timeOf } from "../format.js";
import { mark, paint } from "../frame.js";
import { t } from "../words.js";
import { readList } from "./rest.js";
import { state } from "./state.js";

const ROWS = 40;
const ROW_PX = 24;
const REST_MS = 200;
let rows;
let visible = ROWS;

export function buildTape() {
  rows = Array.from({ length: ROWS }, () => {
    const cells = ["", "num", "num", "num t3"].map((kind) => make("td", kind));
    const line = make("tr");
    line.append(...cells);
    line.hidden = true;
    return { line, cells: cells.map((cell) => new Cell(cell)) };
  });
  byId("tape").append(...rows.map((row) => row.line));
  new ResizeObserver(([entry]) => {
    visible = Math.min(ROWS, Math.ceil(entry.contentRect.height / ROW_PX));
    mark("tape");
  }).observe(document.querySelector(".trades"));
  paint("tape", drawTape, REST_MS);
}

function drawTape() {
  if (state.hold) return;
  /* Only rows that can be seen are written: the others would be laid out at every trade for nobody. */
  rows.forEach((row, i) => {
    const trade = i < visible ? state.tape[i] : undefined;
    if (row.line.hidden === Boolean(trade)) row.line.hidden = !trade;
    if (!trade) return;
    row.cells[0].set(timeOf(trade.at));
    row.cells[1].set(state.instrument.price(trade.units), `num ${trade.side === "buy" ? "up" : "down"}`);
    row.cells[2].set(decimal(trade.qty, 0));
    row.cells[3].set(kindOf(trade));
  });
}

/** What a trade did to the open interest, in the market's own words. */
function kindOf({ side, taker_effect: taker, maker_effect: maker }) {
  if (!taker || !maker) return side === "buy" ? t("Buy") : t("Sell");
  const opens = (taker === "open" ? 1 : 0) + (maker === "open" ? 1 : 0);
  if (opens === 2) return t("Both open");
  if (opens === 0) return t("Both close");
  if (taker === "open") return side === "buy" ? t("Long open") : t("Short open");
  return side === "buy" ? t("Short close") : t("Long close");
}

/** The trades before this page was opened. */
export async function loadTape(symbol) {
  try {
    const trades = await readList(`instruments/${encodeURIComponent(symbol)}/trades?limit=${ROWS}`, ROWS);
    if (state.instrument.symbol !== symbol || state.tape.length) return;
    state.tape = trades.map((trade) => ({ ...trade, units: state.instrument.units(trade.price) }));
    drawTape();
  } catch {
    /* The tape fills itself with the next trades. */
  }
}
