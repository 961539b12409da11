/* One contract: its numbers as whole units of the last decimal place, and what they are worth in fen. */
import { decimal, parseDecimal, signed, unitsOf } from "../format.js";

export class Instrument {
  constructor(row) {
    this.symbol = row.symbol;
    this.name = row.name;
    this.short = row.symbol.includes(".") ? row.symbol.split(".")[1] : row.symbol;
    this.places = row.price_decimals;
    this.multiplier = row.multiplier;
    this.tick = unitsOf(row.tick, this.places);
    this.tickText = row.tick;
    this.maxOrderQty = row.max_order_qty;
    this.row = row;
    this.update(row);
    /* Value of one unit of price for one lot, in fen. */
    this.unitFen = (100 / 10 ** this.places) * this.multiplier;
  }

  /** Take over what a day or a ticker changes. */
  update(row) {
    if (row.lower_limit) this.lower = unitsOf(row.lower_limit, this.places);
    if (row.upper_limit) this.upper = unitsOf(row.upper_limit, this.places);
    if (row.previous_settlement) this.previousSettlement = unitsOf(row.previous_settlement, this.places);
  }

  units(text) {
    return unitsOf(text, this.places);
  }

  parse(text) {
    return parseDecimal(text, this.places);
  }

  price(units) {
    return units === null || units === undefined ? "–" : decimal(units, this.places);
  }

  change(units) {
    return signed(units, this.places);
  }

  valueFen(units, qty) {
    return Math.round(units * this.unitFen * qty);
  }

  /** The two nearest multiples of the tick around a price. */
  neighbours(units) {
    const low = Math.floor(units / this.tick) * this.tick;
    return [low, low + this.tick];
  }
}
