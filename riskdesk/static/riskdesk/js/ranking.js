/* Accounts by risk degree, re-ranked in place; the slider asks what a price move would do. */
import { byId, icon, make } from "/static/portal/js/dom.js";
import { signed } from "/static/portal/js/format.js";
import { mark, paint } from "/static/portal/js/frame.js";
import { t } from "/static/portal/js/words.js";
import { nameOf } from "./config.js";
import { callText, degreeText } from "./wording.js";

const REST_MS = 250;
const SHOWN = 200;

/** Equity moves with the net value of the positions; margin is held on opening and settlement prices, so it stays. */
function stressed(risk, percent) {
  const equity = risk.equity_fen + (risk.exposure_fen * percent) / 100;
  const degree = risk.margin_fen === 0 ? 0 : equity <= 0 ? 99e6 : (risk.margin_fen * 1e6) / equity;
  return { ...risk, equity_fen: equity, degree_ppm: degree, call_fen: Math.max(0, risk.margin_fen - equity) };
}

export class Ranking {
  constructor({ onChoose }) {
    this.rows = new Map();
    this.total = 0;
    this.onChoose = onChoose;
    this.slider = byId("stress");
    this.slider.addEventListener("input", () => mark("ranking"));
    byId("stress-back").addEventListener("click", () => {
      this.slider.value = 0;
      mark("ranking");
    });
    byId("rank").addEventListener("click", (event) => {
      const button = event.target.closest("button[data-account]");
      if (button) onChoose(Number(button.dataset.account));
    });
    paint("ranking", () => this.draw(), REST_MS);
  }

  reset(ranking) {
    this.rows = new Map(ranking.accounts.map((row) => [row.account, row]));
    this.total = ranking.total;
    mark("ranking");
  }

  take(rows) {
    for (const row of rows) if ((this.rows.get(row.account)?.seq ?? -1) <= row.seq) this.rows.set(row.account, row);
    this.total = Math.max(this.total, this.rows.size);
    mark("ranking");
  }

  draw() {
    const percent = Number(this.slider.value);
    const list = [...this.rows.values()].map((row) => stressed(row, percent)).sort((a, b) => b.degree_ppm - a.degree_ppm || a.account - b.account);
    const over = (line) => list.filter((row) => row.degree_ppm >= line).length;
    const now = [...this.rows.values()];
    const nowOver = now.filter((row) => row.degree_ppm >= 1e6).length;
    byId("over-100").textContent = nowOver;
    byId("over-80").textContent = now.filter((row) => row.degree_ppm >= 8e5).length;
    byId("calls").textContent = callText(now.reduce((sum, row) => sum + Math.max(0, row.margin_fen - row.equity_fen), 0));
    byId("rank-total").textContent = t("of %(n)s", { n: this.total });
    byId("risk-seq").textContent = Math.max(0, ...now.map((row) => row.seq)) || "–";
    byId("rank-empty").hidden = list.length > 0;
    this.say(percent, list, over(1e6), nowOver);
    this.drawRows(list.slice(0, SHOWN));
  }

  say(percent, list, over, nowOver) {
    byId("stress-out").textContent = `${signed(percent * 10, 1)} %`;
    const call = callText(list.reduce((sum, row) => sum + row.call_fen, 0));
    const text = percent
      ? t("After the move: %(n)s accounts ≥ 100 % (%(change)s), calls of %(call)s in all", { n: over, change: over === nowOver ? t("no change") : signed(over - nowOver, 0), call })
      : t("Now: %(n)s accounts ≥ 100 %, calls of %(call)s in all. Drag or use the arrow keys.", { n: over, call });
    const line = byId("stress-say");
    if (line.textContent !== text) line.textContent = text;
  }

  drawRows(list) {
    const body = byId("rank");
    while (body.rows.length > list.length) body.deleteRow(-1);
    list.forEach((row, index) => fill(body.rows[index] ?? body.appendChild(blankRow()), row));
  }
}

function blankRow() {
  const row = make("tr");
  const head = make("th");
  head.scope = "row";
  const button = make("button", "link");
  button.type = "button";
  head.append(button);
  const cell = make("td");
  const box = make("span", "cell");
  const meter = make("span", "meter");
  const bar = make("i");
  const ticks = [0.6667, 0.8333].map((at) => {
    const tick = make("b");
    tick.style.setProperty("--at", at);
    return tick;
  });
  meter.append(bar, ...ticks);
  box.append(meter, make("strong", "num"), make("span"));
  cell.append(box);
  row.append(head, cell, make("td", "num"));
  return row;
}

function fill(tr, row) {
  const kind = row.degree_ppm >= 1e6 ? "critical" : row.degree_ppm >= 8e5 ? "warn" : "";
  const button = tr.cells[0].firstChild;
  if (button.dataset.account !== String(row.account)) {
    button.dataset.account = row.account;
    button.textContent = nameOf(row.account);
  }
  const [meter, figure, mark_] = tr.cells[1].firstChild.children;
  meter.className = `meter ${kind}`;
  meter.firstChild.style.setProperty("--v", Math.min(row.degree_ppm / 1.2e6, 1));
  const text = degreeText(row.degree_ppm);
  if (figure.textContent !== text) figure.textContent = text;
  figure.className = `num${kind ? ` sev ${kind}` : ""}`;
  if (mark_.dataset.kind !== kind) {
    mark_.dataset.kind = kind;
    mark_.replaceChildren(...(kind ? [icon(kind === "critical" ? "crit" : "warn", true)] : []));
    mark_.className = kind ? `sev ${kind}` : "";
  }
  const call = callText(row.call_fen);
  if (tr.cells[2].textContent !== call) tr.cells[2].textContent = call;
  tr.cells[2].className = `num${row.call_fen > 0 ? " strong" : " t3"}`;
}
