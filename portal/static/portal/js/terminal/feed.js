/* Frames of the socket into the state: which channels this page wants, and what each frame changes. */
import { mark } from "../frame.js";
import { accountFrame, seqOfAccount } from "./account_feed.js";
import { liveBar } from "./bars.js";
import { Book } from "./book.js";
import { config } from "./config.js";
import { note } from "./journal.js";
import { noticesMoved } from "./notices.js";
import { TradingSocket } from "./socket.js";
import { state } from "./state.js";
import { t } from "../words.js";

const TAPE_ROWS = 40;
const SILENT_MS = 4500;
const STALE_MS = 7000;
const DEAD_MS = 12000;
const CATCH_UP_MS = 1500;

export const socket = new TradingSocket({
  url: (location.protocol === "https:" ? "wss://" : "ws://") + location.host + config.socket,
  since: (channel) => (channel.startsWith("account.") ? seqOfAccount(channel) : undefined),
  onHello,
  onFrame,
  onState,
});

function onHello(hello) {
  state.market.trading_day = hello.trading_day;
  state.link.heardMs = Date.now();
  mark("status");
}

function onState(name, detail) {
  const before = state.link.state;
  if (name === "refused") return note("refused", t("Subscription refused: %(detail)s", { detail: detail.detail ?? detail.code }));
  state.link.state = name === "ended" ? "closed" : name;
  if (name === "ended") state.link.ended = detail.code === 4401 ? "signed_out" : "forbidden";
  if (name === "closed" && before === "open") note("warn", t("Connection lost; connecting again."));
  if (name === "open") {
    if (state.link.everOpen) tellWhatWasMissed();
    state.link.everOpen = true;
    state.link.stale = false;
  }
  if (name === "closed") state.link.stale = true;
  mark("status", "gate", "ticket");
}

/** After a reconnect the numbers say how much was caught up. */
function tellWhatWasMissed() {
  const before = state.account?.seq ?? 0;
  setTimeout(() => {
    const n = Math.max(0, (state.account?.seq ?? 0) - before);
    note("info", t("Connected again; %(n)s account events were caught up.", { n }));
  }, CATCH_UP_MS);
}

/** Subscribe to what is on screen: the open contract whole, the watch list's tickers, the account. */
export function followScreen(watched) {
  const channels = ["status", "notices", ...watched.map((symbol) => `ticker.${symbol}`)];
  if (state.instrument) {
    const { symbol } = state.instrument;
    channels.push(`book.${symbol}`, `trades.${symbol}`, `bars.${symbol}.1m`);
    if (!watched.includes(symbol)) channels.push(`ticker.${symbol}`);
  }
  if (state.account) channels.push(`account.${state.account.id}`);
  socket.want(channels);
}

function onFrame(frame) {
  const dot = frame.ch.indexOf(".");
  const kind = dot < 0 ? frame.ch : frame.ch.slice(0, dot);
  const rest = frame.ch.slice(dot + 1);
  if (kind === "account") return accountFrame(frame, rest);
  state.link.heardMs = Date.now();
  if (frame.seq > state.link.seq) state.link.seq = frame.seq;
  const handler = { book: bookFrame, ticker: tickerFrame, trades: tradeFrame, bars: barFrame, status: statusFrame, notices: noticesMoved }[kind];
  handler?.(frame, rest);
}

function bookFrame(frame, symbol) {
  if (symbol !== state.instrument?.symbol) return;
  if (!state.book || state.book.instrument.symbol !== symbol) state.book = new Book(state.instrument);
  if (!state.book.apply(frame)) return socket.resync(frame.ch);
  mark("book", "ticket-prices");
}

function tickerFrame(frame, symbol) {
  const instrument = state.instruments.get(symbol);
  if (!instrument) return;
  const data = frame.data;
  instrument.update(data);
  const before = state.quotes.get(symbol)?.last ?? null;
  const last = instrument.units(data.last);
  state.quotes.set(symbol, {
    last,
    moved: before === null || last === null ? 0 : Math.sign(last - before),
    open: instrument.units(data.open),
    high: instrument.units(data.high),
    low: instrument.units(data.low),
    bid: instrument.units(data.bid),
    ask: instrument.units(data.ask),
    volume: data.volume,
    turnover: data.turnover,
    average: instrument.units(data.average_price),
    settlement: instrument.units(data.settlement),
    openInterest: data.open_interest,
    openInterestChange: data.open_interest_change,
  });
  mark("watch");
  if (symbol === state.instrument?.symbol) mark("quote", "ticket-prices");
  if (last !== before && state.account?.positions.size) mark("money");
}

function tradeFrame(frame, symbol) {
  if (symbol !== state.instrument?.symbol) return;
  const trades = Array.isArray(frame.data) ? frame.data : [frame.data];
  for (const trade of trades) state.tape.unshift({ ...trade, units: state.instrument.units(trade.price) });
  state.tape.length = Math.min(state.tape.length, TAPE_ROWS);
  mark("tape");
}

function barFrame(frame, rest) {
  const symbol = rest.slice(0, rest.lastIndexOf("."));
  if (symbol === state.instrument?.symbol) liveBar(frame.data);
}

function statusFrame(frame) {
  const was = state.market.trading;
  const { kill, ...rest } = frame.data;
  Object.assign(state.market, rest, { kills: kill ?? {} });
  if (was && !state.market.trading) {
    state.market.since = Date.now();
    note("critical", t("Trading unavailable. Nothing is queued; working orders stay at the exchange."));
  }
  if (!was && state.market.trading) note("info", t("Trading is available again."));
  mark("status", "gate", "ticket");
}

/** A quiet market is not a stale one: after silence ask for an answer, and only without one call the data stale. */
export function watchLink() {
  setInterval(() => {
    const silent = performance.now() - socket.heardAt;
    if (socket.open && silent > SILENT_MS) socket.request("ping").catch(() => {});
    if (socket.open && silent > DEAD_MS) socket.restart();
    const stale = state.link.state !== "open" || silent > STALE_MS;
    if (stale !== state.link.stale) {
      state.link.stale = stale;
      mark("gate", "ticket");
    }
    state.link.staleMs = silent;
    mark("status");
  }, 1000);
}
