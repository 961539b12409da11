/* One account: its figures, what can be done, what happened. */
import { byId, icon, make } from "/static/portal/js/dom.js";
import { decimal, direction, signed, timeOf } from "/static/portal/js/format.js";
import { mark, paint } from "/static/portal/js/frame.js";
import { t } from "/static/portal/js/words.js";
import config, { nameOf } from "./config.js";
import { get } from "./rest.js";
import { SEVERITY, degreeText, headline, sums } from "./wording.js";

const ACTION_WORDS = { close_only: t("Set close-only"), block: t("Blocked"), cancel_all: t("Cancelled all working orders"), release: t("Released"), acknowledge: t("Acknowledged") };

export class Detail {
  constructor({ ranking, onAct, onAcknowledge }) {
    this.ranking = ranking;
    this.account = null;
    this.alert = null;
    byId("ack").addEventListener("click", () => this.alert && onAcknowledge(this.alert));
    for (const button of document.querySelectorAll("[data-act]")) {
      button.hidden = !config.may_intervene;
      button.addEventListener("click", () => this.account && onAct(this.account, button.dataset.act, this.alert));
    }
    paint("detail", () => this.draw(), 250);
  }

  show(account, alert = null) {
    const other = account !== this.account;
    this.account = account;
    this.alert = alert;
    if (other) byId("act-result").hidden = true;
    mark("detail");
    this.history();
  }

  async history() {
    const account = this.account;
    const answer = await get(`accounts/${account}`);
    if (account !== this.account || !answer.ok) return;
    if (answer.body.risk) this.ranking.take([answer.body.risk]);
    byId("timeline").replaceChildren(...answer.body.history.map(entry));
    byId("timeline-empty").hidden = answer.body.history.length > 0;
    mark("detail");
  }

  result(text, ok) {
    const note = byId("act-result");
    note.className = `note ${ok ? "ok" : "refused"}`;
    note.replaceChildren(icon(ok ? "ok" : "x"), make("span", "", text));
    note.tabIndex = -1;
    note.hidden = false;
  }

  draw() {
    byId("det-none").hidden = this.account !== null;
    byId("det-body").hidden = this.account === null;
    if (this.account === null) return;
    const risk = this.ranking.rows.get(this.account);
    byId("det-h").textContent = this.alert ? `A-${this.alert.number}` : t("Account");
    byId("det-sev").replaceChildren(...(this.alert ? [severityMark(this.alert)] : []));
    byId("det-seq").textContent = this.alert ? t("journal %(seq)s", { seq: this.alert.last_seq }) : "";
    byId("det-title").textContent = this.alert ? `${nameOf(this.account)}: ${headline(this.alert)}` : nameOf(this.account);
    byId("det-line").textContent = this.alert ? [sums(this.alert), this.alert.note && t("Note: %(note)s", { note: this.alert.note })].filter(Boolean).join(" · ") : "";
    byId("ack").hidden = !(config.may_acknowledge && this.alert?.state === "open");
    if (risk) drawRisk(risk);
  }
}

function drawRisk(risk) {
  const kind = risk.degree_ppm >= 1e6 ? "critical" : risk.degree_ppm >= 8e5 ? "warn" : "";
  const degree = byId("det-degree");
  degree.className = kind ? `sev ${kind}` : "";
  degree.textContent = degreeText(risk.degree_ppm);
  const meter = byId("det-meter");
  meter.className = `meter ${kind}`;
  meter.setAttribute("aria-valuenow", Math.min(120, risk.degree_ppm / 1e4).toFixed(1));
  meter.firstElementChild.style.setProperty("--v", Math.min(risk.degree_ppm / 1.2e6, 1));
  for (const key of ["equity", "margin", "available"]) byId(`det-${key}`).textContent = decimal(risk[`${key}_fen`]);
  const profit = byId("det-profit");
  profit.textContent = signed(risk.profit_fen);
  profit.className = `num ${direction(risk.profit_fen)}`;
  byId("det-call").textContent = risk.margin_fen > risk.equity_fen ? decimal(risk.margin_fen - risk.equity_fen) : "–";
  byId("det-exposure").textContent = signed(risk.exposure_fen);
  for (const rung of [0, 1, 2]) {
    const item = byId(`rung-${rung}`);
    if (rung === risk.status) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
    const button = item.querySelector("button");
    button.disabled = rung === risk.status;
  }
}

function severityMark(alert) {
  const severity = SEVERITY[alert.severity];
  const element = make("span", `sev ${severity.kind}`);
  element.append(icon(severity.icon), make("span", "", severity.word));
  return element;
}

function entry(row) {
  const item = make("li");
  const words = [ACTION_WORDS[row.action] ?? row.action, row.by, row.reason];
  // Who takes note of an alert changes nothing in the journal; the row's number is the alert's own.
  if (row.journal_seq && row.action !== "acknowledge") words.push(t("effective at journal %(seq)s", { seq: row.journal_seq }));
  item.append(make("time", "num", timeOf(row.at)), make("span", "", words.join(" · ")));
  return item;
}
