/* The answer beside the ticket: what was sent, what came of it, or why not, with the figures and what to do next. It stays until the next order. */
import { decimal, timeOf } from "../format.js";
import { byId, icon, make } from "../dom.js";
import { t } from "../words.js";
import { fillWords, orderWords } from "./describe.js";
import { cancelReason, capital, figureRows, refusalAdvice, refusalTitle } from "./terms.js";

const KINDS = { ok: "ok", refused: "x", warn: "warn" };
/* Number of the order on show; null when nothing is, "other" when a refusal or a warning is: that stays until the next order. */
let shownOrder = null;

function show({ kind, title, rows = [], text = "" }) {
  const note = make("div", `note ${kind}`);
  note.append(icon(KINDS[kind]), make("h3", "", title));
  if (rows.length) {
    const list = make("dl", "kv");
    for (const [label, value] of rows) list.append(make("dt", "", label), make("dd", "num", value));
    note.append(list);
  }
  if (text) note.append(make("p", "small t2", text));
  byId("outcome").replaceChildren(note);
  // With open details or on a phone the answer would lie below what is seen; a refusal nobody sees is none.
  note.scrollIntoView({ block: "nearest", behavior: "instant" });
}

export function clearOutcome() {
  shownOrder = null;
  byId("outcome").replaceChildren();
}

/** The counter answered with a number: say it, and how long it took. */
export function accepted(order, ms) {
  shownOrder = order.id;
  const left = order.leaves_qty;
  const title = order.status === "filled" ? t("Filled: %(what)s", { what: orderWords(order) }) : t("Sent: %(what)s", { what: orderWords(order) });
  const parts = [t("Answered in %(ms)s ms", { ms: decimal(Math.round(ms * 10), 1) }), t("order %(id)s", { id: order.id })];
  if (order.filled_qty && left) parts.push(t("%(n)s lots filled, %(left)s still working", { n: order.filled_qty, left }));
  show({ kind: "ok", title, text: parts.join(" · ") });
}

/** Refused: what, needed, available, rule, next step. */
export function refused({ code, detail, figures }, advice = "") {
  shownOrder = "other";
  const known = refusalTitle(code);
  show({
    kind: "refused",
    title: t("Refused: %(why)s", { why: known === code && detail ? detail : known }),
    rows: figureRows(figures),
    text: [advice || refusalAdvice(code), known === code ? "" : t("Code %(code)s", { code })].filter(Boolean).join(" · "),
  });
}

export function warned(title, text = "") {
  shownOrder = "other";
  show({ kind: "warn", title, text });
}

/** Later news about the order that is on show. */
export function told(what, { order, fill }) {
  if (what === "fill" && (order?.id === shownOrder || shownOrder === null)) {
    const left = order?.leaves_qty ?? 0;
    show({ kind: "ok", title: t("%(time)s Filled: %(what)s", { time: timeOf(fill.at), what: fillWords(fill) }), text: left ? t("%(left)s lots still working", { left }) : t("Nothing left working of this order") });
  }
  if (what === "canceled" && order.id === shownOrder) {
    const why = order.cancel_reason && cancelReason(order.cancel_reason);
    const had = order.filled_qty ? t("%(n)s lots had been filled", { n: order.filled_qty }) : t("nothing was filled");
    show({ kind: order.cancel_reason === "client" ? "ok" : "warn", title: t("Cancelled: %(what)s", { what: orderWords(order) }), text: [why && capital(why), had].filter(Boolean).join(" · ") });
  }
}
