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

/** What an order wants beyond price, lots and validity, as short phrases; empty for a plain one. */
export function termWords(order) {
  const { display_qty: shown, min_qty: least, post_only: rests, take_profit_price: gain, stop_loss_price: loss, other_leg: leg, force_close_reason: forced } = order.terms ?? {};
  return [
    shown && t("shows %(n)s", { n: shown }),
    least && t("at least %(n)s", { n: least }),
    rests && t("rests only"),
    gain && t("profit at %(price)s", { price: priceOf(order.symbol, gain) }),
    loss && t("loss at %(price)s", { price: priceOf(order.symbol, loss) }),
    leg && t("paired: one ends the other"),
    forced && t("forced"),
  ].filter(Boolean);
}

export const orderWords = (order) => phrase(order, priceText(order));
