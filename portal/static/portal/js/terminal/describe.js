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

export const orderWords = (order) => phrase(order, order.limit_price === null || order.limit_price === undefined ? t("market") : priceOf(order.symbol, order.limit_price));
