/* Everything is drawn once per animation frame. Data mark a topic; its painters run in the next frame. A painter that asked for a rest joins the
   first frame after it, which the next data bring; a timer draws it only when no data come. What only the market or the clock moved waits for the
   next beat, for nobody reads faster than that; whatever a person did, or what became of his orders, is drawn at once. So a wild market makes some
   ten frames a second. A painter that only hands data to something with frames of its own (the chart) runs ahead, before the frame is asked for: so
   both share one. */
const LATE_MS = 60;
const BEAT_MS = 100;
const MARKET = new Set(["book", "quote", "tape", "watch", "money", "chart", "ticket-prices", "status", "clock"]);
const painters = new Map();
const dirty = new Set();
const resting = new Map();
let asked = false;
let timer = null;
let beat = null;
let drawnMs = -1e9;

/** Draw with `painter` whenever `topic` is marked, at most once per `restMs`; `ahead` of the frame when all painters of the topic are. */
export function paint(topic, painter, restMs = 0, { ahead = false } = {}) {
  const list = painters.get(topic) ?? [];
  list.push({ painter, restMs, ahead, lastMs: -1e9 });
  painters.set(topic, list);
}

export function mark(...topics) {
  for (const topic of topics) dirty.add(topic);
  if (asked) return;
  const waitMs = drawnMs + BEAT_MS - performance.now();
  if (waitMs <= 0 || !topics.every((topic) => MARKET.has(topic))) ask();
  else beat ??= setTimeout(ask, waitMs);
}

function ask() {
  clearTimeout(beat);
  beat = null;
  if (asked) return;
  asked = true;
  runAhead(performance.now());
  requestAnimationFrame(draw);
}

function runAhead(now) {
  for (const topic of dirty) {
    const list = painters.get(topic) ?? [];
    if (!list.length || !list.every((entry) => entry.ahead)) continue;
    dirty.delete(topic);
    for (const entry of list) run(entry, now);
  }
  for (const [entry, due] of resting) if (entry.ahead && due <= now) run(entry, now);
}

function draw(now) {
  asked = false;
  drawnMs = now;
  const topics = [...dirty];
  dirty.clear();
  for (const topic of topics) for (const entry of painters.get(topic) ?? []) run(entry, now);
  for (const [entry, due] of resting) if (!entry.ahead && due <= now) run(entry, now);
  waitForLate(now);
}

function run(entry, now) {
  const due = entry.lastMs + entry.restMs;
  if (entry.restMs && due > now + 1) {
    resting.set(entry, due);
    return;
  }
  resting.delete(entry);
  entry.lastMs = now;
  entry.painter();
}

/** When nothing else asks for a frame, the rested painters still get theirs. */
function waitForLate(now) {
  clearTimeout(timer);
  if (!resting.size) return;
  const first = Math.min(...resting.values());
  timer = setTimeout(ask, first - now + LATE_MS);
}
