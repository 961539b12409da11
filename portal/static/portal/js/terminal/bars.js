/* Candles of the open contract: history from REST, the running candle from the one-minute stream, older ones when the chart is dragged back. */
import { mark } from "../frame.js";
import { note } from "./journal.js";
import { read } from "./rest.js";
import { settings } from "./settings.js";
import { state } from "./state.js";
import { t } from "../words.js";

export const PERIOD_S = { "1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": 86400 };
const COUNT = 600;

/** items: {start (epoch s), open, high, low, close (units), volume}, oldest first. `version` rises when all of them changed. */
export const bars = { key: "", items: [], version: 0, loading: false, complete: false, failed: "" };
let minute = { start: 0, volume: 0 };

const keyNow = () => `${state.instrument.symbol}:${settings.period}`;

function toBar(row) {
  const { instrument } = state;
  return {
    start: row.start_s ?? Math.floor(Date.parse(row.start) / 1000),
    open: instrument.units(row.open),
    high: instrument.units(row.high),
    low: instrument.units(row.low),
    close: instrument.units(row.close),
    volume: row.volume,
    source: row.source ?? "live",
  };
}

async function fetchBars({ limit, until }) {
  const query = `period=${settings.period}&limit=${limit}${until ? `&until=${until}` : ""}`;
  const page = await read(`instruments/${encodeURIComponent(state.instrument.symbol)}/bars?${query}`);
  return page.data.map(toBar);
}

/** Load the newest candles of the chosen contract and period. */
export async function loadBars() {
  const key = keyNow();
  Object.assign(bars, { key, items: [], loading: true, complete: false, failed: "" });
  bars.version++;
  mark("chart");
  try {
    const items = await fetchBars({ limit: COUNT });
    if (key !== keyNow()) return;
    Object.assign(bars, { items, loading: false, complete: items.length < COUNT });
    minute = { start: 0, volume: 0 };
  } catch (problem) {
    if (key !== keyNow()) return;
    Object.assign(bars, { loading: false, failed: problem.detail || problem.code });
    note("warn", t("Candles could not be read: %(detail)s", { detail: bars.failed }));
  }
  bars.version++;
  mark("chart", "chart-marks", "chart-lines");
}

/** Candles before the oldest one; called when the chart is dragged to its left edge. */
export async function loadOlder() {
  if (bars.loading || bars.complete || !bars.items.length) return;
  bars.loading = true;
  const { key } = bars;
  try {
    const first = bars.items[0].start;
    const older = (await fetchBars({ limit: COUNT, until: first - 1 })).filter((bar) => bar.start < first);
    if (key !== keyNow()) return;
    bars.items = [...older, ...bars.items];
    bars.complete = older.length === 0;
    bars.version++;
    mark("chart", "chart-marks");
  } catch {
    bars.complete = true;
  } finally {
    bars.loading = false;
  }
}

/** One frame of the one-minute stream into the running candle of the chosen period. */
export function liveBar(row) {
  if (!state.instrument || bars.key !== keyNow() || !bars.items.length) return;
  const live = toBar(row);
  const period = PERIOD_S[settings.period];
  const start = Math.floor(live.start / period) * period;
  let last = bars.items.at(-1);
  if (period === 60) {
    if (live.start === last.start) bars.items[bars.items.length - 1] = live;
    else if (live.start > last.start) bars.items.push(live);
    return mark("chart");
  }
  if (settings.period !== "1d" && start > last.start) {
    last = { ...live, start, volume: 0 };
    bars.items.push(last);
    minute = { start: live.start, volume: 0 };
  }
  last.high = Math.max(last.high, live.high);
  last.low = Math.min(last.low, live.low);
  last.close = live.close;
  /* Only what this minute added since it was first seen here; history already holds the rest. */
  const seen = minute.start === live.start ? minute.volume : minute.start === 0 ? live.volume : 0;
  last.volume += Math.max(0, live.volume - seen);
  minute = { start: live.start, volume: live.volume };
  mark("chart");
}
