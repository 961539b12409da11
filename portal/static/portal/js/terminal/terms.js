/* The trade's words: sides, offsets, statuses, refusals. One table, so that the same thing is called the same everywhere. */
import { decimal } from "../format.js";
import { t } from "../words.js";

const SIDES = { buy: () => t("buy"), sell: () => t("sell") };
const EFFECTS = { open: () => t("open"), close: () => t("close"), close_today: () => t("close today"), close_yesterday: () => t("close yest."), auto: () => t("auto") };
const STATUSES = { new: () => t("Working"), pending_new: () => t("On its way"), partially_filled: () => t("Part filled"), filled: () => t("Filled"), canceled: () => t("Cancelled"), rejected: () => t("Refused"), expired: () => t("Expired"), held: () => t("Waiting for trigger") };
const TIMES = { day: () => t("Day"), ioc: () => t("FAK"), fok: () => t("FOK"), gtd: () => t("Till a day"), gtc: () => t("GTC"), auction: () => t("Auction") };
const REASONS = {
  client: () => t("by you"),
  officer: () => t("by the risk officer"),
  ioc_remainder: () => t("rest of a FAK order"),
  fok_unfillable: () => t("FOK could not fill whole"),
  market_remainder: () => t("rest of a market order"),
  day_end: () => t("end of the trading day"),
  self_trade: () => t("would have met your own order"),
  kill_switch: () => t("kill switch"),
  disconnect: () => t("connection lost"),
  min_qty_unfillable: () => t("fewer lots than its minimum"),
  other_leg: () => t("its other leg traded or ended"),
  auction_end: () => t("end of the auction"),
  good_till_date: () => t("its last day is over"),
  outside_band: () => t("outside the new day's band"),
  not_covered: () => t("no lots or funds left at the trigger"),
  cancel_after: () => t("the timer ran out"),
  liquidation: () => t("forced liquidation"),
  contract_expired: () => t("the contract has expired"),
  delivery: () => t("not allowed so near to delivery"),
};

const ACCOUNT_STATUSES = { active: () => t("open for trading"), close_only: () => t("may only close"), blocked: () => t("blocked") };

const word = (table, key) => (table[key] ? table[key]() : String(key ?? "–"));
export const sideWord = (side) => word(SIDES, side);
export const effectWord = (effect) => word(EFFECTS, effect);
/** As the first word of a line; Chinese has no capitals and stays as it is. */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export const statusWord = (status) => word(STATUSES, status);
export const timeWord = (tif) => word(TIMES, tif);
/** Why an officer changed what the account may do: his own words, or the liquidation that did it. */
export function reasonWords(reason) {
  const liquidation = /^liquidation (\d+)$/.exec(reason);
  return liquidation ? t("forced liquidation no. %(n)s", { n: liquidation[1] }) : reason;
}

export const accountStatusWord = (status) => word(ACCOUNT_STATUSES, status);
export const cancelReason = (reason) => word(REASONS, reason);

/** Title of a refusal and what to do next, by the server's stable code. */
const REFUSALS = {
  insufficient_margin: () => [t("not enough funds"), t("Send fewer lots, or cancel a working order that freezes funds.")],
  over_close: () => [t("more lots than you can close"), t("Send fewer lots, or cancel a working close order.")],
  over_close_today: () => [t("more lots than you opened today"), t("Send fewer lots, or close yesterday's lots.")],
  over_close_yesterday: () => [t("more lots than you held yesterday"), t("Send fewer lots, or close today's lots.")],
  close_only: () => [t("this account may only close"), t("Your risk officer can release it.")],
  account_frozen: () => [t("this account is blocked"), t("Your risk officer can release it; cancels still work.")],
  account_not_found: () => [t("there is no such account"), t("Choose an account at the top of the page.")],
  instrument_not_found: () => [t("there is no such contract"), t("Choose a contract from the watch list.")],
  market_closed: () => [t("the market is closed"), t("Send it again when the session opens.")],
  price_band: () => [t("the price is outside the band"), t("Choose a price inside the band.")],
  price_tick: () => [t("the price is not a multiple of the tick"), t("Choose the nearest price.")],
  quantity: () => [t("the number of lots is not valid"), t("Lots are whole numbers from 1.")],
  order_quantity_limit: () => [t("too many lots in one order"), t("Split the order.")],
  invalid_field: () => [t("a field cannot be read"), t("Check the ticket.")],
  position_limit: () => [t("over the position limit"), t("Send fewer lots, or close some first.")],
  working_orders_limit: () => [t("too many working orders"), t("Cancel one first.")],
  rate_limited: () => [t("too many orders in one second"), t("Wait a second and send it again.")],
  kill_switch: () => [t("trading is stopped by a kill switch"), t("Your broker will say when it is released; cancels still work.")],
  trading_day: () => [t("the trading day has changed"), t("Check the ticket and send it again.")],
  duplicate_client_order_id: () => [t("this order was already sent"), t("Look at it in the Working tab.")],
  order_not_found: () => [t("there is no such order"), t("It may have been filled or cancelled.")],
  too_late_to_cancel: () => [t("the order has already ended"), t("Look at it in the Fills tab.")],
  replace_not_allowed: () => [t("the order cannot be changed like that"), t("Cancel it and send a new one.")],
  no_liquidity: () => [t("nobody is on the other side"), t("Use a limit price.")],
  order_terms: () => [t("these terms do not fit together"), t("Check protection, display and validity.")],
  wrong_phase: () => [t("the contract takes no such order now"), t("Wait for the next phase of trading.")],
  stop_side: () => [t("the trigger is on the wrong side of the last price"), t("A buy stop lies above the last price, a sell stop below.")],
  post_only: () => [t("it would trade at once"), t("Choose a price that rests, or let it take.")],
  other_leg_not_found: () => [t("the other leg is not working"), t("Send the pair again.")],
  other_leg_not_allowed: () => [t("the two legs do not fit"), t("Same contract, side and offset, not more lots.")],
  protection_price: () => [t("protection is on the wrong side or outside the band"), t("Check take profit and stop loss.")],
  contract_expired: () => [t("the contract has expired"), t("Choose a later month.")],
  lot_multiple: () => [t("not a whole delivery unit"), t("So near to delivery, lots come in multiples.")],
  natural_person: () => [t("natural persons may not open this contract any more"), t("Choose a later month; closing is possible.")],
  settlement_running: () => [t("the settlement is running"), t("Send it again when the next day has begun.")],
  settlement_not_confirmed: () => [t("the last statement is not confirmed"), t("Read it under Statements and confirm it; closing is free.")],
  disk_full: () => [t("new orders are held back: the journal's disk is nearly full"), t("Cancels still work; your broker has been told.")],
  self_trade: () => [t("it would meet your own order"), t("Cancel your order on the other side first.")],
  trading_unavailable: () => [t("trading is unavailable"), t("Nothing is queued; working orders stay at the exchange.")],
  core_unavailable: () => [t("trading is unavailable"), t("Nothing is queued; working orders stay at the exchange.")],
  disconnected: () => [t("the connection was lost"), t("The order's fate is looked up when the connection is back.")],
  unreachable: () => [t("the portal does not answer"), t("Nothing is queued. Try again in a moment.")],
  no_answer: () => [t("no answer yet"), t("Look at the Working tab before sending it again.")],
  permission_denied: () => [t("your role may not do this"), t("Your broker's administrator can change it.")],
};

export const refusalTitle = (code) => (REFUSALS[code] ? REFUSALS[code]()[0] : String(code));
export const refusalAdvice = (code) => (REFUSALS[code] ? REFUSALS[code]()[1] : "");

const FIGURES = {
  needed: () => t("Needed"),
  available: () => t("Available"),
  margin: () => t("of it margin"),
  fee: () => t("of it fee"),
  max_qty: () => t("Most you can send"),
  qty: () => t("Lots in the order"),
  limit: () => t("Limit"),
  held: () => t("Already held"),
  working: () => t("Already working"),
  closable: () => t("Can be closed"),
  price: () => t("Price"),
  trigger: () => t("Trigger"),
  last: () => t("Last price"),
  best: () => t("Best price across"),
  take_profit: () => t("Take profit"),
  stop_loss: () => t("Stop loss"),
  lower: () => t("Lowest"),
  upper: () => t("Highest"),
  lowest: () => t("Lowest"),
  highest: () => t("Highest"),
  opposite: () => t("Lots on the other side"),
  expected_day: () => t("Trading day now"),
  last_trading_day: () => t("Last trading day"),
  statement_trading_day: () => t("Statement of"),
  version: () => t("Version"),
};

/** Figures of a refusal as [label, text] pairs: money and prices come with decimals, counts are whole; internal ones are not shown. */
export function figureRows(figures) {
  return Object.entries(figures ?? {})
    .filter(([name, value]) => FIGURES[name] && value !== null)
    .map(([name, value]) => [FIGURES[name](), figureText(value)]);
}

function figureText(value) {
  if (typeof value === "number") return decimal(value, 0);
  const money = /^(-?\d+)\.(\d+)$/.exec(value);
  return money ? decimal(Number(money[1] + money[2]), money[2].length) : String(value);
}

/** One sentence for the log. */
export function refusalSentence(code, figures) {
  const rows = figureRows(figures).map(([label, text]) => `${label} ${text}`);
  return t("Refused: %(why)s", { why: refusalTitle(code) }) + (rows.length ? ` (${rows.join(" · ")})` : "");
}
