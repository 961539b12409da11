/* The trading socket: hello, requests with answers, subscriptions with `since`, `seen` answers, reconnect with jitter. */
const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 15000;
const ANSWER_WITHIN_MS = 8000;
const FINAL_CODES = new Set([4401, 4403]);

export class TradingSocket {
  /** `since(channel)` gives the last number applied of a private channel, or undefined. */
  constructor({ url, since, onHello, onFrame, onState }) {
    Object.assign(this, { url, since, onHello, onFrame, onState });
    this.channels = new Set();
    this.waiting = new Map();
    this.nextId = 1;
    this.failures = 0;
    this.heardAt = performance.now();
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN && this.greeted;
  }

  connect() {
    this.greeted = false;
    this.onState("connecting");
    this.socket = new WebSocket(this.url);
    this.socket.onmessage = (event) => this.#receive(event.data);
    this.socket.onclose = (event) => this.#closed(event.code);
  }

  /** Give up this connection and make a new one: the peer has gone silent. */
  restart() {
    const old = this.socket;
    old.onclose = old.onmessage = null;
    old.close();
    this.#closed(1006);
  }

  request(op, fields = {}) {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      if (!this.open) return reject({ code: "disconnected" });
      const timer = setTimeout(() => this.#settle(id, null, { code: "no_answer" }), ANSWER_WITHIN_MS);
      this.waiting.set(id, { resolve, reject, timer });
      this.socket.send(JSON.stringify({ op, id, ...fields }));
    });
  }

  /** Make the set of channels exactly this; only differences travel. */
  want(channels) {
    const wanted = new Set(channels);
    const gone = [...this.channels].filter((name) => !wanted.has(name));
    const added = [...wanted].filter((name) => !this.channels.has(name));
    this.channels = wanted;
    if (!this.open) return;
    if (gone.length) this.request("unsubscribe", { channels: gone }).catch(() => {});
    if (added.length) this.#subscribe(added);
  }

  resync(channel) {
    if (this.open) this.request("resync", { ch: channel }).catch(() => {});
  }

  #subscribe(channels) {
    const since = {};
    for (const channel of channels) {
      const seq = this.since(channel);
      if (seq !== undefined) since[channel] = seq;
    }
    this.request("subscribe", Object.keys(since).length ? { channels, since } : { channels }).catch((error) => {
      if (error.code !== "disconnected") this.onState("refused", error);
    });
  }

  #receive(text) {
    this.heardAt = performance.now();
    const message = JSON.parse(text);
    if (Array.isArray(message)) message.forEach((frame) => this.#handle(frame));
    else this.#handle(message);
  }

  #handle(frame) {
    if (frame.ch !== undefined) return this.onFrame(frame);
    if (frame.id !== undefined && this.waiting.has(frame.id)) return this.#settle(frame.id, frame.ok ? frame : null, frame.error ?? { code: "failed" });
    if (frame.type === "ping") return this.socket.send(JSON.stringify({ op: "seen", seq: frame.frame }));
    if (frame.type === "hello") {
      this.greeted = true;
      this.failures = 0;
      this.onHello(frame);
      this.onState("open");
      if (this.channels.size) this.#subscribe([...this.channels]);
    }
  }

  #settle(id, answer, error) {
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.waiting.delete(id);
    if (answer) waiting.resolve(answer);
    else waiting.reject(error);
  }

  #closed(code) {
    for (const id of [...this.waiting.keys()]) this.#settle(id, null, { code: "disconnected" });
    this.greeted = false;
    if (FINAL_CODES.has(code)) return this.onState("ended", { code });
    this.onState("closed", { code });
    const base = Math.min(LONGEST_DELAY_MS, (code === 4429 ? 5000 : FIRST_DELAY_MS) * 2 ** this.failures++);
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), base * (0.5 + Math.random()));
  }
}
