/* Lines of positions and working orders on the chart, with their labels at the left; an order's label cancels it. */
import { LineStyle } from "../../../vendor/lightweight-charts/5.2.1/lightweight-charts.standalone.production.mjs";
import { colour } from "../colours.js";
import { byId, make } from "../dom.js";
import { signedYuan, unitsOf } from "../format.js";
import { mark, paint } from "../frame.js";
import { t } from "../words.js";
import { orderWords } from "./describe.js";
import { cancelOrder } from "./desk.js";
import { lastOf, state } from "./state.js";
import { capital, effectWord, sideWord } from "./terms.js";

const REDRAW_MS = 250;
const APART_PX = 22;
const shown = new Map();
let candles;

export function buildLines(parts) {
  ({ candles } = parts);
  paint("chart-lines", syncLines, REDRAW_MS);
  paint("money", () => {
    for (const line of shown.values()) if (line.kind === "position") writeLabel(line);
  }, 500);
}

/** Prices that should stay in the picture. */
export const linePrices = () => [...shown.values()].map((line) => line.price);

function wantedLines() {
  const { instrument, account } = state;
  if (!instrument || !account) return [];
  const scale = 10 ** instrument.places;
  const lines = [];
  for (const position of account.positions.values()) {
    if (position.symbol !== instrument.symbol) continue;
    lines.push({ key: position.key, kind: "position", price: unitsOf(position.avg_open_price, 6) / 1e6, position });
  }
  for (const order of account.orders.values()) {
    if (order.symbol !== instrument.symbol) continue;
    // What waits lies at its trigger; its limit counts only from there on.
    const waits = order.status === "held" && Boolean(order.stop_price);
    const at = waits ? order.stop_price : order.limit_price;
    if (at) lines.push({ key: `order:${order.id}`, kind: waits ? "stop" : order.side, price: instrument.units(at) / scale, order });
  }
  return lines;
}

function syncLines() {
  const wanted = new Map(wantedLines().map((line) => [line.key, line]));
  for (const [key, line] of shown) {
    if (wanted.get(key)?.kind === line.kind) continue;
    candles.removePriceLine(line.drawn);
    line.label.remove();
    shown.delete(key);
  }
  for (const [key, line] of wanted) {
    const old = shown.get(key);
    const options = optionsOf(line);
    if (old) {
      Object.assign(old, line);
      old.drawn.applyOptions(options);
    } else {
      line.drawn = candles.createPriceLine(options);
      makeLabel(line);
      shown.set(key, line);
    }
    writeLabel(shown.get(key));
  }
  mark("chart-labels");
}

function optionsOf(line) {
  const token = { position: "accent", buy: "up", sell: "down", stop: "warn" }[line.kind];
  const fill = { position: "accent-fill", buy: "up-fill", sell: "down-fill", stop: "warn" }[line.kind];
  const style = { position: LineStyle.Solid, stop: LineStyle.Dotted }[line.kind] ?? LineStyle.Dashed;
  return { price: line.price, color: colour(token), lineWidth: 1, lineStyle: style, axisLabelVisible: true, axisLabelColor: colour(fill), axisLabelTextColor: line.kind === "stop" ? colour("surface") : "#ffffff", title: "" };
}

function makeLabel(line) {
  line.label = make("div", `line-label ${line.kind}`);
  line.words = make("span");
  line.label.append(line.words);
  if (line.order) {
    const button = make("button", "", "×");
    button.type = "button";
    button.setAttribute("aria-label", t("Cancel %(what)s", { what: orderWords(line.order) }));
    button.addEventListener("click", () => cancelOrder(line.order));
    line.label.append(button);
  }
  byId("chart-labels").append(line.label);
}

function writeLabel(line) {
  let text;
  if (line.order) {
    text = t("%(side)s %(effect)s %(n)s", { side: capital(sideWord(line.order.side)), effect: effectWord(line.order.position_effect), n: line.order.leaves_qty });
    if (line.kind === "stop") text = t("Stop: %(what)s", { what: text });
  } else {
    const { position } = line;
    const quote = lastOf(position.symbol);
    const profit = quote?.last === null || !quote ? 0 : position.sign * (quote.instrument.valueFen(quote.last, position.qty) - position.openCost);
    text = `${position.sign > 0 ? t("Long") : t("Short")} ${position.qty}  ${signedYuan(profit)}`;
  }
  if (line.words.textContent !== text) line.words.textContent = text;
}

/** Put each label at its line, and push labels apart that would cover each other. */
export function moveLabels() {
  const placed = [];
  const room = byId("chart-labels").clientHeight;
  for (const line of shown.values()) {
    const y = candles.priceToCoordinate(line.price);
    // A line out of the picture has no label: it would lie under the page's own lines, with a button nobody can reach.
    const out = y === null || y < 0 || y > room;
    if (line.label.hidden !== out) line.label.hidden = out;
    if (out) continue;
    placed.push({ line, y });
  }
  placed.sort((a, b) => a.y - b.y);
  let above = -Infinity;
  for (const { line, y } of placed) {
    const at = Math.max(y, above + APART_PX);
    above = at;
    if (line.at === at) continue;
    line.at = at;
    line.label.style.transform = `translateY(${Math.round(at)}px)`;
  }
}

/** A new contract: the old lines go. */
export function clearLines() {
  for (const line of shown.values()) {
    candles.removePriceLine(line.drawn);
    line.label.remove();
  }
  shown.clear();
}

