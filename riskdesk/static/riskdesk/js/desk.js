/* The risk officer's page: joins the socket, the list, the ranking, the account and the dialogs. */
import { byId } from "/static/portal/js/dom.js";
import { timeOf } from "/static/portal/js/format.js";
import { mark } from "/static/portal/js/frame.js";
import { t } from "/static/portal/js/words.js";
import { AcknowledgeDialog, ActDialog } from "./acts.js";
import { AlertList } from "./alerts.js";
import { nameOf } from "./config.js";
import { Detail } from "./detail.js";
import { Ranking } from "./ranking.js";
import { DeskSocket } from "./socket.js";
import { Sound } from "./sound.js";
import { headline } from "./wording.js";

const PROBE_S = 10;
const title = document.title;
const sound = new Sound();
const ranking = new Ranking({ onChoose: (account) => detail.show(account) });
const acknowledge = new AcknowledgeDialog({
  onDone: (row) => {
    list.take([row]);
    if (detail.alert?.number === row.number) detail.show(row.account, row);
  },
});
const act = new ActDialog({
  onDone: (verb, result) => {
    detail.result(t("%(verb)s: effective at journal number %(seq)s.", { verb, seq: result.seq }), true);
    detail.history();
  },
});
const detail = new Detail({ ranking, onAct: (account, action, alert) => act.open(account, action, alert), onAcknowledge: (alert) => acknowledge.open(alert) });
const list = new AlertList({ onChoose: (alert) => alert && detail.show(alert.account, alert), onAcknowledge: (alert) => acknowledge.open(alert) });

let lostMs = null;

function frame(message) {
  if (message.type === "snapshot") {
    list.reset(message.alerts);
    ranking.reset(message.ranking);
  } else if (message.type === "alerts") tell(list.take(message.items), message.items);
  else if (message.type === "risks") {
    ranking.take(message.rows);
    if (message.rows.some((row) => row.account === detail.account)) mark("detail");
  }
  byId("through").textContent = socket.through ?? 0;
  const newest = Math.max(0, ...list.rows.keys());
  byId("last-alert").textContent = newest ? `A-${newest}` : "–";
}

function tell(fresh, items) {
  const changed = items.find((item) => item.number === detail.alert?.number);
  if (changed) detail.show(changed.account, changed);
  if (!fresh.length) return;
  const worst = fresh.reduce((a, b) => (b.severity > a.severity ? b : a));
  byId("said").textContent = t("New alert: %(what)s", { what: `${nameOf(worst.account)}, ${headline(worst)}` });
  sound.play(worst.severity >= 4);
}

function state(kind) {
  const live = kind === "live";
  byId("live").className = live ? "state" : "state stale";
  byId("live").firstElementChild.textContent = live ? t("Live") : kind === "forbidden" ? t("Not allowed") : t("Connection lost");
  document.body.classList.toggle("stale", !live);
  if (live) lostMs = null;
  else lostMs ??= Date.now();
}

const socket = new DeskSocket({ onFrame: frame, onState: state });

let seconds = 0;
setInterval(() => {
  const now = Date.now();
  list.age(now);
  byId("clock").textContent = timeOf(now);
  const unowned = list.standing.filter((a) => a.state === "open");
  document.title = unowned.length ? `(${unowned.length}) ${title}` : title;
  sound.remind(unowned.some((a) => a.severity >= 4), now);
  byId("stale").hidden = lostMs === null;
  if (lostMs !== null) byId("stale-text").textContent = t("No news for %(s)s s. Figures are as of then; reconnecting.", { s: Math.round((now - lostMs) / 1000) });
  if (++seconds % PROBE_S === 0) socket.probe();
}, 1000);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=radio]):not([type=range]), textarea, select, dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (key === "j") list.step(1);
  else if (key === "k") list.step(-1);
  else if (key === "a" && detail.alert?.state === "open") acknowledge.open(detail.alert);
  else if (key === "m") sound.toggle();
  else return;
  event.preventDefault();
});
