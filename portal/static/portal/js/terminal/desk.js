/* Sending: every order, change and cancel leaves through here, is timed, and its fate is known even when the line breaks. */
import { t } from "../words.js";
import { orderWords } from "./describe.js";
import { socket } from "./feed.js";
import { note } from "./journal.js";
import { accepted, refused, warned } from "./outcome.js";
import { Refusal, read, rest } from "./rest.js";
import { state, tookAnswer } from "./state.js";
import { refusalSentence } from "./terms.js";

const UNANSWERED = new Set(["disconnected", "no_answer"]);
const unsettled = new Map();

function clientOrderId() {
  const noise = crypto.getRandomValues(new Uint32Array(1))[0].toString(36);
  return `w-${Date.now().toString(36)}-${noise}`;
}

/** Send a draft of the ticket; `most` is what the preview said could be sent at most. Resolves to {ok, order} or {ok: false, error}; the outcome is already on show. */
export async function sendOrder(draft, { most = null } = {}) {
  const body = { account: state.account.id, trading_day: state.market.trading_day, client_order_id: clientOrderId(), ...draft };
  const answer = await timed(() => socket.request("order.new", body));
  if (answer.ok && answer.order.status !== "rejected") {
    accepted(answer.order, answer.ms);
    note("info", `${t("Sent: %(what)s", { what: orderWords(answer.order) })} · ${answer.ms.toFixed(1)} ms`);
    return answer;
  }
  const error = answer.ok ? { code: answer.order.reject_code, figures: answer.order.figures } : answer.error;
  if (UNANSWERED.has(error.code)) {
    unsettled.set(body.client_order_id, body);
    warned(t("No answer: the order's fate is not known yet"), t("It is looked up as soon as the connection is back. Do not send it again before that."));
  } else {
    refused(most === null ? error : { ...error, figures: { ...error.figures, max_qty: most } });
    note("refused", `${orderWords(body)} — ${refusalSentence(error.code, error.figures)}`);
  }
  return { ok: false, error };
}

async function timed(ask) {
  const started = performance.now();
  try {
    const answer = await ask();
    const ms = performance.now() - started;
    tookAnswer(ms);
    return { ...answer, ok: true, ms };
  } catch (error) {
    const ms = performance.now() - started;
    if (!UNANSWERED.has(error.code)) tookAnswer(ms);
    return { ok: false, error, ms };
  }
}

/** After a reconnect: ask what became of orders whose answer was lost. */
export async function settleUnknown() {
  for (const [id, body] of [...unsettled]) {
    try {
      const order = await read(`orders/by-client-id/${encodeURIComponent(id)}?account=${body.account}`);
      unsettled.delete(id);
      accepted(order, 0);
      note("info", t("Found: %(what)s", { what: orderWords(order) }));
    } catch (problem) {
      if (problem.status !== 404) continue;
      unsettled.delete(id);
      warned(t("The order never arrived"), t("Nothing was sent to the exchange; send it again if you still want it."));
      note("warn", t("Never arrived: %(what)s", { what: orderWords(body) }));
    }
  }
}

/** Cancels use the socket, and the REST door when the socket is down: they must always work. */
async function withFallback(op, fields, method, path, body) {
  if (socket.open) return timed(() => socket.request(op, fields));
  try {
    return { ok: true, ...(await rest(method, path, body)) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, error };
  }
}

export async function cancelOrder(order) {
  const answer = await withFallback("order.cancel", { account: order.account, order_id: order.id }, "DELETE", `orders/${order.id}?account=${order.account}`);
  if (!answer.ok) {
    refused(answer.error);
    note("refused", `${orderWords(order)} — ${refusalSentence(answer.error.code, answer.error.figures)}`);
  }
  return answer;
}

export async function cancelAll() {
  const { id } = state.account;
  const count = state.account.workingOrders.length;
  const answer = await withFallback("orders.cancel_all", { account: id }, "POST", "orders/cancel-all", { account: id });
  if (answer.ok) note("info", t("Cancel all was sent for %(n)s orders.", { n: count }));
  else refused(answer.error);
  return answer;
}

export async function replaceOrder(order, { qty, limitPrice = null, stopPrice = null }) {
  const fields = { account: order.account, order_id: order.id, qty, limit_price: limitPrice, stop_price: stopPrice };
  const answer = await timed(() => socket.request("order.replace", fields));
  if (answer.ok) note("info", t("Changed: %(what)s", { what: orderWords(answer.order ?? order) }));
  return answer;
}
