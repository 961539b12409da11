/* The server administrator's console: one fragment below the head, renewed when news come. */
import { byId } from "../dom.js";
import { t } from "../words.js";
import { startAges } from "./ages.js";
import { News } from "./news.js";
import { Parts, swap } from "./parts.js";
import { showPulse } from "./pulses.js";

const config = JSON.parse(byId("page-config").textContent);
const place = byId("board"), live = byId("live"), waiting = byId("waiting");

const parts = new Parts(async () => {
  await swap(place, `${config.board}${location.search}`);
  const count = Number(place.querySelector("[data-waiting]")?.dataset.waiting ?? 0);
  waiting.textContent = count;
  waiting.hidden = count === 0;
});

startAges();
new News({
  path: config.socket,
  through: config.through,
  onNews: (events, pulses) => {
    pulses.forEach(showPulse);
    if (events.some((row) => row.kind !== "log")) parts.refresh();
  },
  onState: (isLive) => {
    live.className = `state small ${isLive ? "" : "warn"}`;
    live.textContent = isLive ? t("Live") : t("Reconnecting");
  },
});
