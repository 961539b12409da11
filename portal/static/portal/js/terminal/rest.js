/* The REST door: JSON in and out, refusals as objects with the server's code and figures. */
import { config } from "./config.js";

export class Refusal extends Error {
  constructor({ code, detail, figures = null, status = 0 }) {
    super(detail || code);
    Object.assign(this, { code, detail, figures, status });
  }
}

/** One request below /api/v1/. Throws a Refusal; `code` is "unreachable" when no answer came. */
export async function rest(method, path, body = undefined, { signal } = {}) {
  let response;
  try {
    response = await fetch(config.api + path, {
      method,
      signal,
      credentials: "same-origin",
      headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...(method === "GET" ? {} : { "X-CSRFToken": config.csrf }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (cause) {
    if (cause.name === "AbortError") throw cause;
    throw new Refusal({ code: "unreachable", detail: "" });
  }
  const answer = response.status === 204 ? null : await response.json().catch(() => null);
  if (!response.ok) throw new Refusal({ code: answer?.code ?? `http_${response.status}`, detail: answer?.detail ?? "", figures: answer?.figures ?? null, status: response.status });
  return answer;
}

export const read = (path, options) => rest("GET", path, undefined, options);

/** All pages of a list up to `most` rows. */
export async function readList(path, most = 500) {
  const rows = [];
  let cursor = null;
  do {
    const page = await read(path + (cursor ? `${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor)}` : ""));
    rows.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor && rows.length < most);
  return rows;
}
