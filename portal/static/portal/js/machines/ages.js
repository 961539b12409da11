/* Ages tick in the browser: each cell carries the moment it speaks of, so an old page never looks fresh. */
import { t } from "../words.js";

const EVERY_MS = 500;

export function ageWords(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return t("%(n)s s", { n: seconds.toFixed(1) });
  if (seconds < 120) return t("%(n)s s", { n: Math.floor(seconds) });
  if (seconds < 7200) return t("%(n)s min", { n: Math.floor(seconds / 60) });
  return t("%(n)s h", { n: Math.floor(seconds / 3600) });
}

function tick() {
  const now = Date.now();
  for (const cell of document.querySelectorAll("[data-age]")) {
    if (!cell.dataset.age) continue;
    const words = ageWords(now - Number(cell.dataset.age));
    const text = "ago" in cell.dataset ? t("%(age)s ago", { age: words }) : words;
    if (cell.textContent !== text) cell.textContent = text;
  }
}

export function startAges() {
  tick();
  setInterval(tick, EVERY_MS);
}
