/* Ten levels each side: rows made once, cells changed only when they differ, own lots in their own column. A level fills the ticket. */
import { Cell, byId, cellOf, make } from "../dom.js";
import { decimal } from "../format.js";
import { mark, paint } from "../frame.js";
import { t } from "../words.js";
import { ticket } from "./draft.js";
import { state } from "./state.js";
import { send, setPrice } from "./ticket.js";

const LEVELS = 10;
const FLASH_MS = 420;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let rows;
let middle;
let lastMid = null;
let flashedAt = -1e9;
let flashing = false;

export function buildLadder() {
  rows = { ask: [], bid: [] };
  for (const kind of ["ask", "bid"]) for (let level = 0; level < LEVELS; level++) rows[kind].push(makeRow(kind, level));
  byId("asks").append(...rows.ask.map((row) => row.line).reverse());
  byId("bids").append(...rows.bid.map((row) => row.line));
  middle = { price: cellOf("mid"), spread: cellOf("spread") };
  document.querySelector(".ladder").addEventListener("click", choose);
  byId("hold").addEventListener("click", toggleHold);
  paint("book", drawLadder);
  paint("quote", drawMiddle);
}

function makeRow(kind, level) {
  const line = make("tr", kind);
  const cell = make("td");
  const bar = make("span", "bar");
  const button = make("button");
  button.type = "button";
  const [name, mine, price, qty] = ["lv", "mine", "px", "q"].map((part) => make("span", part));
  name.textContent = (kind === "ask" ? t("A") : t("B")) + (level + 1);
  button.append(name, " ", mine, " ", price, " ", qty);
  cell.append(bar, button);
  line.append(cell);
  return { line, bar, button, mine: new Cell(mine), price: new Cell(price), qty: new Cell(qty), width: -1, units: null };
}

function choose(event) {
  const button = event.target.closest("button");
  const kind = button?.closest("tr")?.className.includes("ask") ? "ask" : "bid";
  const row = rows[kind].find((entry) => entry.button === button);
  if (!row || row.units === null) return;
  setPrice(row.units);
  if (!state.oneClick) {
    ticket.side = null;
    return;
  }
  /* One-click: a level of the other side is taken with the ticket's lots. */
  send(kind === "ask" ? "buy" : "sell", { ask: false });
}

export function toggleHold() {
  state.hold = !state.hold;
  byId("hold").setAttribute("aria-pressed", String(state.hold));
  byId("book-tile").classList.toggle("held", state.hold);
  mark("book", "quote", "tape");
}

function drawLadder() {
  if (state.hold || !state.book) return;
  const { instrument } = state.book;
  const top = state.book.top(LEVELS);
  const own = state.account?.ownLots(instrument) ?? { buy: new Map(), sell: new Map() };
  const widest = Math.max(1, ...top.bids.map((level) => level[1]), ...top.asks.map((level) => level[1]));
  drawSide(rows.ask, top.asks, own.sell, widest, instrument);
  drawSide(rows.bid, top.bids, own.buy, widest, instrument);
  const ask = top.asks[0]?.[0];
  const bid = top.bids[0]?.[0];
  const gap = ask !== undefined && bid !== undefined ? Math.round((ask - bid) / instrument.tick) : null;
  middle.spread.set(gap === null ? t("One side only") : gap === 1 ? t("Spread %(gap)s · 1 tick", { gap: instrument.price(ask - bid) }) : t("Spread %(gap)s · %(n)s ticks", { gap: instrument.price(ask - bid), n: gap }));
}

function drawSide(list, levels, own, widest, instrument) {
  for (let i = 0; i < LEVELS; i++) {
    const row = list[i];
    const level = levels[i];
    const units = level ? level[0] : null;
    const width = level ? Math.round((level[1] / widest) * 200) / 200 : 0;
    if (row.units !== units) {
      row.units = units;
      row.price.set(units === null ? "–" : instrument.price(units));
    }
    row.qty.set(level ? decimal(level[1], 0) : "");
    row.mine.set(units !== null && own.has(units) ? String(own.get(units)) : "");
    if (row.width !== width) {
      row.width = width;
      row.bar.style.backgroundSize = `${width * 100}% 100%`;
    }
  }
}

function drawMiddle() {
  if (state.hold || !state.instrument) return;
  const quote = state.quotes.get(state.instrument.symbol);
  if (!quote || quote.last === null) return;
  const change = quote.last - (state.instrument.previousSettlement ?? quote.last);
  middle.price.set(state.instrument.price(quote.last), change > 0 ? "up" : change < 0 ? "down" : "flat");
  flash(lastMid === null ? 0 : quote.last - lastMid);
  lastMid = quote.last;
}

/** Tint the last price once for a change. It is switched, not faded: a fade would make the browser draw sixty frames a second for as long as prices move. */
function flash(change) {
  const now = performance.now();
  const over = now - flashedAt >= FLASH_MS;
  if (flashing && over) {
    flashing = false;
    byId("mid-flash").className = "flash";
  }
  if (!change || !over || calm.matches) return;
  flashedAt = now;
  flashing = true;
  byId("mid-flash").className = `flash ${change > 0 ? "up" : "down"}`;
  setTimeout(() => mark("quote"), FLASH_MS);
}

/** A new contract: nothing of the old one may stay on screen. */
export function clearLadder() {
  lastMid = null;
  for (const kind of ["ask", "bid"]) drawSide(rows[kind], [], new Map(), 1, state.instrument);
  middle.price.set("–", "flat");
  middle.spread.set("–");
}
