/* Fragments: the server renders them, the page swaps them when news say that something changed. */
import { applyMeasures } from "../ui.js";
import { showPulsesSince } from "./pulses.js";
import { paintSparks } from "./sparks.js";

const GATHER_MS = 150;

export class Parts {
  constructor(load) {
    this.load = load;
    this.timer = 0;
    this.again = false;
    this.busy = false;
  }

  /** Ask for fresh fragments soon; many reasons within a moment make one request each. */
  refresh() {
    if (this.busy) this.again = true;
    else if (!this.timer) this.timer = setTimeout(() => this.run(), GATHER_MS);
  }

  async run() {
    this.timer = 0;
    this.busy = true;
    try {
      await this.load();
    } finally {
      this.busy = false;
      if (this.again) {
        this.again = false;
        this.refresh();
      }
    }
  }
}

/** Fetch one fragment into its place, unless a person is typing in it or an error came back. */
export async function swap(place, url) {
  if (place.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return;
  if (place.querySelector("dialog[open]")) return;
  const askedMs = performance.now();
  const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const open = [...place.querySelectorAll("details[open]")].map((entry) => entry.className);
  place.innerHTML = await answer.text();
  for (const entry of place.querySelectorAll("details")) entry.open = open.includes(entry.className);
  applyMeasures(place);
  showPulsesSince(askedMs);
  paintSparks(place);
}
