/* Risk notices of the account's holder: a banner that stays until he has taken note or the notice is over. */
import { byId, make, icon } from "../dom.js";
import { decimal, fenOf, minuteOf } from "../format.js";
import { t } from "../words.js";
import { config } from "./config.js";
import { note } from "./journal.js";
import { read, rest } from "./rest.js";

const KIND = { warn: "warn", margin_call: "warn", close_only: "critical", liquidate: "critical" };
const seen = new Set();
let asking = false;
let again = false;

/** A hint came that there is something new; the notices themselves are read over REST. */
export async function noticesMoved() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    do {
      again = false;
      show((await read("risk/notices")).items);
    } while (again);
  } catch {
    // The next hint, or the connection's return, asks again.
  }
  asking = false;
}

function show(items) {
  const own = items.filter((row) => config.tradable.includes(row.account) && !row.ended_at && !row.confirmed_at);
  const worst = own.reduce((a, b) => (a && a.level >= b.level ? a : b), null);
  for (const row of [...own].reverse()) {
    if (!seen.has(row.id)) note(KIND[row.kind], said(row));
    seen.add(row.id);
  }
  const place = byId("risk-notice");
  // What is due is said beside the worst notice, too: a lost right to open pays no call.
  const call = own.filter((row) => row.deadline && row.deadline !== "met").at(-1);
  const state = worst ? `${worst.id} ${call?.id ?? ""} ${call?.deadline ?? ""}` : "";
  if (state === (place.dataset.state ?? "") && place.dataset.count === String(own.length)) return;
  Object.assign(place.dataset, { state, count: own.length });
  if (!worst) return place.replaceChildren();
  const line = make("div", `banner ${KIND[worst.kind]}`);
  const more = make("a", "btn s", own.length > 1 ? t("All %(n)s notices", { n: own.length }) : t("Read"));
  more.href = "/notices/";
  const confirm = make("button", "btn s", t("I have taken note"));
  confirm.type = "button";
  confirm.addEventListener("click", () => take(worst, confirm));
  line.append(icon(KIND[worst.kind] === "critical" ? "crit" : "warn"), make("span", "", call && call !== worst ? `${said(worst)} ${deadline(call)}` : said(worst)), more, confirm);
  place.replaceChildren(line);
}

function said(row) {
  const figures = { kind: row.kind_label, account: row.account, basis: row.basis_label, degree: percent(row.risk_degree), short: decimal(fenOf(row.short)) };
  if (row.level < 2) return t("%(kind)s, account %(account)s: risk degree %(degree)s by %(basis)s when it was sent.", figures);
  const due = row.deadline ? ` ${deadline(row)}` : "";
  return t("%(kind)s, account %(account)s: risk degree %(degree)s by %(basis)s when it was sent, %(short)s yuan missing.", figures) + due;
}

function deadline(row) {
  const figures = { pay: decimal(fenOf(row.pay)), due: minuteOf(row.due_at) };
  if (row.deadline === "running") return t("Pay %(pay)s yuan by %(due)s (venue time).", figures);
  if (row.deadline === "met") return t("The deadline %(due)s was met.", figures);
  return t("The deadline %(due)s has passed; positions may be closed by force.", figures);
}

const percent = (text) => (text === null ? "–" : `${(Number(text) * 100).toFixed(1)} %`);

async function take(row, button) {
  button.disabled = true;
  try {
    await rest("POST", `risk/notices/${row.id}/confirm`, {});
  } catch (problem) {
    note("refused", problem.detail || problem.code);
  }
  button.disabled = false;
  noticesMoved();
}
