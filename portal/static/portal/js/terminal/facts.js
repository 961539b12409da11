/* What trading the open contract costs: the terms in force for the open account, those to come, and what the exchange adds.

Until the terms of the account are here the contract's own stand, under a heading that says so. */
import { byId, make } from "../dom.js";
import { decimal, percent } from "../format.js";
import { mark, paint } from "../frame.js";
import { t } from "../words.js";
import { read } from "./rest.js";
import { state } from "./state.js";

const AGAIN_MS = 5000;
let asked = "";

export function buildFacts() {
  paint("facts", drawFacts);
  // A new day brings new terms; it comes with the status of the market.
  paint("status", ask, 1000);
}

/** The terms of the open contract for the open account, once they are known. */
export const tariff = () => (state.tariff?.key === keyNow() ? state.tariff : null);

const keyNow = () => [state.instrument?.symbol, state.account?.id, state.market.trading_day].join(" ");

/** Ask once for each contract, account and day; what fails is asked for again after a while. */
export async function ask() {
  const key = keyNow();
  if (key === asked || !state.instrument || !state.account || !state.market.trading_day) return;
  asked = key;
  const { instrument, account } = state;
  try {
    const { data } = await read(`parameters?account=${account.id}&symbol=${encodeURIComponent(instrument.symbol)}`);
    if (data.length && key === keyNow()) state.tariff = { ...data[0], key };
  } catch {
    setTimeout(() => {
      if (asked === key) asked = "";
    }, AGAIN_MS);
    return;
  }
  mark("facts", "ticket");
}

/** "10.00" is "10". */
const brief = (text) => String(text ?? "–").replace(/\.00$/, "");

/** "0.16" is "16 %"; "0.00005" is "0.005 %": as many decimals as there are. */
const ratio = (text) => {
  const share = Number(text) * 100;
  return percent(Number(text), [0, 1, 2, 3].find((places) => Math.abs(share - Number(share.toFixed(places))) < 1e-9) ?? 4);
};

/** A rate by money and one by lot, of which either may be nothing: "10", "0.01 %", "10 + 0.01 %". */
function both(lot, share) {
  const parts = [];
  if (Number(lot)) parts.push(brief(lot));
  if (Number(share)) parts.push(ratio(share));
  return parts.join(" + ") || "0";
}

const margin = (row, side) => both(row[`margin_${side}_lot`] ?? 0, row[`margin_${side}`]);

/** The smaller of two limits of which either may be none. */
const smaller = (one, other) => Math.min(one || Infinity, other || Infinity);

function costs(row, limits) {
  const [long, short] = [margin(row, "long"), margin(row, "short")];
  const facts = [
    [t("Margin rate"), long === short ? long : `${long} / ${short}`],
    [t("Fee open / close"), `${both(row.fee_open, row.fee_open_ratio)} / ${both(row.fee_close, row.fee_close_ratio)}`],
    [t("Fee close today"), both(row.fee_close_today, row.fee_close_today_ratio)],
  ];
  if (Number(row.fee_order)) facts.push([t("Fee an order"), brief(row.fee_order)]);
  if (Number(row.fee_cancel)) facts.push([t("Fee a cancel"), brief(row.fee_cancel)]);
  if (row.larger_side && row.larger_side !== "off") facts.push([t("Margin of the larger side"), row.larger_side === "product" ? t("of the product") : t("of the contract")]);
  const [order, position] = [smaller(row.max_order_qty, limits?.max_order_qty), smaller(row.max_position_qty, limits?.max_position_qty)];
  facts.push([t("Lots an order, at most"), order === Infinity ? "–" : decimal(order, 0)]);
  if (position !== Infinity) facts.push([t("Lots a direction, at most"), decimal(position, 0)]);
  if (row.price_limit) facts.push([t("Price limit"), `±${ratio(row.price_limit)}`]);
  return facts;
}

/** What rules of the exchange add: a step of the one-sided ladder, the road to delivery. Nothing in quiet times. */
function venueRules(row) {
  const facts = [];
  if (row.ladder_step) facts.push([t("One-sided ladder"), t("step %(step)s %(way)s, limit %(limit)s", { step: row.ladder_step, way: row.ladder_side === "buy" ? "↑" : "↓", limit: ratio(row.limit_in_force) })]);
  if (row.margin_floor) facts.push([t("Margin at least"), ratio(row.margin_floor)]);
  if (row.lot_multiple > 1) facts.push([t("Lots in multiples of"), decimal(row.lot_multiple, 0)]);
  if (row.position_limit) facts.push([t("Lots held, at most"), decimal(row.position_limit, 0)]);
  if (row.natural_persons_out_by) facts.push([t("Natural persons out by"), row.natural_persons_out_by]);
  return facts;
}

const LEVELS = { exchange: () => t("exchange"), broker: () => t("broker"), account: () => t("your own") };

/** Dated rows behind the terms, and those that begin on a later day. */
const origin = (row) => [`${(LEVELS[row.level] ?? (() => row.level))()}, ${row.aim}`, t("since %(day)s: %(notice)s", { day: row.effective_day, notice: row.notice })];
const later = (row) => [t("From %(day)s", { day: row.effective_day }), `${(LEVELS[row.level] ?? (() => row.level))()}, ${row.aim}: ${row.notice}`];

export function drawFacts() {
  const { instrument, account } = state;
  if (!instrument) return;
  const { row } = instrument;
  const own = tariff();
  const heading = own ? t("%(symbol)s, terms of account %(account)s", { symbol: instrument.short, account: account.id }) : t("%(symbol)s, exchange terms", { symbol: instrument.short });
  const facts = [
    // The account's own limits beside those of the terms: the smaller ones count.
    ...costs(own ?? row, own ? account.limits : null),
    [t("One tick is worth"), brief(row.tick_value)],
    [t("Last trading day"), row.expired ? t("%(day)s, expired", { day: row.last_trading_date }) : (row.last_trading_date ?? "–")],
    ...venueRules(row),
    ...(own?.rows ?? []).map(origin),
    ...(own?.coming ?? []).map(later),
  ];
  // Where the watch list has no room the ticket holds them.
  for (const id of ["facts", "facts-small"]) {
    byId(`${id}-h`).textContent = heading;
    byId(id).replaceChildren(...facts.flatMap(([label, value]) => [make("dt", "", label), make("dd", "", String(value ?? "–"))]));
  }
}
