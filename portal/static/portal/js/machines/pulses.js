/* Heartbeats touch cells, never rows: whatever shows a machine carries its uuid. */
import { t } from "../words.js";
import { paintSparks } from "./sparks.js";

const WORDS = {
  starting: () => t("starting"),
  connecting: () => t("connecting"),
  trading: () => t("trading"),
  disconnected: () => t("no connection"),
  failed: () => t("ended with an error"),
  stopped: () => t("stopped by request"),
};
const LOOK = { trading: "", failed: "bad", disconnected: "warn" };

function put(root, name, value) {
  for (const cell of root.querySelectorAll(`[data-${name}]`)) {
    const text = value === null || value === undefined || value === "" ? "–" : String(value);
    if (cell.textContent !== text) cell.textContent = text;
  }
}

function load(root, pulse) {
  for (const canvas of root.querySelectorAll("canvas.spark")) {
    canvas.dataset.samples = JSON.stringify(pulse.samples);
    if (canvas.dataset.spark === "cpu") put(root, "cpu", Math.floor((pulse.cpu_milli * 100) / Number(canvas.dataset.max)));
  }
  paintSparks(root);
}

function strategy(root, said) {
  put(root, "p50", said.answer_ms_p50);
  put(root, "p99", said.answer_ms_p99);
  put(root, "own", said.summary?.position);
  put(root, "last", said.summary?.last);
  put(root, "orders", said.orders_sent ?? 0);
  put(root, "fills", said.fills ?? 0);
  put(root, "refused", said.orders_refused ?? 0);
  for (const cell of root.querySelectorAll("[data-strategy-state]")) {
    cell.textContent = WORDS[said.state]?.() ?? said.state ?? "–";
    cell.className = `state ${LOOK[said.state] ?? "off"}`;
  }
}

// What was heard last of each machine, and when.
const heard = new Map();

export function showPulse(pulse) {
  heard.set(pulse.machine, { pulse, atMs: performance.now() });
  paint(pulse);
}

/** Show again what was heard since a fragment was asked for: it may be newer than the fragment; what was heard before is in it. */
export function showPulsesSince(askedMs) {
  for (const { pulse, atMs } of heard.values()) if (atMs >= askedMs) paint(pulse);
}

function paint(pulse) {
  for (const root of document.querySelectorAll(`[data-machine="${pulse.machine}"]`)) {
    for (const age of root.querySelectorAll("[data-age]:not([data-ago])")) if (pulse.heartbeat_ms) age.dataset.age = pulse.heartbeat_ms;
    for (const age of root.querySelectorAll("[data-ago]")) if (pulse.observed_ms) age.dataset.age = pulse.observed_ms;
    put(root, "memory", pulse.memory_mib);
    load(root, pulse);
    strategy(root, pulse.strategy);
  }
}
