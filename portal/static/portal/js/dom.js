/* Small hands for the DOM: make an element, change a cell only when its text or class really differs. */
export const byId = (id) => document.getElementById(id);

export function make(tag, className = "", text = undefined) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

export function icon(name, small = false) {
  const element = make("span", `i i-${name}${small ? " i-12" : ""}`);
  element.setAttribute("aria-hidden", "true");
  return element;
}

/** A cell that remembers what it shows, so that a tick which changes nothing touches nothing. */
export class Cell {
  constructor(element) {
    this.element = element;
    this.node = element.firstChild?.nodeType === Node.TEXT_NODE ? element.firstChild : element.insertBefore(document.createTextNode(""), element.firstChild);
    this.text = this.node.data;
    this.kind = element.className;
  }

  set(text, kind) {
    if (text !== this.text) this.node.data = this.text = text;
    if (kind !== undefined && kind !== this.kind) this.element.className = this.kind = kind;
  }
}

export const cellOf = (id) => new Cell(byId(id));
