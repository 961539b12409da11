/* Keys of the terminal. Single keys never act inside a field or a dialog and can be switched off; Enter asks unless one-click is on. */
import { byId } from "../dom.js";
import { mark } from "../frame.js";
import { selectTab } from "../tabs.js";
import { toast } from "../toast.js";
import { t } from "../words.js";
import { ticket } from "./draft.js";
import { openFinder } from "./find.js";
import { toggleHold } from "./ladder.js";
import { askCancelAll } from "./orders.js";
import { keep, settings } from "./settings.js";
import { state } from "./state.js";
import { send, stepPrice, stepQty } from "./ticket.js";

const TABS = ["t-pos", "t-work", "t-fill", "t-log"];

const SINGLE = {
  "/": () => openFinder(),
  b: () => intend("buy"),
  v: () => intend("sell"),
  X: () => askCancelAll(),
  h: () => toggleHold(),
  "?": () => byId("keys").showModal(),
  1: () => showTab(0),
  2: () => showTab(1),
  3: () => showTab(2),
  4: () => showTab(3),
};

export function buildKeys() {
  document.addEventListener("keydown", onKey);
  byId("keys-button").addEventListener("click", () => byId("keys").showModal());
  const box = byId("keys-on");
  box.checked = settings.keys;
  box.addEventListener("change", () => keep({ keys: box.checked }));
  byId("price").addEventListener("keydown", (event) => inField(event, stepPrice));
  byId("qty").addEventListener("keydown", (event) => inField(event, stepQty));
  document.querySelector("#blotter [role=tablist]").addEventListener("tab:chosen", ({ detail }) => keep({ tab: detail }));
  const saved = byId(settings.tab);
  if (saved) showTab(TABS.indexOf(settings.tab));
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!settings.keys || document.querySelector("dialog[open]") || event.target.closest("input:not([type=radio]), select, textarea")) return;
  const act = SINGLE[event.key] ?? SINGLE[event.shiftKey ? event.key : event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
}

function inField(event, step) {
  if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    event.preventDefault();
    step(event.key === "ArrowUp" ? 1 : -1);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (ticket.side) send(ticket.side, { ask: !state.oneClick });
    else toast(t("Which side?"), t("Leave the field with Esc, then press B to buy or V to sell."), "info");
  } else if (event.key === "Escape") {
    leave(event.target);
  }
}

function leave(field) {
  ticket.side = null;
  field.blur();
  mark("ticket");
}

function intend(side) {
  ticket.side = side;
  byId("price").focus();
  mark("ticket");
}

function showTab(index) {
  const tabs = TABS.map(byId);
  selectTab(tabs, tabs[index]);
}
