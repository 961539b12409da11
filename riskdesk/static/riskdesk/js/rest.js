/* Calls to the desk's REST. A refusal comes back as {ok: false, text} in the page's language. */
import { t } from "/static/portal/js/words.js";
import config from "./config.js";

const token = () => document.cookie.match(/(?:^|;\s*)(?:__Host-)?csrftoken=([^;]+)/)?.[1] ?? document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";

async function call(path, options = {}) {
  try {
    const response = await fetch(config.api + path, { credentials: "same-origin", headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() }, ...options });
    const body = await response.json().catch(() => ({}));
    return response.ok ? { ok: true, body } : { ok: false, text: body.detail ?? t("The server answered %(status)s.", { status: response.status }) };
  } catch {
    return { ok: false, text: t("No connection to the server. Nothing was sent.") };
  }
}

export const post = (path, body) => call(path, { method: "POST", body: JSON.stringify(body) });
export const get = (path) => call(path);
