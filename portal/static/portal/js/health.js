/* Asks for the page every 5 seconds and puts its new figures in place; focus and scrolling stay where they are. */
const EVERY_MS = 5000;
const old = document.getElementById("health-old");

async function ask() {
  if (document.hidden) return;
  try {
    // 503 is an answer too: it says which part is away.
    const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("health");
    if (!fresh) throw new Error("no health in the answer");
    const here = document.getElementById("health");
    if (here.innerHTML !== fresh.innerHTML) here.replaceChildren(...fresh.childNodes);
    old.hidden = true;
  } catch {
    old.hidden = false;
  }
}

setInterval(ask, EVERY_MS);
