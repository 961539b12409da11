/* One-click mode: confirmed once, shown by an amber lock in the ticket's head, off again at every sign-in. */
import { byId } from "../dom.js";
import { mark } from "../frame.js";
import { t } from "../words.js";
import { ask } from "./ask.js";
import { config } from "./config.js";
import { note } from "./journal.js";
import { state } from "./state.js";

const KEY = `aurum.one-click.${config.user}`;

export function buildOneClick() {
  byId("one-click").addEventListener("click", toggle);
  state.oneClick = remembered();
  draw();
}

function remembered() {
  try {
    return sessionStorage.getItem(KEY) === config.signed_in_at;
  } catch {
    return false;
  }
}

function remember() {
  try {
    if (state.oneClick) sessionStorage.setItem(KEY, config.signed_in_at);
    else sessionStorage.removeItem(KEY);
  } catch {
    /* A private window: the mode lasts as long as the page. */
  }
}

async function toggle() {
  if (!state.oneClick) {
    const sure = await ask({
      title: t("Turn on one-click trading?"),
      text: t("Orders leave without a question: Enter sends, a level of the depth is bought or sold at once with the ticket's lots, close and reverse act at once. It ends when you turn it off or sign in again."),
      check: t("I know that a press is an order"),
      yes: t("Turn on one-click"),
      no: t("Keep asking"),
    });
    if (!sure) return;
  }
  state.oneClick = !state.oneClick;
  remember();
  note("warn", state.oneClick ? t("One-click trading is on.") : t("One-click trading is off."));
  draw();
}

function draw() {
  byId("one-click").setAttribute("aria-pressed", String(state.oneClick));
  byId("one-click-word").textContent = state.oneClick ? t("One-click on") : t("One-click off");
  byId("book-sub").textContent = state.oneClick ? t("a press sends") : t("10 levels");
  mark("ticket");
}
