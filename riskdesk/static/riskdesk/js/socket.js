/* The desk's socket: a snapshot, then numbered changes. A gap is fetched, a lost connection comes back with jitter and a fresh snapshot. */
import config from "./config.js";

const SILENT_MS = 20000;

export class DeskSocket {
  constructor({ onFrame, onState }) {
    this.onFrame = onFrame;
    this.onState = onState;
    this.through = null;
    this.tries = 0;
    this.lastMs = 0;
    this.timer = null;
    window.addEventListener("offline", () => this.socket.close());
    window.addEventListener("online", () => this.soon(0));
    this.open();
  }

  open() {
    this.timer = null;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${scheme}//${location.host}${config.socket}`);
    this.socket.addEventListener("message", (event) => this.take(JSON.parse(event.data)));
    this.socket.addEventListener("close", (event) => this.closed(event.code));
  }

  take(frame) {
    this.lastMs = Date.now();
    if (frame.type === "snapshot") {
      this.tries = 0;
      this.through = frame.through;
      this.onState("live");
    } else if (frame.type === "alerts") {
      if (frame.after > this.through) {
        this.send({ op: "alerts_after", after: this.through });
        return;
      }
      this.through = Math.max(this.through, frame.through);
    }
    this.onFrame(frame);
  }

  send(frame) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  /** Ask for what may have been missed; also proves that the connection still works. */
  probe() {
    if (this.socket.readyState === WebSocket.OPEN && this.through !== null) this.send({ op: "alerts_after", after: this.through });
    if (this.lastMs && Date.now() - this.lastMs > SILENT_MS) this.socket.close();
  }

  closed(code) {
    if (code === 4401) {
      location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname)}`);
      return;
    }
    if (code === 4403) {
      this.onState("forbidden");
      return;
    }
    this.onState("lost");
    // Without a network a try tells nothing; the browser says when there is one again.
    if (navigator.onLine) this.soon(Math.min(15000, 500 * 2 ** this.tries++) * (0.5 + Math.random()));
  }

  soon(waitMs) {
    if (this.timer === null && this.socket.readyState >= WebSocket.CLOSING) this.timer = setTimeout(() => this.open(), waitMs);
  }
}
