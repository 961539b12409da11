/* The list of alerts: one row per number, changed in place, unseen first inside a severity. */
import { byId, icon, make } from "/static/portal/js/dom.js";
import { t } from "/static/portal/js/words.js";
import config, { nameOf } from "./config.js";
import { SEVERITY, ageText, headline, sums } from "./wording.js";

const shown = (alert) => alert.state !== "resolved";
const order = (a, b) => b.severity - a.severity || (a.state === b.state ? 0 : a.state === "open" ? -1 : 1) || b.last_at_ns - a.last_at_ns;

export class AlertList {
  constructor({ onChoose, onAcknowledge }) {
    this.rows = new Map();
    this.filter = "all";
    this.chosen = null;
    this.onChoose = onChoose;
    this.onAcknowledge = onAcknowledge;
    this.list = byId("alerts");
    this.list.addEventListener("click", (event) => this.click(event));
    for (const radio of document.querySelectorAll("input[name=show]")) {
      radio.addEventListener("change", () => {
        this.filter = radio.value;
        this.draw();
      });
    }
  }

  reset(items) {
    this.rows = new Map(items.map((item) => [item.number, item]));
    this.draw();
  }

  /** Take changed rows over; returns those that nobody has seen before. */
  take(items) {
    const fresh = [];
    for (const item of items) {
      const known = this.rows.get(item.number);
      if (known && known.change_no >= item.change_no) continue;
      if (!known && item.state === "open") fresh.push(item);
      this.rows.set(item.number, item);
    }
    if (items.length) this.draw();
    return fresh;
  }

  get standing() {
    return [...this.rows.values()].filter(shown).sort(order);
  }

  get visible() {
    return this.standing.filter((a) => this.filter === "all" || (this.filter === "free") === (a.state === "open"));
  }

  choose(number) {
    this.chosen = number;
    for (const article of this.list.querySelectorAll("article")) {
      if (Number(article.dataset.number) === number) {
        article.setAttribute("aria-current", "true");
        article.scrollIntoView({ block: "nearest" });
      } else article.removeAttribute("aria-current");
    }
    this.onChoose(this.rows.get(number));
  }

  step(by) {
    const visible = this.visible;
    if (!visible.length) return;
    const at = visible.findIndex((a) => a.number === this.chosen);
    this.choose(visible[Math.max(0, Math.min(visible.length - 1, at + by))].number);
  }

  click(event) {
    const article = event.target.closest("article");
    if (!article) return;
    const number = Number(article.dataset.number);
    this.choose(number);
    if (event.target.closest("[data-ack]")) this.onAcknowledge(this.rows.get(number));
  }

  draw() {
    const visible = this.visible;
    this.list.replaceChildren(...visible.map((alert) => this.row(alert)));
    this.list.hidden = !visible.length;
    byId("alerts-empty").hidden = visible.length > 0 || this.standing.length > 0;
    byId("alerts-hidden").hidden = visible.length > 0 || !this.standing.length;
    byId("open-count").textContent = this.standing.length;
    for (const level of [2, 3, 4]) byId(`count-${level}`).textContent = this.standing.filter((a) => a.severity === level).length;
    byId("box-4").classList.toggle("critical", this.standing.some((a) => a.severity === 4));
    this.age(Date.now());
  }

  row(alert) {
    const severity = SEVERITY[alert.severity];
    const article = make("article", `alert ${severity.kind} ${alert.state === "open" ? "open" : "acked"}`);
    article.dataset.number = alert.number;
    if (alert.number === this.chosen) article.setAttribute("aria-current", "true");
    const what = make("div", "what");
    const head = make("p", "row");
    const sev = make("span", `sev ${severity.kind}`);
    sev.append(icon(severity.icon), make("span", "", severity.word));
    head.append(sev, make("span", "t2 small", nameOf(alert.account)));
    if (alert.count > 1) {
      const badge = make("span", "badge", `×${alert.count}`);
      badge.title = t("Repeats");
      head.append(badge);
    }
    if (alert.cleared_at_ns) head.append(make("span", "badge", t("over")));
    what.append(head, make("h3", "", headline(alert)), make("p", "small t2", sums(alert)));
    article.append(what, this.meta(alert));
    const item = make("li");
    item.append(article);
    return item;
  }

  meta(alert) {
    const meta = make("div", "meta");
    const age = make("span", "age num");
    age.dataset.from = Math.floor(alert.first_at_ns / 1e6);
    meta.append(age);
    if (alert.state === "open") {
      meta.append(make("span", "t3 small", t("No owner")));
      if (config.may_acknowledge) {
        const button = make("button", `btn s${alert.severity >= 4 ? " primary" : ""}`, t("Acknowledge"));
        button.type = "button";
        button.dataset.ack = "";
        button.setAttribute("aria-label", t("Acknowledge A-%(number)s", { number: alert.number }));
        meta.append(button);
      }
    } else {
      const holder = make("span", "state");
      holder.append(make("span", "", t("Taken by %(name)s", { name: alert.acknowledged_by ?? "–" })));
      meta.append(holder);
    }
    return meta;
  }

  age(nowMs) {
    for (const cell of this.list.querySelectorAll("[data-from]")) cell.textContent = ageText(Number(cell.dataset.from), nowMs);
    const free = this.standing.filter((a) => a.state === "open").map((a) => a.first_at_ns / 1e6);
    byId("oldest").textContent = free.length ? ageText(Math.min(...free), nowMs) : "–";
  }
}
