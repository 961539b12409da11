/* The status bar and the banners: is this live, how fast are answers, how old are the data, what may be done now. */
import { Cell, byId, cellOf, icon, make } from "../dom.js";
import { decimal, timeOf } from "../format.js";
import { mark, paint } from "../frame.js";
import { t } from "../words.js";
import { config } from "./config.js";
import { answerP50, killed, state } from "./state.js";
import { reasonWords } from "./terms.js";

const REST_MS = 250;
const PHASES = {
  continuous: () => t("Continuous trading"),
  auction_entry: () => t("Auction, entry"),
  auction_match: () => t("Auction, matching"),
  auction: () => t("Call auction"),
  break: () => t("Break"),
  closed: () => t("Closed"),
  halted: () => t("Halted"),
  open: () => t("Continuous trading"),
};
let cells;
let shownBanner = "";

export function buildStatus() {
  cells = Object.fromEntries(["conn-word", "answer", "age", "seq", "phase", "trading-day", "clock"].map((id) => [id, cellOf(id)]));
  cells.conn = new Cell(byId("conn"));
  paint("status", drawStatus, REST_MS);
  paint("gate", drawGate);
  paint("clock", () => cells.clock.set(timeOf(Date.now())));
  setInterval(() => mark("clock"), 1000);
}

function drawStatus() {
  const { link, market } = state;
  const seconds = Math.max(1, Math.round(link.staleMs / 1000));
  if (link.ended) sayLink("bad", t("Signed out"));
  else if (link.state === "connecting" || link.state === "closed") sayLink("warn", link.everOpen ? t("Connecting again") : t("Connecting"));
  else if (link.stale) sayLink("warn", t("Stale %(n)s s", { n: seconds }));
  else sayLink("", t("Live"));
  const p50 = answerP50();
  cells.answer.set(p50 === null ? "–" : `${decimal(Math.round(p50 * 10), 1)} ms`);
  const age = link.heardMs ? Date.now() - link.heardMs : null;
  cells.age.set(age === null ? "–" : age < 1000 ? `${age} ms` : `${decimal(Math.round(age / 100), 1)} s`);
  cells.seq.set(link.seq ? decimal(link.seq, 0) : "–");
  cells.phase.set(market.trading ? (PHASES[market.phase] ? PHASES[market.phase]() : market.phase || "–") : t("Trading unavailable"));
  cells["trading-day"].set(market.trading_day || "–");
  if (link.stale) mark("gate");
}

function sayLink(kind, words) {
  const name = `state ${kind}`.trim();
  if (byId("conn").className !== name) byId("conn").className = name;
  cells["conn-word"].set(words);
}

const withReason = (text, account) => (account.statusReason ? `${text} ${t("Reason: %(why)s", { why: reasonWords(account.statusReason) })}` : text);

function bannerNow() {
  const { link, market, account } = state;
  if (link.ended === "signed_out") return ["critical", t("Your sign-in has ended. Working orders stay at the exchange."), t("Sign in again")];
  if (link.ended) return ["critical", t("This account is not open to you. Your broker's administrator can change it.")];
  if (killed()) return ["critical", t("Trading is stopped by a kill switch. New orders are refused; cancels work.")];
  if (!market.trading) return ["critical", t("Trading unavailable since %(time)s. Nothing is queued; working orders stay at the exchange.", { time: timeOf(market.since ?? Date.now()) })];
  if (link.stale && link.everOpen) return ["warn", t("Market data are %(n)s s old. Prices are greyed and new orders are held back until the stream is caught up; cancels work, and your working orders stay at the exchange.", { n: Math.max(1, Math.round(link.staleMs / 1000)) })];
  if (account?.funds && !config.tradable.includes(account.id)) return ["info", t("You look at this account; only its holder sends orders for it.")];
  if (account?.status === "blocked") return ["critical", withReason(t("This account is blocked by the risk officer. Cancels work; ask your broker's risk desk about it."), account)];
  if (state.instrument?.row.expired) return ["info", t("This contract has expired: choose a later month.")];
  if (account?.status === "close_only") return ["warn", withReason(t("This account may only close positions, by the risk officer's order. Ask your broker's risk desk when it opens again."), account)];
  return null;
}

function drawGate() {
  const banner = bannerNow();
  const { link } = state;
  const old = link.stale && link.everOpen;
  for (const id of ["book-tile", "chart-tile", "watch-tile"]) byId(id).classList.toggle("stale", Boolean(old));
  const key = banner ? banner.join("|") : "";
  if (key === shownBanner) return;
  shownBanner = key;
  if (!banner) return byId("banners").replaceChildren();
  const [kind, text, action] = banner;
  const line = make("div", `banner ${kind}`);
  line.append(icon({ critical: "crit", warn: "warn", info: "info" }[kind]), make("span", "", text));
  if (action) {
    const link = make("a", "btn s", action);
    link.href = `/accounts/login/?next=${encodeURIComponent(location.pathname)}`;
    line.append(link);
  }
  byId("banners").replaceChildren(line);
}

