/* Positions with live profit on both bases: marked to market by date, and floating since the opening. */
import { Cell, byId, make } from "../dom.js";
import { decimal, direction, signed, unitsOf, yuan } from "../format.js";
import { mark, paint } from "../frame.js";
import { t } from "../words.js";
import { closePosition, reversePosition } from "./flatten.js";
import { lastOf, mayTrade, state } from "./state.js";
import { LiveTable, rowButton, sideBadge } from "./table.js";

const REST_MS = 200;
let table;
let total;

const instrumentOf = (row) => state.instruments.get(row.symbol);
const shortOf = (row) => instrumentOf(row)?.short ?? row.symbol;
const priceOf = (row, units) => instrumentOf(row)?.price(units) ?? "–";

export function buildPositions() {
  const columns = [
    { label: t("Contract"), text: shortOf },
    { label: t("Side"), build: (row) => [sideBadge(row.sign > 0, row.sign > 0 ? t("Long") : t("Short"))] },
    { label: t("Lots"), kind: "num", text: (row) => decimal(row.qty, 0) },
    { label: t("Yest. / today"), kind: "num t2", text: (row) => `${row.yesterday_qty} / ${row.today_qty}` },
    { label: t("Can close"), kind: "num t2", text: (row) => decimal((row.closable_today ?? 0) + (row.closable_yesterday ?? 0), 0) },
    { label: t("Avg open"), kind: "num", text: (row) => priceOf(row, instrumentOf(row) ? unitsOf(row.avg_open_price, instrumentOf(row).places) : null) },
    { label: t("Last"), kind: "num", text: (row) => priceOf(row, row.last) },
    { label: t("P&L by date"), kind: "num strong", text: (row) => signed(row.byDate), kindOf: (row) => direction(row.byDate) },
    { label: t("P&L by trade"), kind: "num", text: (row) => signed(row.byTrade), kindOf: (row) => direction(row.byTrade) },
    { label: t("Margin"), kind: "num t2", text: (row) => yuan(row.marginFen) },
    { label: t("Action"), kind: "num acts", bare: true, build: (row, now) => !mayTrade() ? [] : [rowButton(t("Close"), t("Close %(symbol)s", { symbol: shortOf(row) }), () => closePosition(now())), rowButton(t("Reverse"), t("Reverse %(symbol)s", { symbol: shortOf(row) }), () => reversePosition(now()))] },
  ];
  table = new LiveTable({ head: byId("h-pos"), body: byId("b-pos"), columns, keyOf: (row) => `${state.account.id}:${row.key}` });
  buildTotal(columns.length);
  paint("money", drawPositions, REST_MS);
  paint("positions", () => mark("money"));
}

function buildTotal(width) {
  const line = make("tr");
  const cells = Array.from({ length: width }, (_unused, i) => {
    const cell = make(i ? "td" : "th", i ? "num" : "");
    if (!i) cell.scope = "row";
    line.append(cell);
    return new Cell(cell);
  });
  cells[0].set(t("Total"));
  byId("total-pos").append(line);
  total = { line, cells };
}

function drawPositions() {
  const money = state.account?.money(lastOf);
  if (!money) return;
  const rows = money.marked;
  table.update(rows);
  byId("e-pos").hidden = rows.length > 0;
  total.line.hidden = !rows.length;
  const count = byId("n-pos");
  if (count.textContent !== String(rows.length)) count.textContent = String(rows.length);
  total.cells[2].set(decimal(rows.reduce((sum, row) => sum + row.qty, 0), 0));
  total.cells[7].set(signed(money.byDate), `num ${direction(money.byDate)}`);
  total.cells[8].set(signed(money.byTrade), `num ${direction(money.byTrade)}`);
  total.cells[9].set(yuan(money.margin));
}
