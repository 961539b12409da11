/* A table of live rows: rows are keyed and kept, a change touches only the cells that differ, new rows slide in where they belong. */
import { Cell, make } from "../dom.js";

export class LiveTable {
  /** columns: {label, kind, text(row), kindOf?(row)} or {label, kind, build(row) → element}. The first column is the row's header. */
  constructor({ head, body, columns, keyOf }) {
    Object.assign(this, { body, columns, keyOf });
    this.rows = new Map();
    const line = make("tr");
    for (const column of columns) {
      const cell = make("th", column.kind?.includes("num") ? "num" : "", column.label);
      cell.scope = "col";
      line.append(cell);
    }
    head.replaceChildren(line);
  }

  update(items) {
    this.#drop(new Set(items.map(this.keyOf)));
    let before = null;
    for (const item of items) {
      const key = this.keyOf(item);
      const row = this.rows.get(key) ?? this.#make(key, item);
      row.item = item;
      const place = before ? before.nextSibling : this.body.firstChild;
      if (row.line !== place) this.body.insertBefore(row.line, place);
      before = row.line;
      for (const [i, column] of this.columns.entries()) if (column.text) row.cells[i].set(column.text(item), column.kindOf ? `${column.kind ?? ""} ${column.kindOf(item)}` : undefined);
    }
  }

  /** Take out the rows that are over. */
  #drop(wanted) {
    for (const [key, row] of this.rows) {
      if (wanted.has(key)) continue;
      const held = row.line.contains(document.activeElement);
      row.line.remove();
      this.rows.delete(key);
      // To the tab, never to the next row's button: a row may end by itself just before Enter is pressed on it.
      if (held) this.tab?.focus();
    }
  }

  get tab() {
    return document.querySelector(`[role=tab][aria-controls="${this.body.closest("[role=tabpanel]")?.id}"]`);
  }

  #make(key, item) {
    const line = make("tr");
    const row = { line, item, cells: [] };
    for (const [i, column] of this.columns.entries()) {
      const cell = make(i === 0 ? "th" : "td", column.kind ?? "");
      if (i === 0) cell.scope = "row";
      if (!column.bare) cell.dataset.l = column.label;
      if (column.build) cell.append(...column.build(item, () => row.item));
      line.append(cell);
      row.cells.push(column.text ? new Cell(cell) : null);
    }
    this.rows.set(key, row);
    return row;
  }
}

/** A button of a row; it acts on the row as it is when pressed, not as it was when drawn. */
export function rowButton(words, label, act) {
  const button = make("button", "btn s", words);
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.addEventListener("click", act);
  return button;
}

export function sideBadge(buy, words) {
  return make("span", `side ${buy ? "buy" : "sell"}`, words);
}
