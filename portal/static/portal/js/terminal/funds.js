/* The money of the account, always in sight, and the risk degree as a meter with its two marks. */
import { byId, cellOf } from "../dom.js";
import { decimal, direction, percent, signed } from "../format.js";
import { paint } from "../frame.js";
import { lastOf, state } from "./state.js";

const WARN = 0.8;
const CALL = 1;
const SCALE = 1.2;
const REST_MS = 200;
let cells;
let shown = -1;

const levelOf = (risk) => (risk >= CALL ? "critical" : risk >= WARN ? "warn" : "");

export function buildFunds() {
  cells = Object.fromEntries(["equity", "available", "margin", "frozen", "float", "closed", "risk"].map((name) => [name, cellOf(`f-${name}`)]));
  paint("money", drawFunds, REST_MS);
}

function drawFunds() {
  const money = state.account?.money(lastOf);
  if (!money) return;
  cells.equity.set(decimal(money.equity));
  cells.available.set(decimal(money.available));
  cells.margin.set(decimal(money.margin));
  cells.frozen.set(decimal(money.frozen));
  cells.float.set(signed(money.byDate), direction(money.byDate));
  cells.closed.set(signed(money.closed), direction(money.closed));
  cells.risk.set(percent(money.risk), levelOf(money.risk));
  const level = Math.round(money.risk * 1000) / 1000;
  if (level === shown) return;
  shown = level;
  const meter = byId("risk-m");
  meter.className = `meter ${levelOf(money.risk)}`;
  meter.querySelector("i").style.setProperty("--v", Math.min(money.risk / SCALE, 1));
  meter.setAttribute("aria-valuenow", (money.risk * 100).toFixed(1));
}
