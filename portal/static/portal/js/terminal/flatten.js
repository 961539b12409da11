/* Close and reverse from a position's row: at the best prices of the other side, after a question unless one-click is on. */
import { plain } from "../format.js";
import { t } from "../words.js";
import { ask } from "./ask.js";
import { sendOrder } from "./desk.js";
import { note } from "./journal.js";
import { warned } from "./outcome.js";
import { orderGate, state } from "./state.js";

const FILL_WITHIN_MS = 3000;
const LOOK_EVERY_MS = 50;
const SLACK_TICKS = 10;

/** Best price to leave a position, in units: the other side's best, else the last. */
function leavingPrice(position) {
  const quote = state.quotes.get(position.symbol);
  const instrument = state.instruments.get(position.symbol);
  const best = position.sign > 0 ? quote?.bid : quote?.ask;
  return { instrument, units: best ?? quote?.last ?? instrument?.previousSettlement };
}

/** The limit of the order: a few ticks worse than the best, so that a small move does not leave it waiting; it fills at the best price there is. */
function worstPrice(position) {
  const { instrument, units } = leavingPrice(position);
  const slack = SLACK_TICKS * instrument.tick;
  return position.sign > 0 ? Math.max(units - slack, instrument.lower ?? instrument.tick) : Math.min(units + slack, instrument.upper ?? Infinity);
}

function order(position, { effect, qty }) {
  const { instrument } = leavingPrice(position);
  return { symbol: position.symbol, side: position.sign > 0 ? "sell" : "buy", position_effect: effect, type: "limit", time_in_force: "day", qty, limit_price: plain(worstPrice(position), instrument.places) };
}

function closable(position) {
  return (position.closable_today ?? position.today_qty) + (position.closable_yesterday ?? position.yesterday_qty);
}

async function allowed(position, { title, yes, effectRows }) {
  if (orderGate()) {
    warned(t("No new orders now"), t("The banner at the top says why; cancels still work."));
    return false;
  }
  if (!closable(position)) {
    warned(t("Nothing can be closed"), t("All lots are held by working close orders; cancel one first."));
    return false;
  }
  if (state.oneClick) return true;
  const { instrument, units } = leavingPrice(position);
  const rows = [[t("Contract"), instrument.short], [t("Position"), t("%(word)s %(n)s", { word: position.sign > 0 ? t("Long") : t("Short"), n: position.qty })], ...effectRows, [t("Best price now"), instrument.price(units)], [t("At worst"), instrument.price(worstPrice(position))]];
  return ask({ title, rows, yes, kind: position.sign > 0 ? "sell" : "buy" });
}

export async function closePosition(position) {
  const qty = closable(position);
  const { instrument } = leavingPrice(position);
  const go = await allowed(position, {
    title: t("Close %(n)s lots of %(symbol)s?", { n: qty, symbol: instrument.short }),
    yes: t("Close %(n)s lots", { n: qty }),
    effectRows: [[t("Closes (yest. / today)"), `${position.closable_yesterday ?? 0} / ${position.closable_today ?? 0}`]],
  });
  if (go) await sendOrder(order(position, { effect: "auto", qty }));
}

/** Close, and only when the close has filled open as many the other way. */
export async function reversePosition(position) {
  const qty = closable(position);
  const { instrument } = leavingPrice(position);
  const go = await allowed(position, {
    title: t("Reverse %(symbol)s?", { symbol: instrument.short }),
    yes: t("Reverse %(n)s lots", { n: qty }),
    effectRows: [[t("First closes"), t("%(n)s lots", { n: qty })], [t("Then opens the other way"), t("%(n)s lots", { n: qty })]],
  });
  if (!go) return;
  const closing = await sendOrder(order(position, { effect: "auto", qty }));
  if (!closing.ok) return;
  if (!(await filled(closing.order))) {
    warned(t("The close is still working"), t("The opening order was not sent. Change or cancel the close in the Working tab."));
    note("warn", t("Reverse stopped: the close of %(symbol)s did not fill at once.", { symbol: instrument.short }));
    return;
  }
  await sendOrder(order(position, { effect: "open", qty }));
}

async function filled(sent) {
  const until = performance.now() + FILL_WITHIN_MS;
  let seen = sent.status === "filled";
  while (!seen && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const lots = [...state.account.fills.values()].filter((fill) => fill.order_id === sent.id).reduce((sum, fill) => sum + fill.qty, 0);
    seen = lots >= sent.qty;
  }
  return seen;
}
