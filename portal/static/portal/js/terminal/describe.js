/* Orders and fills in one phrase, as the log, the outcome and the dialogs say them. */
import { t } from "../words.js";
import { state } from "./state.js";
import { effectWord, sideWord } from "./terms.js";

const shortOf = (symbol) => state.instruments.get(symbol)?.short ?? symbol;

function priceOf(symbol, text) {
  const instrument = state.instruments.get(symbol);
  return instrument ? instrument.price(instrument.units(text)) : text;
}

function phrase(row, price) {
  return t("%(symbol)s %(side)s %(effect)s %(n)s lots @%(price)s", {
    symbol: shortOf(row.symbol),
    side: sideWord(row.side),
    effect: effectWord(row.position_effect),
    n: row.qty,
    price,
  });
}

export const fillWords = (fill) => phrase(fill, priceOf(fill.symbol, fill.price));

/** The price of an order as one text: a stop says from where, and at what if it has a limit. */
export function priceText(order) {
  const limit = order.limit_price ? priceOf(order.symbol, order.limit_price) : t("market");
  if (order.stop_price) return t("%(price)s from %(trigger)s", { price: limit, trigger: priceOf(order.symbol, order.stop_price) });
  return order.terms?.trail_price ? t("%(price)s trailing %(distance)s", { price: limit, distance: order.terms.trail_price }) : limit;
}

export const orderWords = (order) => phrase(order, priceText(order));
