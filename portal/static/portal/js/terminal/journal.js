/* The page's own log: what happened since it was opened, newest first. Shown in the Messages tab. */
import { mark } from "../frame.js";

const KEPT = 200;
export const entries = [];

/** kind: info | fill | refused | warn | critical */
export function note(kind, text) {
  entries.unshift({ at: new Date(), kind, text });
  entries.length = Math.min(entries.length, KEPT);
  mark("messages");
}
