/* The order that the ticket describes, for either side: price, lots, validity, offset, and what is wrong with it. */
import { plain } from "../format.js";
import { t } from "../words.js";
import { state } from "./state.js";

export const ticket = { effect: "auto", kind: "limit", follow: "opposite", units: null, qty: 1, qtyText: "1", tif: "day", side: null, trigger: null, stopLimit: false, trailing: false, otherLeg: null, till: "", gain: null, loss: null, shown: null, postOnly: false };

/** A stop without a limit of its own takes any price, as a market order does. */
export const unpriced = () => ticket.kind === "market" || (ticket.kind === "stop" && (ticket.trailing || !ticket.stopLimit));

/** The price of a side in units; null for a market order or where the market shows none. */
export function priceFor(side) {
  if (unpriced()) return null;
  if (!ticket.follow) return ticket.units;
  const quote = state.quotes.get(state.instrument?.symbol);
  const bid = state.book?.bestBid ?? quote?.bid ?? null;
  const ask = state.book?.bestAsk ?? quote?.ask ?? null;
  const last = quote?.last ?? state.instrument?.previousSettlement ?? null;
  if (ticket.follow === "last") return last;
  const wanted = (ticket.follow === "opposite") === (side === "buy") ? ask : bid;
  return wanted ?? last;
}

/** What is wrong with the price and the lots, in words with the allowed range; empty when nothing is. */
export function draftProblems() {
  const { instrument } = state;
  const problems = { price: "", qty: "", stop: "", guard: "", till: "" };
  if (!instrument) return problems;
  if (!unpriced() && !ticket.follow) problems.price = priceProblem(instrument, ticket.units);
  if (!Number.isInteger(ticket.qty) || ticket.qty < 1) problems.qty = t("Lots are whole numbers from 1.");
  else if (instrument.maxOrderQty && ticket.qty > instrument.maxOrderQty) problems.qty = t("At most %(n)s lots in one order.", { n: instrument.maxOrderQty });
  if (ticket.kind === "stop") problems.stop = ticket.trailing ? distanceProblem(instrument, ticket.trigger) : priceProblem(instrument, ticket.trigger);
  if (validity() === "gtd" && ticket.till < state.market.trading_day) problems.till = t("Choose a day from %(day)s on.", { day: state.market.trading_day });
  for (const units of [ticket.gain, ticket.loss]) if (units !== null && !problems.guard) problems.guard = priceProblem(instrument, units);
  if (!problems.guard && guardMisses("buy") && guardMisses("sell")) problems.guard = t("For a buy, take profit lies above the price and stop loss below it; for a sell the other way round.");
  return problems;
}

/** A distance has no band; it is a whole number of ticks, at least one. */
function distanceProblem(instrument, units) {
  if (Number.isInteger(units) && units > 0 && units % instrument.tick === 0) return "";
  return t("The distance must be a multiple of %(tick)s.", { tick: instrument.tickText });
}

export function priceProblem(instrument, units) {
  if (units === null || Number.isNaN(units)) return t("The price must be a number such as %(price)s.", { price: instrument.price(instrument.previousSettlement ?? 0) });
  if (units % instrument.tick) {
    const [low, high] = instrument.neighbours(units);
    return t("The price must be a multiple of %(tick)s; nearest are %(low)s and %(high)s.", { tick: instrument.tickText, low: instrument.price(low), high: instrument.price(high) });
  }
  if (instrument.lower && (units < instrument.lower || units > instrument.upper)) {
    return t("The price must be from %(low)s to %(high)s.", { low: instrument.price(instrument.lower), high: instrument.price(instrument.upper) });
  }
  return "";
}

/** Lots of the other side's position that a close of this side may take. */
function closableFor(side) {
  if (!state.account || !state.instrument) return { today: 0, yesterday: 0 };
  return state.account.closable(state.instrument.symbol, side === "buy" ? "short" : "long");
}

const isGuarded = () => ticket.kind !== "stop" && (ticket.gain !== null || ticket.loss !== null);

/** Whether protection would lie on the wrong side of what an order of this side opens at. */
export function guardMisses(side) {
  if (!isGuarded()) return false;
  const { gain, loss } = ticket;
  const way = side === "buy" ? 1 : -1;
  if (gain !== null && loss !== null && (gain - loss) * way <= 0) return true;
  const price = priceFor(side);
  if (price === null) return false;
  return (gain !== null && (gain - price) * way <= 0) || (loss !== null && (price - loss) * way <= 0);
}

/** What the chosen offset means for a side, by the counter's own rule for auto. */
export function effectFor(side) {
  if (ticket.effect !== "auto") return ticket.effect;
  if (isGuarded()) return "open";
  const { today, yesterday } = closableFor(side);
  return today + yesterday >= ticket.qty ? "close" : "open";
}

/** Why a side cannot be sent at all, or an empty text. */
export function impossible(side) {
  const { today, yesterday } = closableFor(side);
  if (ticket.effect === "close_today" && !today) return side === "buy" ? t("No short of today") : t("No long of today");
  if (ticket.effect === "close_yesterday" && !yesterday) return side === "buy" ? t("No short of yest.") : t("No long of yest.");
  if (guardMisses(side)) return t("Wrong protection");
  if (otherLeg() && otherLeg().side !== side) return t("Other side");
  return "";
}

/** Working orders that a stop of the open contract could be paired with: one trades or ends, the other ends. */
export function possibleLegs() {
  if (ticket.kind !== "stop" || !state.instrument) return [];
  return (state.account?.workingOrders ?? []).filter((order) => order.symbol === state.instrument.symbol && order.status !== "held" && order.client_order_id);
}

/** The working order this stop shares its fate with; null when none was chosen or it has ended meanwhile. */
export const otherLeg = () => possibleLegs().find((order) => order.client_order_id === ticket.otherLeg) ?? null;

/** The order of a side as the doors take it, or null while the ticket is not complete. */
export function draftOrder(side) {
  const { instrument } = state;
  const problems = draftProblems();
  const units = priceFor(side);
  if (!instrument || problems.price || problems.qty || problems.stop || problems.guard || problems.till) return null;
  if (!unpriced() && units === null) return null;
  return {
    symbol: instrument.symbol,
    side,
    // Protection belongs to what an order opens.
    position_effect: ticket.effect === "auto" && isGuarded() ? "open" : ticket.effect === "auto" && otherLeg() ? otherLeg().position_effect : ticket.effect,
    type: orderType(),
    time_in_force: validity(),
    qty: ticket.qty,
    limit_price: unpriced() ? null : plain(units, instrument.places),
    ...terms(instrument),
  };
}

function orderType() {
  if (ticket.kind !== "stop") return ticket.kind;
  if (ticket.trailing) return "trailing_stop";
  return ticket.stopLimit ? "stop_limit" : "stop";
}

/** How long the order lives: a market order is over at once, a stop waits. */
export function validity() {
  if (ticket.kind === "market") return "ioc";
  return ticket.kind === "stop" && ["ioc", "fok"].includes(ticket.tif) ? "day" : ticket.tif;
}

/** What the order wants beyond price, lots and validity; only what is wanted is sent. */
function terms(instrument) {
  const wanted = {};
  const price = (units) => plain(units, instrument.places);
  if (ticket.kind === "stop") wanted[ticket.trailing ? "trail_price" : "stop_price"] = price(ticket.trigger);
  if (validity() === "gtd") wanted.good_till = ticket.till;
  if (otherLeg()) wanted.other_leg = ticket.otherLeg;
  if (ticket.kind !== "stop" && ticket.gain !== null) wanted.take_profit_price = price(ticket.gain);
  if (ticket.kind !== "stop" && ticket.loss !== null) wanted.stop_loss_price = price(ticket.loss);
  if (ticket.kind === "limit" && ticket.shown) wanted.display_qty = ticket.shown;
  if (ticket.kind === "limit" && ticket.postOnly) wanted.post_only = true;
  return wanted;
}
