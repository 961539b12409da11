/* What either side would do to the account, asked of the counter itself: margin, fee, available and risk degree after, most that can be sent. */
import { Cell, byId, make } from "../dom.js";
import { decimal, fenOf, percent, yuan } from "../format.js";
import { mark, paint } from "../frame.js";
import { t } from "../words.js";
import { draftOrder, effectFor, impossible, ticket } from "./draft.js";
import { rest } from "./rest.js";
import { mayTrade, state } from "./state.js";
import { capital, effectWord, refusalTitle } from "./terms.js";

const AFTER_CHANGE_MS = 140;
const REFRESH_MS = 4000;
const SIDES = ["buy", "sell"];
const WARN_RISK = 0.8;

const previews = { buy: null, sell: null };
let asked = { buy: "", sell: "" };
let timer = null;
let running = null;

/** Without equity to divide by, the counter says a risk degree beyond all sense. */
const noEquity = (p) => p.risk_degree_after === null || Number(p.risk_degree_after) > 900;

const ROWS = [
  () => [t("Offset"), (side, p) => capital(effectWord(p ? p.position_effect : effectFor(side)))],
  () => [t("Margin needed"), (_side, p) => yuan(fenOf(p.margin))],
  () => [t("Fee"), (_side, p) => decimal(fenOf(p.fee))],
  () => [t("Available after"), (_side, p) => yuan(fenOf(p.available_after)), (p) => fenOf(p.available_after) < 0],
  () => [t("Risk degree after"), (_side, p) => (noEquity(p) ? t("no equity left") : percent(Number(p.risk_degree_after))), (p) => noEquity(p) || Number(p.risk_degree_after) >= WARN_RISK],
  () => [t("Most you can send"), (_side, p) => t("%(n)s lots", { n: p.max_qty }), (p) => ticket.qty > p.max_qty],
];
const cells = [];

export function buildPreview() {
  const body = byId("preview");
  for (const row of ROWS) {
    const [label, text, bad = () => false] = row();
    const line = make("tr");
    const head = make("th", "", label);
    head.scope = "row";
    const pair = SIDES.map(() => make("td", "", "–"));
    line.append(head, ...pair);
    body.append(line);
    cells.push({ text, bad, pair: pair.map((cell) => new Cell(cell)) });
  }
  paint("ticket", requestSoon);
  paint("preview", drawPreview);
  setInterval(() => {
    if (document.visibilityState === "visible" && state.link.state === "open") requestNow();
  }, REFRESH_MS);
}

function requestSoon() {
  clearTimeout(timer);
  timer = setTimeout(requestNow, AFTER_CHANGE_MS);
  mark("preview");
}

async function requestNow() {
  running?.abort();
  const control = (running = new AbortController());
  await Promise.all(SIDES.map((side) => requestSide(side, control.signal)));
  if (!control.signal.aborted) mark("preview", "ticket-words");
}

async function requestSide(side, signal) {
  // Who only looks has nothing to send: the door would refuse the question as it would the order.
  const order = state.account?.funds && mayTrade() && !impossible(side) ? draftOrder(side) : null;
  if (!order) {
    previews[side] = null;
    return;
  }
  const key = keyOf(order);
  try {
    const answer = await rest("POST", "orders/preview", { account: state.account.id, trading_day: state.market.trading_day, ...order }, { signal });
    previews[side] = answer;
    asked[side] = key;
  } catch (problem) {
    if (problem.name === "AbortError") return;
    previews[side] = problem.figures || problem.code !== "unreachable" ? { failed: problem.code } : null;
    asked[side] = key;
  }
}

/** Price apart, because a following price moves all the time and changes the figures only a little. */
const keyOf = ({ limit_price: price, ...order }) => JSON.stringify([order, ticket.follow ?? price]);

/** The preview of a side, if it belongs to what the ticket says now. */
export function previewOf(side) {
  const order = draftOrder(side);
  return order && previews[side] && asked[side] === keyOf(order) ? previews[side] : null;
}

function drawPreview() {
  SIDES.forEach((side, column) => {
    const stop = impossible(side);
    const preview = previewOf(side);
    const refusal = preview && !preview.failed && preview.ok === false;
    cells.forEach(({ text, bad, pair }, row) => {
      const cell = pair[column];
      if (stop) return cell.set(row ? "–" : stop, "old");
      if (!preview && !mayTrade()) return cell.set("–", "old");
      if (!preview) return cell.set(row ? "…" : capital(effectWord(effectFor(side))), "old");
      if (preview.failed) return cell.set(row ? "–" : refusalTitle(preview.failed), row ? "old" : "no");
      if (preview.margin === null || preview.margin === undefined) return cell.set(row ? "–" : refusalTitle(preview.code), row ? "old" : "no");
      const wrong = bad(preview) || (refusal && row === cells.length - 1);
      cell.set(text(side, preview), wrong ? "no" : "");
    });
  });
}
