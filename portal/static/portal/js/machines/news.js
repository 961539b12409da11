/* The socket of the machine pages: numbered news, gaps asked for, reconnected with back-off. */
const BACK_OFF_MS_MAX = 15000;

export class News {
  /** `onNews(events, pulses)` gets each row once and in order; `onState(live)` tells whether the page is live. */
  constructor({ path, through, onNews, onState }) {
    this.url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
    this.through = through;
    this.onNews = onNews;
    this.onState = onState;
    this.waitMs = 500;
    this.open();
  }

  open() {
    this.socket = new WebSocket(this.url);
    this.socket.addEventListener("message", (event) => this.take(JSON.parse(event.data)));
    this.socket.addEventListener("close", (event) => this.closed(event.code));
  }

  closed(code) {
    this.onState(false, code);
    if (code === 4401 || code === 4403) return;
    setTimeout(() => this.open(), this.waitMs * (0.8 + Math.random() * 0.4));
    this.waitMs = Math.min(this.waitMs * 2, BACK_OFF_MS_MAX);
  }

  take(frame) {
    if (frame.type === "hello") {
      this.waitMs = 500;
      this.ask();
    } else if (frame.type === "news") {
      this.news(frame);
    }
  }

  ask() {
    this.socket.send(JSON.stringify({ op: "after", after: this.through }));
  }

  news(frame) {
    if (frame.after > this.through) return this.ask();
    if (frame.through > this.through || frame.after === this.through) {
      const events = frame.events.filter((row) => row.number > this.through);
      const pulses = frame.pulses.filter((row) => row.number > this.through);
      this.through = Math.max(this.through, frame.through);
      this.onNews(events, pulses);
    }
    this.onState(true);
  }
}
