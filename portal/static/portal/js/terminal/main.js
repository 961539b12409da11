/* The terminal: build every part once, learn who is here, then follow the stream. */
import { byId, make } from "../dom.js";
import { mark, paint } from "../frame.js";
import { toast } from "../toast.js";
import { t } from "../words.js";
import { Account } from "./account.js";
import { loadBars } from "./bars.js";
import { Book } from "./book.js";
import { buildChange } from "./change.js";
import { buildChart } from "./chart.js";
import { clearLines } from "./chart_lines.js";
import { config } from "./config.js";
import { settleUnknown } from "./desk.js";
import { followScreen, socket, watchLink } from "./feed.js";
import { buildFills } from "./fills.js";
import { buildFinder } from "./find.js";
import { buildFunds } from "./funds.js";
import { Instrument } from "./instrument.js";
import { buildKeys } from "./keys.js";
import { buildLadder, clearLadder } from "./ladder.js";
import { buildMessages } from "./messages.js";
import { buildOneClick } from "./one_click.js";
import { buildOrders } from "./orders.js";
import { clearOutcome, warned } from "./outcome.js";
import { buildPositions } from "./positions.js";
import { buildQuote, showContract } from "./quote.js";
import { readList } from "./rest.js";
import { keep, settings } from "./settings.js";
import { state } from "./state.js";
import { buildStatus } from "./status.js";
import { buildTape, loadTape } from "./tape.js";
import { buildTicket, ticketForContract } from "./ticket.js";
import { buildWatch, fillWatch, watched } from "./watch.js";

const RETRY_MS = 3000;

function build() {
  buildQuote();
  buildFunds();
  buildLadder();
  buildTape();
  buildTicket();
  buildPositions();
  buildOrders();
  buildFills();
  buildMessages();
  buildChart();
  buildChange();
  buildStatus();
  buildWatch(openContract);
  buildFinder(openContract);
  buildKeys();
  buildOneClick();
  paint("status", () => {
    if (state.link.state === "open") settleUnknown();
  }, 1000);
}

/** Show a contract in chart, depth, ticket and facts together. */
function openContract(symbol) {
  const instrument = state.instruments.get(symbol);
  if (!instrument || instrument === state.instrument) return;
  state.instrument = instrument;
  state.book = new Book(instrument);
  state.tape = [];
  keep({ symbol });
  clearLadder();
  clearLines();
  clearOutcome();
  showContract();
  ticketForContract();
  followScreen(watched());
  loadBars();
  loadTape(symbol);
  mark("watch", "tape", "chart-lines", "chart-marks", "quote");
}

function openAccount(id) {
  const row = state.accounts.find((account) => account.id === id) ?? state.accounts[0];
  if (!row || state.account?.id === row.id) return;
  state.account = new Account(row);
  keep({ account: row.id });
  clearOutcome();
  followScreen(watched());
  mark("facts", "status", "money", "orders", "positions", "fills", "book", "chart-lines", "chart-marks", "ticket", "gate");
}

function showAccounts() {
  const choice = byId("account");
  choice.hidden = state.accounts.length === 0;
  choice.replaceChildren(
    ...state.accounts.map((account) => {
      const option = make("option", "", `${account.id} ${account.name ?? ""}`.trim());
      option.value = String(account.id);
      return option;
    }),
  );
  choice.addEventListener("change", () => openAccount(Number(choice.value)));
}

/** Contracts and accounts; without them nothing can be shown, so it tries until they come. */
async function learn() {
  for (;;) {
    try {
      const [instruments, accounts] = await Promise.all([readList("instruments?limit=200"), readList("accounts?limit=200")]);
      state.instruments = new Map(instruments.map((row) => [row.symbol, new Instrument(row)]));
      state.accounts = accounts;
      return;
    } catch (problem) {
      warned(t("The portal does not answer yet"), `${problem.detail || problem.code} · ${t("trying again every 3 seconds")}`);
      if (problem.status === 401 || problem.status === 403) return;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

async function start() {
  build();
  for (const notice of config.notices) toast(notice);
  await learn();
  clearOutcome();
  for (const instrument of state.instruments.values()) primeQuote(instrument);
  fillWatch();
  showAccounts();
  if (!state.instruments.size) return warned(t("There is no contract to trade yet"), t("The platform operator lists contracts; this page shows them as soon as it is loaded again."));
  const wanted = new URLSearchParams(location.search).get("symbol");
  openContract([wanted, settings.symbol, config.symbol, watched()[0]].find((symbol) => state.instruments.has(symbol)));
  const account = Number(new URLSearchParams(location.search).get("account")) || settings.account || config.account;
  openAccount(account);
  if (state.account) byId("account").value = String(state.account.id);
  else warned(t("You have no money account yet"), t("Your broker's back office opens one; prices are live meanwhile."));
  socket.connect();
  watchLink();
}

/** The figures of the contract list stand until the first ticker comes. */
function primeQuote(instrument) {
  const { row } = instrument;
  state.quotes.set(instrument.symbol, {
    last: instrument.units(row.last),
    moved: 0,
    open: instrument.units(row.open),
    high: instrument.units(row.high),
    low: instrument.units(row.low),
    bid: null,
    ask: null,
    volume: row.volume,
    turnover: row.turnover,
    average: instrument.units(row.average_price),
    settlement: instrument.units(row.settlement),
    openInterest: row.open_interest,
    openInterestChange: row.open_interest_change,
  });
}

start();
