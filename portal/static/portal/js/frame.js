/* Everything is drawn once per animation frame. Data mark a topic; its painters run in the next frame, or later when they asked for a rest. */
const painters = new Map();
const dirty = new Set();
let asked = false;

/** Draw with `painter` whenever `topic` is marked, at most once per `restMs`. */
export function paint(topic, painter, restMs = 0) {
  const list = painters.get(topic) ?? [];
  list.push({ painter, restMs, lastMs: -1e9, waiting: false });
  painters.set(topic, list);
}

export function mark(...topics) {
  for (const topic of topics) dirty.add(topic);
  if (asked) return;
  asked = true;
  requestAnimationFrame(draw);
}

function draw(now) {
  asked = false;
  const topics = [...dirty];
  dirty.clear();
  for (const topic of topics) for (const entry of painters.get(topic) ?? []) run(entry, topic, now);
}

function run(entry, topic, now) {
  const rest = entry.lastMs + entry.restMs - now;
  if (entry.restMs && rest > 1) {
    if (entry.waiting) return;
    entry.waiting = true;
    setTimeout(() => {
      entry.waiting = false;
      mark(topic);
    }, rest);
    return;
  }
  entry.lastMs = now;
  entry.painter();
}
