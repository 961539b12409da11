/* Fills of the account, newest first, with fee and closed profit on both bases. */
import { byId } from "../dom.js";
import { decimal, direction, fenOf, signed, timeMsOf } from "../format.js";
import { paint } from "../frame.js";
import { t } from "../words.js";
import { state } from "./state.js";
import { LiveTable, sideBadge } from "./table.js";
import { capital, effectWord } from "./terms.js";

const MOST = 200;
const REST_MS = 150;
let table;

const instrumentOf = (fill) => state.instruments.get(fill.symbol);
const profit = (fill, text) => (fill.position_effect === "open" ? "–" : signed(fenOf(text)));

export function buildFills() {
  const columns = [
    { label: t("Time"), kind: "t2", text: (fill) => timeMsOf(fill.at) },
    { label: t("Contract"), kind: "strong", text: (fill) => instrumentOf(fill)?.short ?? fill.symbol },
    { label: t("Side"), build: (fill) => [sideBadge(fill.side === "buy", fill.side === "buy" ? t("B") : t("S"))] },
    { label: t("Offset"), text: (fill) => capital(effectWord(fill.position_effect)) },
    { label: t("Price"), kind: "num strong", text: (fill) => instrumentOf(fill)?.price(instrumentOf(fill).units(fill.price)) ?? fill.price },
    { label: t("Lots"), kind: "num", text: (fill) => decimal(fill.qty, 0) },
    { label: t("Fee"), kind: "num t2", text: (fill) => decimal(fenOf(fill.fee)) },
    { label: t("Closed P&L by date"), kind: "num", text: (fill) => profit(fill, fill.close_profit), kindOf: (fill) => direction(fenOf(fill.close_profit)) },
    { label: t("by trade"), kind: "num", text: (fill) => profit(fill, fill.close_profit_by_trade), kindOf: (fill) => direction(fenOf(fill.close_profit_by_trade)) },
    { label: t("Trade no."), kind: "mono t2", text: (fill) => String(fill.id) },
  ];
  table = new LiveTable({ head: byId("h-fill"), body: byId("b-fill"), columns, keyOf: (fill) => `${fill.id}:${fill.order_id}` });
  paint("fills", drawFills, REST_MS);
}

function drawFills() {
  const fills = [...(state.account?.fills.values() ?? [])].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : Number(b.id) - Number(a.id))).slice(0, MOST);
  table.update(fills);
  byId("n-fill").textContent = String(state.account?.fills.size ?? 0);
  byId("e-fill").hidden = fills.length > 0;
}
