/* What this person left as it was: contract, period, account, tab, watch list, keys. Kept in this browser, per user. */
import { config } from "./config.js";

const KEY = `aurum.terminal.${config.user}`;
const DEFAULTS = { account: null, symbol: null, period: "1m", tab: "t-pos", watch: null, keys: true, average: true };

function load() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return { ...DEFAULTS };
  }
}

export const settings = load();

export function keep(changes) {
  Object.assign(settings, changes);
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    /* A private window keeps nothing; the page works the same. */
  }
}
