/* The page's one state. Modules change it and mark what changed; painters read it. */
import { mark } from "../frame.js";
import { config } from "./config.js";

export const state = {
  instruments: new Map(),
  instrument: null,
  tariff: null,
  account: null,
  accounts: [],
  quotes: new Map(),
  book: null,
  tape: [],
  market: { trading: true, reason: "", phase: "", trading_day: "", kills: {}, since: null },
  link: { state: "connecting", stale: false, staleMs: 0, heardMs: 0, seq: 0, ended: null },
  answersMs: [],
  hold: false,
  oneClick: false,
};

/** Last price of a contract for valuing positions. */
export function lastOf(symbol) {
  const instrument = state.instruments.get(symbol);
  const quote = state.quotes.get(symbol);
  if (!instrument) return null;
  return { instrument, last: quote?.last ?? instrument.previousSettlement ?? null };
}

/** Whether a kill switch stops new orders of the open contract. */
export function killed() {
  const { venue, tenant, symbols } = state.market.kills;
  return Boolean(venue || tenant || symbols?.includes(state.instrument?.symbol));
}

/** Whether the open account is one's own to trade; who only looks at it gets no buttons. */
export const mayTrade = () => config.tradable.includes(state.account?.id);

/** Whether new orders may leave this page, and if not, why. */
export function orderGate() {
  const { link, market, account } = state;
  if (link.ended) return "ended";
  if (!market.trading || killed()) return "unavailable";
  if (link.stale || link.state !== "open") return "stale";
  if (!account?.funds) return "loading";
  if (!mayTrade()) return "view";
  if (account.status === "blocked") return "blocked";
  if (state.instrument?.row.expired) return "expired";
  return null;
}

const WATCHED = 50;
export function tookAnswer(ms) {
  state.answersMs.push(ms);
  if (state.answersMs.length > WATCHED) state.answersMs.shift();
  mark("status");
}

export function answerP50() {
  const sorted = [...state.answersMs].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor((sorted.length - 1) / 2)] : null;
}
