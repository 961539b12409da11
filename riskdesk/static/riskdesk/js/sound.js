/* One short tone for a new alert, two for a critical one; repeats while a critical alert has no owner. Off until switched on. */
import { byId } from "/static/portal/js/dom.js";

const REPEAT_MS = 8000;

export class Sound {
  constructor() {
    this.button = byId("sound");
    this.context = null;
    this.on = false;
    this.button.addEventListener("click", () => this.toggle());
  }

  toggle() {
    this.on = !this.on;
    this.context ??= new AudioContext();
    this.context.resume();
    this.button.setAttribute("aria-pressed", String(this.on));
    if (this.on) this.play(false);
  }

  play(critical) {
    if (!this.on || !this.context) return;
    for (const [index, pitch] of (critical ? [880, 660] : [660]).entries()) {
      const tone = this.context.createOscillator();
      const gain = this.context.createGain();
      const at = this.context.currentTime + index * 0.18;
      tone.frequency.value = pitch;
      gain.gain.setValueAtTime(0.12, at);
      gain.gain.exponentialRampToValueAtTime(0.001, at + 0.16);
      tone.connect(gain).connect(this.context.destination);
      tone.start(at);
      tone.stop(at + 0.17);
    }
  }

  /** Called every second with whether a critical alert is unowned. */
  remind(unowned, nowMs) {
    if (!unowned) this.lastMs = nowMs;
    else if (nowMs - (this.lastMs ?? 0) > REPEAT_MS) {
      this.lastMs = nowMs;
      this.play(true);
    }
  }
}
