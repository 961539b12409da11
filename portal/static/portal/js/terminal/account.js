/* One money account as a snapshot plus numbered events. Money in fen; profit is computed here from the last prices. */
import { fenOf } from "../format.js";

const WORKING = new Set(["new", "partially_filled", "pending_new", "held"]);
export const isWorking = (order) => WORKING.has(order.status);

export class Account {
  constructor({ id, name = "", status_reason: reason = "" }) {
    this.id = id;
    this.name = name;
    this.seq = undefined;
    this.status = "active";
    this.statusReason = reason;
    this.limits = {};
    this.funds = null;
    this.positions = new Map();
    this.orders = new Map();
    this.fills = new Map();
    this.missed = 0;
  }

  /** Apply a frame of the account channel: "applied", "old", or "gap" (numbers are missing before it). */
  apply(frame) {
    if (frame.type === "snapshot") {
      this.#snapshot(frame);
      return "applied";
    }
    if (this.seq === undefined) return "gap";
    if (frame.seq <= this.seq) return "old";
    if (frame.seq > this.seq + 1) {
      this.missed += frame.seq - this.seq - 1;
      return "gap";
    }
    this.seq = frame.seq;
    this.#event(frame.data);
    return "applied";
  }

  #snapshot({ seq, data }) {
    this.seq = seq;
    this.#take(data.account);
    this.#money(data.funds);
    this.positions = new Map();
    for (const position of data.positions ?? []) this.#position(position);
    this.orders = new Map((data.orders ?? []).map((order) => [order.id, order]));
  }

  #event(data) {
    if (data.account) this.#take(data.account);
    if (data.event === "status_changed") this.statusReason = data.reason ?? "";
    if (data.funds) this.#money(data.funds);
    if (data.order) this.takeOrder(data.order);
    if (data.fill) this.fills.set(this.#fillKey(data.fill), data.fill);
    if (data.position) this.#position(data.position);
    if (data.positions) {
      this.positions = new Map();
      for (const position of data.positions) this.#position(position);
    }
  }

  #fillKey(fill) {
    return `${fill.id}:${fill.order_id}`;
  }

  takeFills(rows) {
    for (const fill of rows) this.fills.set(this.#fillKey(fill), fill);
  }

  takeOrder(order) {
    if (isWorking(order)) this.orders.set(order.id, order);
    else this.orders.delete(order.id);
  }

  #take(account) {
    if (!account) return;
    this.status = account.status ?? this.status;
    this.limits = account.limits ?? this.limits;
    this.name = account.name || this.name;
  }

  #money(funds) {
    if (!funds) return;
    this.funds = {
      cash: fenOf(funds.cash),
      margin: fenOf(funds.margin),
      frozen: fenOf(funds.frozen_margin) + fenOf(funds.frozen_fee),
      closed: fenOf(funds.close_profit),
      fees: fenOf(funds.fees),
    };
  }

  #position(row) {
    const key = `${row.symbol}:${row.side}`;
    if (!row.qty) {
      this.positions.delete(key);
      return;
    }
    this.positions.set(key, {
      key,
      ...row,
      sign: row.side === "long" ? 1 : -1,
      openCost: fenOf(row.open_cost),
      markCost: fenOf(row.mark_cost),
      marginFen: fenOf(row.margin),
    });
  }

  get workingOrders() {
    return [...this.orders.values()];
  }

  /** Positions with their profit at the last prices; `lastOf(symbol)` gives {instrument, last} or nothing. */
  marked(lastOf) {
    return [...this.positions.values()].map((position) => {
      const quote = lastOf(position.symbol);
      if (!quote || quote.last === null) return { ...position, last: null, byDate: 0, byTrade: 0 };
      const value = quote.instrument.valueFen(quote.last, position.qty);
      return { ...position, last: quote.last, byDate: position.sign * (value - position.markCost), byTrade: position.sign * (value - position.openCost) };
    });
  }

  /** Equity, available and risk degree, as the counter computes them: floating gains do not count as available. */
  money(lastOf) {
    if (!this.funds) return null;
    const marked = this.marked(lastOf);
    const byDate = marked.reduce((sum, position) => sum + position.byDate, 0);
    const byTrade = marked.reduce((sum, position) => sum + position.byTrade, 0);
    const { cash, margin, frozen, closed, fees } = this.funds;
    const equity = cash + byDate;
    return { marked, byDate, byTrade, equity, margin, frozen, closed, fees, available: cash - margin - frozen + Math.min(0, byDate), risk: equity > 0 ? margin / equity : margin > 0 ? 9.99 : 0 };
  }

  closable(symbol, side) {
    const position = this.positions.get(`${symbol}:${side}`);
    if (!position) return { today: 0, yesterday: 0 };
    return { today: position.closable_today ?? position.today_qty, yesterday: position.closable_yesterday ?? position.yesterday_qty };
  }

  /** Own working lots at each price of a contract: {buy: Map(units → lots), sell: …}. */
  ownLots(instrument) {
    const lots = { buy: new Map(), sell: new Map() };
    for (const order of this.orders.values()) {
      if (order.symbol !== instrument.symbol || order.limit_price === null) continue;
      const units = instrument.units(order.limit_price);
      lots[order.side].set(units, (lots[order.side].get(units) ?? 0) + order.leaves_qty);
    }
    return lots;
  }
}
