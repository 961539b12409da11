/* The one question dialog: the title asks, the buttons repeat the verb, the safe button comes first; the focus returns where it was. */
import { byId, make } from "../dom.js";
import { t } from "../words.js";

/** Resolve to true when the person pressed the verb. `check` adds a box that must be ticked first. */
export function ask({ title, text = "", rows = [], yes, no = t("Leave it"), kind = "primary", check = "" }) {
  const dialog = byId("confirm");
  if (dialog.open) return Promise.resolve(false);
  byId("confirm-h").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-text").hidden = !text;
  byId("confirm-rows").replaceChildren(...rows.flatMap(([label, value]) => [make("dt", "", label), make("dd", "num", value)]));
  byId("confirm-no").textContent = no;
  const button = byId("confirm-yes");
  button.textContent = yes;
  button.className = `btn ${kind}`;
  const box = byId("confirm-check");
  byId("confirm-check-row").hidden = !check;
  byId("confirm-check-words").textContent = check;
  box.checked = false;
  button.disabled = Boolean(check);
  box.onchange = () => (button.disabled = !box.checked);
  dialog.returnValue = "no";
  const before = document.activeElement;
  dialog.showModal();
  (check ? box : button).focus();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      before?.focus?.();
      resolve(dialog.returnValue === "yes");
    };
  });
}
