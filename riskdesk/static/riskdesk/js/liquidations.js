/* The page of forced liquidation: the desk's socket says that something has moved, the page's own HTML is read anew.
   What an officer is typing is never taken away: the page waits until he has sent or cleared it. */
import { byId } from "/static/portal/js/dom.js";
import { timeOf } from "/static/portal/js/format.js";
import { t } from "/static/portal/js/words.js";
import { DeskSocket } from "./socket.js";

const LEAST_MS = 1000;
const ANYWAY_MS = 5000;
const area = byId("liq-live");
const FOCUSABLE = "a[href], button, input, select, textarea, [tabindex='0']";
let readMs = 0;
let timer = null;
let busy = false;
let link = "";

function typing() {
  return [...area.querySelectorAll("input:not([type=hidden]), textarea, select")].some(
    (field) => field === document.activeElement || (field.tagName !== "SELECT" && field.value !== field.defaultValue),
  );
}

function say() {
  const words = { live: t("Live"), lost: t("Connection lost; figures may be old.") };
  byId("liq-state").textContent = `${words[link] ?? ""} ${readMs ? t("Read at %(time)s.", { time: timeOf(readMs) }) : ""}`.trim();
}

function take(fresh) {
  const same = (one) => `${one.textContent.replace(/\s+/g, " ")}|${one.querySelectorAll("form").length}`;
  if (!fresh || same(fresh) === same(area)) return;
  const at = [...area.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
  area.replaceChildren(...fresh.childNodes);
  if (at >= 0) area.querySelectorAll(FOCUSABLE)[at]?.focus();
}

async function renew() {
  timer = null;
  if (busy || document.hidden || typing()) return;
  busy = true;
  try {
    const answer = await fetch(location.pathname, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("liq-live");
      if (!typing()) take(fresh);
      readMs = Date.now();
    }
  } catch {
    // The socket tells that the connection is lost; the next round asks again.
  }
  busy = false;
  say();
}

function soon() {
  timer ??= setTimeout(renew, Math.max(0, readMs + LEAST_MS - Date.now()));
}

new DeskSocket({
  onFrame: soon,
  onState: (kind) => {
    link = kind;
    say();
  },
});
// A second officer's decision moves no figure: it is found by asking now and then.
setInterval(soon, ANYWAY_MS);
document.addEventListener("visibilitychange", soon);
