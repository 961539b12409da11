/* Figures as whole numbers of a unit (ticks of a decimal place, fen) and back. No floats, no locale machinery: this runs at every tick. */

/** "1,004.36" with 2 places is 100436; null when it is not a number with at most that many places. */
export function parseDecimal(text, places) {
  const match = /^([-−+]?)(\d+)(?:\.(\d*))?$/.exec(String(text).replace(/[,\s]/g, ""));
  if (!match) return null;
  const fraction = (match[3] ?? "").replace(/0+$/, "");
  if (fraction.length > places) return null;
  const units = Number(match[2] + fraction.padEnd(places, "0"));
  return match[1] === "-" || match[1] === "−" ? -units : units;
}

/** A decimal string of the server as whole units, rounding what lies beyond the places. */
export function unitsOf(text, places) {
  if (text === null || text === undefined || text === "") return null;
  return Math.round(Number(text) * 10 ** places);
}

export const fenOf = (text) => unitsOf(text, 2) ?? 0;

/** 100436 with 2 places is "1,004.36"; negative with a true minus sign. */
export function decimal(units, places = 2) {
  const digits = String(Math.abs(Math.round(units))).padStart(places + 1, "0");
  const whole = places ? digits.slice(0, -places) : digits;
  const grouped = whole.length > 3 ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
  return (units < 0 ? "−" : "") + grouped + (places ? "." + digits.slice(-places) : "");
}

/** The same with a plus sign for gains. */
export const signed = (units, places = 2) => (units > 0 ? "+" : "") + decimal(units, places);

/** What the server reads: no separators, an ASCII minus. */
export const plain = (units, places) => decimal(units, places).replace(/,/g, "").replace("−", "-");

/** Whole yuan of an amount in fen: for columns where fen are noise. */
export const yuan = (fen) => decimal(Math.round(fen / 100), 0);
export const signedYuan = (fen) => signed(Math.round(fen / 100), 0);

/** A ratio as "51.6 %". */
export const percent = (ratio, places = 1) => decimal(Math.round(ratio * 100 * 10 ** places), places) + " %";
export const signedPercent = (ratio, places = 2) => signed(Math.round(ratio * 100 * 10 ** places), places) + " %";

export const direction = (value) => (value > 0 ? "up" : value < 0 ? "down" : "flat");

const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

/** Time of day in Shanghai of a date, a millisecond count or an RFC 3339 text. */
export const timeOf = (moment) => (moment ? clock.format(moment instanceof Date ? moment : new Date(moment)) : "–");

const day = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit" });

/** Day and minute in Shanghai of an RFC 3339 text: "11-24 09:00". */
export const minuteOf = (text) => (text ? `${day.format(new Date(text))} ${timeOf(text).slice(0, 5)}` : "–");

/** The same with milliseconds, from an RFC 3339 text. */
export function timeMsOf(text) {
  if (!text || text.startsWith("1970")) return "–";
  return timeOf(text) + "." + String(new Date(text).getMilliseconds()).padStart(3, "0");
}
