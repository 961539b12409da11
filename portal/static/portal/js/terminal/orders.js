/* Working orders: change, cancel, cancel all. */
import { byId } from "../dom.js";
import { decimal, timeMsOf } from "../format.js";
import { paint } from "../frame.js";
import { t } from "../words.js";
import { ask } from "./ask.js";
import { changeOrder } from "./change.js";
import { orderWords, priceText, termWords } from "./describe.js";
import { cancelAll, cancelOrder } from "./desk.js";
import { mayTrade, state } from "./state.js";
import { LiveTable, rowButton, sideBadge } from "./table.js";
import { capital, effectWord, statusWord, timeWord } from "./terms.js";

let table;

const instrumentOf = (order) => state.instruments.get(order.symbol);
const answers = new Map();

/** Time from arrival to commit of the order itself; a later change or fill has its own times, which are not this. */
function answerMs(order) {
  if (order.acked_ns && order.received_ns && order.created_at === order.updated_at) answers.set(order.id, decimal(Math.round((order.acked_ns - order.received_ns) / 1e5), 1));
  return answers.get(order.id) ?? "–";
}

export function buildOrders() {
  const columns = [
    { label: t("Time"), kind: "t2", text: (order) => timeMsOf(order.created_at) },
    { label: t("Contract"), kind: "strong", text: (order) => instrumentOf(order)?.short ?? order.symbol },
    { label: t("Side"), build: (order) => [sideBadge(order.side === "buy", order.side === "buy" ? t("B") : t("S"))] },
    { label: t("Offset"), text: (order) => capital(effectWord(order.position_effect)) },
    { label: t("Price"), kind: "num strong", text: priceText },
    { label: t("Lots"), kind: "num", text: (order) => decimal(order.qty, 0) },
    { label: t("Filled"), kind: "num t2", text: (order) => decimal(order.filled_qty, 0) },
    { label: t("Valid"), kind: "t2 wrap", text: (order) => [order.terms?.good_till ?? timeWord(order.time_in_force), ...termWords(order)].join(" · ") },
    { label: t("Status"), text: (order) => statusWord(order.status) },
    { label: t("Answer ms"), kind: "num t2", text: answerMs },
    { label: t("Action"), kind: "num acts", bare: true, build: (order, now) => !mayTrade() ? [] : [rowButton(t("Change"), t("Change %(what)s", { what: orderWords(order) }), () => changeOrder(now())), rowButton(t("Cancel"), t("Cancel %(what)s", { what: orderWords(order) }), () => cancelOrder(now()))] },
  ];
  table = new LiveTable({ head: byId("h-work"), body: byId("b-work"), columns, keyOf: (order) => order.id });
  byId("cancel-all").addEventListener("click", askCancelAll);
  paint("orders", drawOrders);
}

function drawOrders() {
  const orders = (state.account?.workingOrders ?? []).sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  table.update(orders);
  byId("n-work").textContent = String(orders.length);
  byId("e-work").hidden = orders.length > 0;
  const all = byId("cancel-all");
  const off = !orders.length || !mayTrade();
  if (off && document.activeElement === all) byId("t-work").focus();
  all.disabled = off;
}

export async function askCancelAll() {
  const orders = state.account?.workingOrders ?? [];
  if (!orders.length || !mayTrade()) return;
  const lots = orders.reduce((sum, order) => sum + order.leaves_qty, 0);
  const sure = state.oneClick || (await ask({ title: t("Cancel all %(n)s working orders?", { n: orders.length }), rows: [[t("Lots still working"), decimal(lots, 0)]], yes: t("Cancel all"), no: t("Keep them") }));
  if (sure) await cancelAll();
}
