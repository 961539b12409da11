/* The live log: lines are appended, the oldest leave, and following stops when the reader scrolls up. */
import { make } from "../dom.js";

const LINES_MAX = 500;
const LOOK = { error: "e", warning: "w", order: "f", fill: "f" };

export class Log {
  constructor(box, follow) {
    this.box = box;
    this.follow = follow;
    this.bottom();
    follow.addEventListener("change", () => this.bottom());
  }

  append(rows) {
    const lines = rows.filter((row) => row.kind === "log" && row.machine === this.box.dataset.machine);
    if (!lines.length) return;
    document.getElementById("log-empty").hidden = true;
    this.box.append(...lines.map((row) => this.line(row)));
    while (this.box.children.length > LINES_MAX) this.box.firstElementChild.remove();
    this.bottom();
  }

  line(row) {
    const line = make("p", LOOK[row.level] ?? "");
    const at = new Date(row.at_ns / 1e6);
    const clock = at.toLocaleTimeString("en-GB", { timeZone: "Asia/Shanghai" });
    line.append(make("b", "", `${clock}.${String(at.getMilliseconds()).padStart(3, "0")}`), `  ${row.text}`);
    return line;
  }

  bottom() {
    if (this.follow.checked) this.box.scrollTop = this.box.scrollHeight;
  }
}
