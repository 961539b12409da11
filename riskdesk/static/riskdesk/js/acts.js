/* The two dialogs: take note of an alert, intervene on an account. Both need words; an intervention also needs the account's number typed. */
import { byId, icon, make } from "/static/portal/js/dom.js";
import { t } from "/static/portal/js/words.js";
import { nameOf } from "./config.js";
import { post } from "./rest.js";
import { headline } from "./wording.js";

const ACTS = {
  close_only: { ask: t("Set account %(account)s to close-only?"), verb: t("Set close-only"), what: t("New positions are refused at once; closing orders stay allowed. Working orders stay.") },
  block: { ask: t("Block account %(account)s?"), verb: t("Block"), what: t("All working orders are cancelled and nothing new is taken until somebody releases the account.") },
  cancel_all: { ask: t("Cancel all working orders of account %(account)s?"), verb: t("Cancel all"), what: t("Positions stay. The account may send new orders unless it is restricted.") },
  release: { ask: t("Release account %(account)s?"), verb: t("Release"), what: t("The account may trade normally again.") },
};

function wire(prefix, after, send) {
  const dialog = byId(`${prefix}-dialog`);
  byId(`${prefix}-form`).addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = byId(`${prefix}-send`);
    button.setAttribute("aria-busy", "true");
    button.disabled = true;
    const problem = await send();
    button.removeAttribute("aria-busy");
    button.disabled = false;
    byId(`${prefix}-error`).replaceChildren(icon("x"), make("span", "", problem ?? ""));
    byId(`${prefix}-error`).hidden = !problem;
    if (problem) return;
    dialog.close();
    // The button that opened it may be gone with what it did: then the page's own place goes on.
    byId(after)?.focus();
  });
  return dialog;
}

export class AcknowledgeDialog {
  constructor({ onDone }) {
    this.alert = null;
    this.dialog = wire("ack", "det-title", async () => {
      const answer = await post(`alerts/${this.alert.number}/acknowledge`, { note: byId("ack-note").value });
      if (answer.ok) onDone(answer.body);
      return answer.ok ? null : answer.text;
    });
  }

  open(alert) {
    this.alert = alert;
    byId("ack-h").textContent = t("Acknowledge A-%(number)s?", { number: alert.number });
    byId("ack-what").textContent = `${nameOf(alert.account)}: ${headline(alert)}`;
    byId("ack-note").value = "";
    byId("ack-error").hidden = true;
    this.dialog.showModal();
    byId("ack-note").focus();
  }
}

export class ActDialog {
  constructor({ onDone }) {
    this.dialog = wire("act", "act-result", async () => {
      if (byId("act-word").value.trim() !== String(this.account)) return t("Type the account number %(account)s to confirm.", { account: this.account });
      const body = { action: this.action, reason: byId("act-reason").value };
      if (this.alert) body.alert = this.alert.number;
      const answer = await post(`accounts/${this.account}/intervene`, body);
      if (answer.ok) onDone(ACTS[this.action].verb, answer.body);
      return answer.ok ? null : answer.text;
    });
  }

  open(account, action, alert) {
    Object.assign(this, { account, action, alert });
    byId("act-h").textContent = ACTS[action].ask.replace("%(account)s", nameOf(account));
    byId("act-what").textContent = ACTS[action].what;
    byId("act-send").textContent = ACTS[action].verb;
    byId("act-word-label").textContent = t("Type %(account)s to confirm", { account });
    for (const id of ["act-reason", "act-word"]) byId(id).value = "";
    byId("act-error").hidden = true;
    this.dialog.showModal();
    byId("act-reason").focus();
  }
}
