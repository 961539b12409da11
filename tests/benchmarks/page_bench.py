"""How busy the terminal keeps the browser's main thread: headless Chromium, the real page, 20 market updates a second.

`python -m tests.benchmarks.page_bench [--seconds 10] [--updates 20]`; the last line is one JSON object. The market is
made up (tests/browser/fake_feed.py), so that the figure is the page's own and not the engine's.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.browser.served import serve
from tests.plugins.browser import chromium_flags, chromium_path

SETTLE_MS = 4000
_COUNTERS = """() => {
  const counts = { chart: 0, frames: 0, ladder: 0, messages: 0 };
  const context = CanvasRenderingContext2D.prototype;
  const clear = context.clearRect;
  let drawnAt = 0;
  const area = (canvas) => canvas.width * canvas.height;
  const main = [...document.querySelectorAll('#chart canvas')].sort((a, b) => area(b) - area(a))[0];
  for (const name of ['fillRect', 'clearRect']) {
    const original = context[name];
    context[name] = function (...rest) {
      const now = document.timeline.currentTime;
      if (this.canvas === main && now !== drawnAt) { drawnAt = now; counts.chart += 1; }
      return original.apply(this, rest);
    };
  }
  const count = (name, place) => new MutationObserver(() => { counts[name] += 1; })
    .observe(document.querySelector(place), { subtree: true, characterData: true });
  count('ladder', '#bids');
  count('frames', '#last');
  window.benchCounts = counts;
}"""


def metrics(session: CDPSession) -> dict[str, float]:
    """Return Chromium's own performance counters."""
    return {item["name"]: item["value"] for item in session.send("Performance.getMetrics")["metrics"]}


def measure(page: Page, *, seconds: float) -> dict[str, Any]:
    """Watch a settled page for some seconds."""
    session = page.context.new_cdp_session(page)
    # Thread ticks count the processor time of the main thread, so that neighbours on the machine do not count as busy.
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.evaluate(_COUNTERS)
    before, began = metrics(session), time.monotonic()
    page.wait_for_timeout(seconds * 1000)
    after, wall = metrics(session), time.monotonic() - began
    spent = {name: after[name] - before[name] for name in after}
    counts = page.evaluate("window.benchCounts")
    return {
        "main_thread_busy_pct": round(100 * spent["TaskDuration"] / wall, 1),
        "script_pct": round(100 * spent["ScriptDuration"] / wall, 1),
        "layout_pct": round(100 * (spent["LayoutDuration"] + spent["RecalcStyleDuration"]) / wall, 1),
        "chart_redraws_per_s": round(counts["chart"] / wall, 1),
        "ladder_writes_per_s": round(counts["ladder"] / wall, 1),
        "header_writes_per_s": round(counts["frames"] / wall, 1),
        "heap_mb": round(after["JSHeapUsedSize"] / 1e6, 1),
        "seconds": round(wall, 1),
    }


def run(*, seconds: float, updates_per_s: float) -> dict[str, Any]:
    """Serve the page, open it, measure it."""
    served = serve(updates_per_s=updates_per_s)
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium_path(), args=chromium_flags())
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(served.url + "/trade/")
            page.wait_for_selector("#conn:not(.busy):not(.warn)", timeout=20_000)
            page.wait_for_timeout(SETTLE_MS)
            result = measure(page, seconds=seconds)
            browser.close()
    finally:
        served.stop()
    return result | {"updates_per_s": updates_per_s, "ok": result["main_thread_busy_pct"] <= 15}


def main() -> int:
    """Parse the command line and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--updates", type=float, default=20)
    options = parser.parse_args()
    if chromium_path() is None:
        sys.stderr.write("Chromium not found: apt-get install chromium fonts-noto-cjk, or set PORTAL_CHROMIUM\n")
        return 2
    result = run(seconds=options.seconds, updates_per_s=options.updates)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
