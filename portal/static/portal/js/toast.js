/* Short notices that need no answer. Refusals never come here: they stay beside the ticket. */
import { icon, make } from "./dom.js";

const SHOWN_MS = 6000;

export function toast(title, text = "", kind = "ok") {
  let tray = document.querySelector(".toasts");
  if (!tray) {
    tray = make("div", "toasts");
    tray.setAttribute("role", "status");
    document.body.append(tray);
  }
  const card = make("div", "toast");
  const head = make("strong", "row");
  head.append(icon(kind), make("span", "", title));
  card.append(head);
  if (text) card.append(make("span", "small t2", text));
  tray.append(card);
  while (tray.children.length > 3) tray.firstChild.remove();
  setTimeout(() => card.remove(), SHOWN_MS);
}
