/* The candle chart: redrawn at most four times a second, colours read once per theme. Lines and labels are in chart_lines.js. */
import { CandlestickSeries, ColorType, CrosshairMode, HistogramSeries, LineSeries, LineStyle, createChart } from "../../../vendor/lightweight-charts/5.2.1/lightweight-charts.standalone.production.mjs";
import { colour, faint, onColours } from "../colours.js";
import { byId } from "../dom.js";
import { decimal } from "../format.js";
import { mark, paint } from "../frame.js";
import { isEnglish, t } from "../words.js";
import { PERIOD_S, bars, loadBars, loadOlder } from "./bars.js";
import { buildLines, linePrices, moveLabels } from "./chart_lines.js";
import { FillMarks } from "./chart_marks.js";
import { keep, settings } from "./settings.js";
import { state } from "./state.js";

const REDRAW_MS = 250;
const AVERAGE_OF = 20;
const SHANGHAI_S = 8 * 3600;
const VISIBLE = 110;
const EDGE = 12;
const PAUSE_S = 900;
const MARK_PX = 28;
/* A line at the edge of the picture keeps its label, and the button in it, inside. */
const LABEL_PX = 14;
let chart;
let candles;
let volume;
let average;
const marks = new FillMarks();
let drawnVersion = -1;
let drawnPlaces = -1;

const timeOfBar = (bar) => bar.start + SHANGHAI_S;
const scale = () => 10 ** state.instrument.places;

export function buildChart() {
  chart = createChart(byId("chart"), { autoSize: true, layout: { attributionLogo: false } });
  volume = chart.addSeries(HistogramSeries, { priceScaleId: "", priceFormat: { type: "volume" }, priceLineVisible: false, lastValueVisible: false });
  volume.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
  candles = chart.addSeries(CandlestickSeries, { autoscaleInfoProvider: withLines });
  average = chart.addSeries(LineSeries, { lineWidth: 1, priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false });
  candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.2 } });
  candles.attachPrimitive(marks);
  buildLines({ chart, candles });
  dress();
  onColours(() => {
    dress();
    drawnVersion = -1;
    mark("chart", "chart-marks", "chart-lines");
  });
  chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
    if (range && range.from < EDGE && bars.items.length) loadOlder();
    mark("chart-labels");
  });
  wireControls();
  paint("chart", drawChart, REDRAW_MS, { ahead: true });
  paint("chart-marks", drawMarks, REDRAW_MS);
  paint("chart-labels", moveLabels);
}

function dress() {
  const line = colour("line-strong");
  chart.applyOptions({
    layout: { background: { type: ColorType.Solid, color: colour("surface") }, textColor: colour("text-3"), fontSize: 12, fontFamily: getComputedStyle(document.body).fontFamily, attributionLogo: false },
    grid: { vertLines: { color: colour("grid") }, horzLines: { color: colour("grid") } },
    crosshair: { mode: CrosshairMode.Normal, vertLine: { color: colour("crosshair"), style: LineStyle.Dotted, labelBackgroundColor: colour("accent-fill") }, horzLine: { color: colour("crosshair"), style: LineStyle.Dotted, labelBackgroundColor: colour("accent-fill") } },
    rightPriceScale: { borderColor: line },
    timeScale: { borderColor: line, timeVisible: settings.period !== "1d", secondsVisible: false, rightOffset: 4 },
    handleScroll: { vertTouchDrag: false },
    localization: { locale: isEnglish ? "en-GB" : "zh-CN" },
  });
  candles.applyOptions({ upColor: colour("surface"), downColor: colour("down"), borderUpColor: colour("up"), borderDownColor: colour("down"), wickUpColor: colour("up"), wickDownColor: colour("down") });
  average.applyOptions({ color: colour("gold") });
}

/** Keep the lines of near orders and positions inside the picture; far ones must not flatten the candles. */
function withLines(original) {
  const info = original();
  if (!info) return info;
  /* Room for the marks above and below the outermost candle. */
  const room = marks.items.length ? MARK_PX : linePrices().length ? LABEL_PX : 0;
  if (room) info.margins = { above: room, below: room };
  const { minValue, maxValue } = info.priceRange;
  const reach = (maxValue - minValue) * 0.5 + state.instrument.tick / scale();
  for (const price of linePrices()) {
    if (price < minValue - reach || price > maxValue + reach) continue;
    info.priceRange.minValue = Math.min(info.priceRange.minValue, price);
    info.priceRange.maxValue = Math.max(info.priceRange.maxValue, price);
  }
  return info;
}

function wireControls() {
  for (const radio of document.querySelectorAll("[name=period]")) radio.checked = radio.value === settings.period;
  byId("periods").addEventListener("change", ({ target }) => {
    keep({ period: target.value });
    chart.applyOptions({ timeScale: { timeVisible: target.value !== "1d" } });
    loadBars();
  });
  byId("chart-fit").addEventListener("click", showNewest);
  byId("chart-full").addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : byId("chart-tile").requestFullscreen()));
  byId("chart").addEventListener("pointermove", (event) => event.buttons && mark("chart-labels"));
}

function showNewest() {
  const count = bars.items.length;
  chart.timeScale().setVisibleLogicalRange({ from: count - VISIBLE, to: count + 4 });
  candles.priceScale().applyOptions({ autoScale: true });
  mark("chart-labels");
}

const toCandle = (bar) => ({ time: timeOfBar(bar), open: bar.open / scale(), high: bar.high / scale(), low: bar.low / scale(), close: bar.close / scale() });
const toVolume = (bar) => ({ time: timeOfBar(bar), value: bar.volume, color: faint(bar.close >= bar.open ? "up" : "down", 0.34) });

function averageAt(index) {
  if (index < AVERAGE_OF - 1) return null;
  let sum = 0;
  for (let i = index - AVERAGE_OF + 1; i <= index; i++) sum += bars.items[i].close;
  return { time: timeOfBar(bars.items[index]), value: sum / AVERAGE_OF / scale() };
}

function drawChart() {
  showNote();
  if (!state.instrument) return;
  if (drawnPlaces !== state.instrument.places) {
    drawnPlaces = state.instrument.places;
    const format = { type: "custom", minMove: state.instrument.tick / scale(), formatter: (price) => decimal(price * 10 ** drawnPlaces, drawnPlaces) };
    candles.applyOptions({ priceFormat: format });
    average.applyOptions({ priceFormat: format });
  }
  colourLast();
  if (drawnVersion !== bars.version) drawAll();
  else drawLast();
  mark("chart-labels");
}

/** The last price's line and label take the direction of the day; a hollow candle has no colour of its own to lend. */
function colourLast() {
  const last = bars.items.at(-1)?.close ?? 0;
  const token = last >= (state.instrument.previousSettlement ?? last) ? "up-fill" : "down-fill";
  if (colour(token) === lastColour) return;
  lastColour = colour(token);
  candles.applyOptions({ priceLineColor: lastColour });
}

let lastColour = "";
let drawnKey = "";
let drawnCount = 0;
function drawAll() {
  sayWhereFrom();
  const sameView = drawnKey === bars.key && bars.items.length;
  const range = sameView ? chart.timeScale().getVisibleLogicalRange() : null;
  const grown = bars.items.length - drawnCount;
  candles.setData(bars.items.map(toCandle));
  volume.setData(bars.items.map(toVolume));
  average.setData(bars.items.map((_bar, i) => averageAt(i)).filter(Boolean));
  drawnVersion = bars.version;
  if (range && grown >= 0) chart.timeScale().setVisibleLogicalRange({ from: range.from + grown, to: range.to + grown });
  else if (bars.items.length) showNewest();
  drawnKey = bars.items.length ? bars.key : "";
  drawnCount = bars.items.length;
}

function drawLast() {
  const from = Math.max(0, Math.min(drawnCount, bars.items.length) - 1);
  for (let i = from; i < bars.items.length; i++) {
    candles.update(toCandle(bars.items[i]));
    volume.update(toVolume(bars.items[i]));
    const point = averageAt(i);
    if (point) average.update(point);
  }
  drawnCount = bars.items.length;
}

/** History that was not traded here is never passed off as trading. */
function sayWhereFrom() {
  const sources = new Set(bars.items.map((bar) => bar.source));
  const parts = [];
  if (sources.has("synthetic")) parts.push(t("older candles are made-up history"));
  if (sources.has("imported")) parts.push(t("older candles are imported history"));
  byId("chart-source").textContent = parts.length ? ` · ${parts.join(" · ")}` : "";
}

/** Say what the empty area waits for; a broken chart breaks alone. */
function showNote() {
  const note = byId("chart-note");
  const text = bars.failed ? t("The candles could not be read: %(why)s. Depth, ticket and tables still work.", { why: bars.failed }) : bars.items.length ? "" : bars.loading ? t("Loading candles…") : t("Candles will appear with the first trade.");
  note.hidden = !text;
  if (note.textContent !== text) note.textContent = text;
}

/** Own fills on the candles they happened in, and a line where a session begins. */
function drawMarks() {
  const byPlace = new Map();
  for (const fill of state.account?.fills.values() ?? []) {
    if (fill.symbol !== state.instrument.symbol) continue;
    const index = indexAt(Date.parse(fill.at) / 1000);
    if (index < 0) continue;
    const key = `${index}:${fill.side}`;
    const place = byPlace.get(key) ?? { index, side: fill.side, qty: 0 };
    place.qty += fill.qty;
    byPlace.set(key, place);
  }
  const items = [...byPlace.values()].map(({ index, side, qty }) => {
    const bar = bars.items[index];
    return { time: timeOfBar(bar), side, qty, high: bar.high / scale(), low: bar.low / scale() };
  });
  marks.set({ items, breaks: sessionStarts() });
  byId("chart").dataset.fills = items.map((item) => `${item.side} ${item.qty}`).join(", ");
}

/** Candles after a pause of more than a quarter of an hour begin a session. */
function sessionStarts() {
  if (settings.period === "1d" || settings.period === "1h") return [];
  const pause = PERIOD_S[settings.period] + PAUSE_S;
  const half = (timeScale) => timeScale.options().barSpacing / 2;
  return bars.items.filter((bar, i) => i && bar.start - bars.items[i - 1].start > pause).map((bar) => ({ time: timeOfBar(bar), half }));
}

/** The last candle that starts at or before a moment. */
function indexAt(second) {
  let low = 0;
  let high = bars.items.length - 1;
  if (high < 0 || second < bars.items[0].start) return -1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (bars.items[middle].start <= second) low = middle;
    else high = middle - 1;
  }
  return low;
}
