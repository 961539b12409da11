/* The account channel: apply in order, fetch what is missing, tell the person what happened. */
import { mark } from "../frame.js";
import { decimal } from "../format.js";
import { t } from "../words.js";
import { isWorking } from "./account.js";
import { config } from "./config.js";
import { fillWords, orderWords } from "./describe.js";
import { note } from "./journal.js";
import { told } from "./outcome.js";
import { read, readList } from "./rest.js";
import { state } from "./state.js";
import { accountStatusWord, cancelReason, reasonWords, refusalSentence } from "./terms.js";

let held = [];
let fetching = false;

export const seqOfAccount = (channel) => (channel === `account.${state.account?.id}` ? state.account.seq : undefined);

/** One frame of `account.<id>`: applied at once, or held while the numbers before it are fetched. */
export function accountFrame(frame, id) {
  const account = state.account;
  if (!account || String(account.id) !== id) return;
  if (fetching && frame.type !== "snapshot") {
    held.push(frame);
    return;
  }
  const result = account.apply(frame);
  if (result === "gap") {
    held.push(frame);
    fetchMissing(account);
  } else if (result === "applied") {
    applied(account, frame);
  }
}

function applied(account, frame) {
  if (frame.type === "snapshot") loadFills(account);
  else announce(account, frame.data);
  mark("money", "orders", "positions", "fills", "book", "chart-lines", "ticket", "gate");
}

/** Read the numbered events after the last applied one; the held frames follow them. */
async function fetchMissing(account) {
  fetching = true;
  try {
    let page;
    do {
      page = await read(`events?account=${account.id}&after_seq=${account.seq ?? 0}&limit=1000`);
      for (const frame of page.data) if (account.apply(frame) === "applied") applied(account, frame);
    } while (page.next_cursor && page.data.length);
  } catch (problem) {
    note("warn", t("Missing events could not be read: %(detail)s", { detail: problem.detail || problem.code }));
  }
  fetching = false;
  const waiting = held;
  held = [];
  for (const frame of waiting) {
    if (account.apply(frame) === "applied") applied(account, frame);
  }
}

async function loadFills(account) {
  try {
    account.takeFills(await readList(`fills?account=${account.id}&limit=200`, 400));
    mark("fills", "chart-marks");
  } catch (problem) {
    note("warn", t("Fills could not be read: %(detail)s", { detail: problem.detail || problem.code }));
  }
}

/** Orders of this page tell their refusal beside the ticket; those of programs are only logged. */
const isOwn = (order) => order.client_order_id?.startsWith("w-");

/** The ticket asks for the confirmation of a statement as soon as a day has ended, and no more once it is given. */
function showStatementPrompt(shown) {
  const prompt = document.getElementById("ticket-statement");
  if (prompt) prompt.hidden = !shown;
}

function announce(account, data) {
  const { event, order, fill } = data;
  if (event === "fill" && fill) {
    mark("chart-marks");
    note("fill", t("Fill %(what)s", { what: fillWords(fill) }));
    told("fill", { fill, order });
  } else if (event === "order_rejected") {
    if (order && !isOwn(order)) note("refused", `${orderWords(order)} — ${refusalSentence(order.reject_code, order.figures)}`);
  } else if (event === "order_triggered" && order) {
    note("info", t("Triggered at %(last)s: %(what)s", { last: data.last_price, what: orderWords(order) }));
  } else if (event === "order_canceled" && order && !isWorking(order)) {
    note("info", t("Cancelled %(what)s: %(why)s", { what: orderWords(order), why: cancelReason(order.cancel_reason) }));
    told("canceled", { order });
  } else if (event === "status_changed") {
    const said = t("The account is now: %(status)s", { status: accountStatusWord(account.status) });
    note("warn", account.statusReason ? `${said} ${t("Reason: %(why)s", { why: reasonWords(account.statusReason) })}` : said);
  } else if (event === "cash_moved") {
    note("info", t("Money moved; cash is now %(cash)s", { cash: decimal(account.funds.cash) }));
  } else if (event === "statement_corrected") {
    note("warn", t("The statement of %(day)s was corrected by %(amount)s; cash is now %(cash)s", { day: data.statement.trading_day, amount: decimal(data.amount), cash: decimal(account.funds.cash) }));
  } else if (event === "statement_confirmed") {
    note("info", t("The statement of %(day)s is confirmed.", { day: data.statement.trading_day }));
    showStatementPrompt(false);
  } else if (event === "settled") {
    note("info", t("The trading day was settled; yesterday's and today's lots were rolled."));
    if (config.confirms) showStatementPrompt(true);
    loadFills(account);
  }
}
