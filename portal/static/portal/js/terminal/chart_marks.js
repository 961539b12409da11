/* Own fills on the candles they happened in: a triangle and B or S with the lots. Drawn as a primitive of the series, because the library's marker
   plug-in redraws the whole chart a second time at every new price. */
import { colour } from "../colours.js";
import { t } from "../words.js";

const GAP = 8;
const HALF = 5;
const TEXT_DROP = 12;
const BREAK_DASH = [2, 4];

/** items: {time, side, qty, high, low (prices)}; breaks: times of candles that begin a session. */
export class FillMarks {
  constructor() {
    this.items = [];
    this.breaks = [];
    this.views = [{ zOrder: () => "top", renderer: () => ({ draw: (target) => target.useMediaCoordinateSpace((space) => this.#draw(space)) }) }];
  }

  attached({ chart, series, requestUpdate }) {
    Object.assign(this, { chart, series, requestUpdate });
  }

  updateAllViews() {}

  paneViews() {
    return this.views;
  }

  set({ items, breaks }) {
    this.items = items;
    this.breaks = breaks;
    this.requestUpdate?.();
  }

  #draw({ context, mediaSize }) {
    const scale = this.chart.timeScale();
    this.#drawBreaks(context, scale, mediaSize);
    context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const mark of this.items) {
      const x = scale.timeToCoordinate(mark.time);
      const buy = mark.side === "buy";
      const edge = this.series.priceToCoordinate(buy ? mark.low : mark.high);
      if (x === null || edge === null || x < -20 || x > mediaSize.width + 20) continue;
      this.#drawMark(context, { x, y: edge + (buy ? GAP : -GAP), turn: buy ? 1 : -1, token: buy ? "up" : "down", text: `${buy ? t("B") : t("S")} ${mark.qty}` });
    }
  }

  #drawMark(context, { x, y, turn, token, text }) {
    context.fillStyle = colour(token);
    context.beginPath();
    context.moveTo(x, y - HALF * turn);
    context.lineTo(x - HALF, y + (HALF - 1) * turn);
    context.lineTo(x + HALF, y + (HALF - 1) * turn);
    context.fill();
    const middle = y + TEXT_DROP * turn;
    const half = context.measureText(text).width / 2 + 2;
    context.fillStyle = colour("surface");
    context.fillRect(x - half, middle - 7, half * 2, 14);
    context.fillStyle = colour(token);
    context.fillText(text, x, middle);
  }

  #drawBreaks(context, scale, { height }) {
    context.strokeStyle = colour("line-control");
    context.setLineDash(BREAK_DASH);
    context.beginPath();
    for (const { time, half } of this.breaks) {
      const x = scale.timeToCoordinate(time);
      if (x === null) continue;
      const at = Math.round(x - half(scale)) + 0.5;
      context.moveTo(at, 0);
      context.lineTo(at, height);
    }
    context.stroke();
    context.setLineDash([]);
  }
}
