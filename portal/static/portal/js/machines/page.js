/* The investor's machines page. */
import { byId } from "../dom.js";
import { t } from "../words.js";
import { startAges } from "./ages.js";
import { Log } from "./log.js";
import { News } from "./news.js";
import { Parts, swap } from "./parts.js";
import { showPulse } from "./pulses.js";
import { startSparks } from "./sparks.js";
import { startWizard } from "./wizard.js";

const config = JSON.parse(byId("page-config").textContent);
const box = byId("log");
const log = box ? new Log(box, byId("follow")) : null;

const parts = new Parts(renew);

function state(live, code) {
  const banner = byId("stale");
  banner.hidden = live;
  if (!live) byId("stale-text").textContent = code === 4401 ? t("Signed out: reload the page.") : t("Connection lost; what you see is as old as it says. Reconnecting.");
}

/** What was said of an act, and the log of a machine that is gone, do not outlive them. */
async function renew() {
  await Promise.all(
    [...document.querySelectorAll("[data-part]")].map((place) =>
      swap(place, `${config.part.replace("NAME", place.dataset.part)}?m=${config.selected}`),
    ),
  );
  for (const note of document.querySelectorAll(".messages .note.ok")) note.remove();
  const gone = !document.querySelector("[data-part=detail] [data-machine]");
  const body = document.querySelector(".log-body");
  if (body) body.hidden = gone;
}

function confirmWord() {
  const field = byId("d-word"), go = byId("d-go");
  if (!field) return;
  go.disabled = true;
  const wrong = () => field.value.trim() !== field.dataset.word;
  field.addEventListener("input", () => {
    go.disabled = wrong();
    if (!wrong()) byId("d-wrong").hidden = true;
  });
  // Said on leaving the field, so that nobody is told off while typing.
  field.addEventListener("change", () => { byId("d-wrong").hidden = !field.value || !wrong(); });
}

startAges();
startSparks();
startWizard();
confirmWord();
new News({
  path: config.socket,
  through: config.through,
  onNews: (events, pulses) => {
    log?.append(events);
    pulses.forEach(showPulse);
    if (events.some((row) => row.kind !== "log")) parts.refresh();
  },
  onState: state,
});
