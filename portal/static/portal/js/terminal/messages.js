/* The Messages tab: the page's log. */
import { byId, make } from "../dom.js";
import { timeOf } from "../format.js";
import { paint } from "../frame.js";
import { entries } from "./journal.js";

const KINDS = { refused: "e", critical: "e", warn: "w", fill: "f", info: "" };

export function buildMessages() {
  paint("messages", () => {
    byId("b-log").replaceChildren(
      ...entries.map(({ at, kind, text }) => {
        const line = make("li", KINDS[kind] ?? "");
        line.append(make("time", "", timeOf(at)), make("span", "", text));
        return line;
      }),
    );
  }, 200);
}
