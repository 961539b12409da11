/* Find a contract by code or name; the arrow keys choose, Enter opens it everywhere and puts it on the watch list. */
import { byId, make } from "../dom.js";
import { state } from "./state.js";
import { addWatched } from "./watch.js";

let opened = () => {};
let chosen = 0;
let found = [];

export function buildFinder(openContract) {
  opened = openContract;
  for (const id of ["watch-add", "find-contract"]) byId(id).addEventListener("click", openFinder);
  const text = byId("find-text");
  text.addEventListener("input", () => {
    chosen = 0;
    list();
  });
  text.addEventListener("keydown", onKey);
  byId("find-list").addEventListener("click", (event) => {
    const row = event.target.closest("li");
    if (row) take(row.dataset.symbol);
  });
}

export function openFinder() {
  byId("find-text").value = "";
  chosen = 0;
  list();
  byId("find").showModal();
  byId("find-text").focus();
}

function list() {
  const wanted = byId("find-text").value.trim().toLowerCase();
  found = [...state.instruments.values()].filter((i) => `${i.symbol} ${i.short} ${i.name}`.toLowerCase().includes(wanted));
  byId("find-list").replaceChildren(
    ...found.map((instrument, i) => {
      const row = make("li");
      row.id = `find-${i}`;
      row.dataset.symbol = instrument.symbol;
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(i === chosen));
      row.append(make("strong", "", instrument.short), make("span", "t2", instrument.name), make("span", "grow"), make("span", "t3 small", instrument.symbol));
      return row;
    }),
  );
  byId("find-text").setAttribute("aria-activedescendant", found.length ? `find-${chosen}` : "");
  byId(`find-${chosen}`)?.scrollIntoView({ block: "nearest" });
}

function onKey(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && found.length) {
    event.preventDefault();
    chosen = (chosen + step + found.length) % found.length;
    list();
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (found[chosen]) take(found[chosen].symbol);
  }
}

function take(symbol) {
  byId("find").close();
  addWatched(symbol);
  opened(symbol);
}
