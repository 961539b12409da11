/* What an alert says: the thing with its figures, then the sums behind it. */
import { decimal, fenOf, percent, yuan } from "/static/portal/js/format.js";
import { t } from "/static/portal/js/words.js";

export const SEVERITY = {
  1: { kind: "info", icon: "info", word: t("Info") },
  2: { kind: "warn", icon: "warn", word: t("Warning") },
  3: { kind: "major", icon: "major", word: t("Major") },
  4: { kind: "critical", icon: "crit", word: t("Critical") },
};

export const degreeText = (ppm) => (ppm > 2_000_000 ? "> 200 %" : percent(ppm / 1e6, 1));

const REFUSED = {
  insufficient_margin: t("Order refused: not enough funds"),
  position_limit: t("Order refused: position limit"),
  order_quantity_limit: t("Order refused: too many lots in one order"),
  working_orders_limit: t("Order refused: too many working orders"),
  rate_limited: t("Order refused: too many orders a second"),
  price_band: t("Order refused: price outside the band"),
  close_only: t("Order refused: the account is close-only"),
  account_frozen: t("Order refused: the account is blocked"),
  kill_switch: t("Order refused: kill switch"),
};

const sum = (text) => decimal(fenOf(text));
const FIGURES = {
  symbol: ["", String],
  needed: [t("needed"), sum],
  available: [t("available"), sum],
  price: [t("price"), String],
  lower: [t("lowest"), String],
  upper: [t("highest"), String],
  limit: [t("limit"), String],
  qty: [t("lots"), String],
};

export function headline(alert) {
  const f = alert.figures;
  if (alert.rule.startsWith("risk_degree_")) {
    const values = { degree: degreeText(f.degree_ppm), line: percent(f.line_ppm / 1e6, 0) };
    return alert.severity >= 4 ? t("Risk degree %(degree)s, above the margin line %(line)s", values) : t("Risk degree %(degree)s, above the warning line %(line)s", values);
  }
  return REFUSED[alert.rule.split(".")[1]] ?? alert.rule;
}

export function sums(alert) {
  const f = alert.figures;
  if (alert.rule.startsWith("risk_degree_")) {
    const base = t("Margin %(margin)s ÷ equity %(equity)s", { margin: decimal(f.margin_fen), equity: decimal(f.equity_fen) });
    return f.call_fen > 0 ? `${base} · ${t("call %(call)s", { call: decimal(f.call_fen) })}` : base;
  }
  return Object.entries(FIGURES).filter(([key]) => f[key] !== undefined).map(([key, [word, write]]) => `${word} ${write(f[key])}`.trim()).join(" · ");
}

/** "03:08", and hours before it when it has been that long. */
export function ageText(fromMs, nowMs) {
  const s = Math.max(0, Math.floor((nowMs - fromMs) / 1000));
  const pad = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  return (hours ? `${hours}:` : "") + `${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`;
}

export const callText = (fen) => (fen > 0 ? yuan(fen) : "–");
