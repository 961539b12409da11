/* Depth of one contract: a snapshot, then changed levels with absolute quantity; 0 removes. A broken chain of numbers asks for a new snapshot. */
export class Book {
  constructor(instrument) {
    this.instrument = instrument;
    this.bids = new Map();
    this.asks = new Map();
    this.seq = null;
  }

  /** Apply one frame. False when the chain is broken and a snapshot is needed. */
  apply(frame) {
    if (frame.type === "snapshot") {
      this.bids.clear();
      this.asks.clear();
    } else if (this.seq === null || frame.prev !== this.seq) {
      if (this.seq !== null && frame.seq <= this.seq) return true;
      this.seq = null;
      return false;
    }
    this.#take(this.bids, frame.data.bids);
    this.#take(this.asks, frame.data.asks);
    this.seq = frame.seq;
    return true;
  }

  #take(side, levels) {
    for (const [price, qty] of levels ?? []) {
      const units = this.instrument.units(price);
      if (qty) side.set(units, qty);
      else side.delete(units);
    }
  }

  /** The best `count` levels of each side, best first, as [units, qty]. */
  top(count) {
    return {
      bids: [...this.bids].sort((a, b) => b[0] - a[0]).slice(0, count),
      asks: [...this.asks].sort((a, b) => a[0] - b[0]).slice(0, count),
    };
  }

  get bestBid() {
    return this.bids.size ? Math.max(...this.bids.keys()) : null;
  }

  get bestAsk() {
    return this.asks.size ? Math.min(...this.asks.keys()) : null;
  }
}
