/* Behaviour every page shares: display preferences, tabs, dialogs, and the dynamic widths that a strict CSP keeps out of HTML. */
import { applyPreference, showShownTheme } from "./preferences.js";
import { wireTabs } from "./tabs.js";

/** Widths and positions arrive as data attributes and become custom properties, because style attributes are forbidden. */
export function applyMeasures(root = document) {
  for (const e of root.querySelectorAll("[data-v]")) e.style.setProperty("--v", e.dataset.v);
  for (const e of root.querySelectorAll("[data-at]")) e.style.setProperty("--at", e.dataset.at);
  for (const e of root.querySelectorAll("[data-percent]")) {
    e.style.setProperty("--v", Math.max(0, Math.min(1, Number(e.dataset.percent) / Number(e.dataset.of || 100))));
  }
}

function wireDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
    const closer = event.target.closest("[data-close]");
    if (closer) closer.closest("dialog")?.close();
  });
}

function wirePreferences() {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-preferences]");
    if (!form || !event.submitter) return;
    if (applyPreference(form, event.submitter)) event.preventDefault();
  });
}

function start() {
  applyMeasures();
  showShownTheme();
  for (const list of document.querySelectorAll("[role=tablist]")) wireTabs(list);
  wireDialogs();
  wirePreferences();
  document.addEventListener("htmx:afterSwap", (event) => {
    applyMeasures(event.target);
    for (const list of event.target.querySelectorAll("[role=tablist]")) wireTabs(list);
  });
}

start();
