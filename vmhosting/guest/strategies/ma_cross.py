"""Moving-average cross on one contract, one lot at a time: the sample every new machine starts with.

It samples the last price, compares a quick average with a slow one and wants to be long one lot above, short one lot
below. It keeps count of its own lots, so that it never closes what its owner bought by hand on the same account.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Any

from .base import Context
from .base import Strategy as BaseStrategy


class Strategy(BaseStrategy):
    """The moving-average cross."""

    PARAMETERS = {
        "symbol": ("SHFE.au2612", "contract"),
        "sample_s": (1.0, "seconds between samples of the last price"),
        "fast": (5, "samples in the quick average"),
        "slow": (20, "samples in the slow average"),
        "rest_s": (10.0, "seconds between two trades, at least"),
        "ticks_over": (3, "ticks beyond the opposite quote the order may pay"),
        "max_spread_ticks": (50, "no trade while bid and ask are further apart"),
    }

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._quote: dict[str, Any] = {}
        self._samples: deque[Decimal] = deque(maxlen=1)
        self._sampled_at = self._traded_at = 0.0
        self._tick = Decimal("0.02")
        self._last_wish = 0
        self.own = int(context.saved.get("own", 0))

    def channels(self) -> list[str]:
        return [f"ticker.{self.parameter('symbol')}", "status"]

    def on_start(self) -> None:
        instrument = self.context.client.door.get(f"/api/v1/instruments/{self.parameter('symbol')}")
        self._tick = Decimal(str(instrument["tick"]))
        self._resize()
        self.context.log(f"watching {self.parameter('symbol')}, own position {self.own:+d}")

    def on_parameters(self) -> None:
        self._resize()
        self.context.log(f"parameters: fast {self.parameter('fast')}, slow {self.parameter('slow')}")

    def on_market(self, channel: str, data: dict[str, Any]) -> None:
        if channel.startswith("ticker."):
            self._quote.update(data)

    def on_fill(self, fill: dict[str, Any]) -> None:
        if not str(fill.get("client_order_id", "")).startswith(self.context._order_prefix + "-"):
            return
        self.own += int(fill["qty"]) * (1 if fill["side"] == "buy" else -1)
        self.context.saved["own"] = self.own
        words = f"{fill['side']} {fill['qty']} @{fill['price']}"
        self.context.log(f"filled {words}, own position {self.own:+d}", level="fill")

    def on_timer(self, now_s: float) -> None:
        last = self._quote.get("last")
        if last is None or now_s - self._sampled_at < float(self.parameter("sample_s")):
            return
        self._sampled_at = now_s
        self._samples.append(Decimal(str(last)))
        wish = self._wish()
        if wish != 0 and wish != self._last_wish:
            self.context.log(f"{'quick above slow' if wish > 0 else 'quick below slow'} at {last}")
            self._last_wish = wish
        if wish not in (0, self.own) and now_s - self._traded_at >= float(self.parameter("rest_s")):
            self._traded_at = now_s
            self._trade(wish)

    def summary(self) -> dict[str, Any]:
        return {
            "symbol": self.parameter("symbol"),
            "position": self.own,
            "last": str(self._quote.get("last", "")),
            "samples": len(self._samples),
        }

    def _resize(self) -> None:
        fast, slow = int(self.parameter("fast")), int(self.parameter("slow"))
        if not 1 <= fast < slow <= 1000:
            self.context.log(f"fast {fast} and slow {slow} must be 1 ≤ fast < slow ≤ 1000; kept waiting", level="error")
            slow = 1
        self._samples = deque(self._samples, maxlen=slow)

    def _wish(self) -> int:
        slow, fast = self._samples.maxlen or 1, int(self.parameter("fast"))
        if slow < 2 or len(self._samples) < slow:
            return 0
        samples = list(self._samples)
        quick_mean, slow_mean = sum(samples[-fast:]) / fast, sum(samples) / slow
        return (quick_mean > slow_mean) - (quick_mean < slow_mean)

    def _trade(self, wish: int) -> None:
        """Send one lot towards the wish: first close the own lot on the wrong side, the opening follows next time."""
        side = "buy" if wish > self.own else "sell"
        price = self._price(side)
        if price is None:
            return
        effect = "open" if self.own == 0 else self._closing_effect()
        if effect is not None:
            self.context.send(
                symbol=str(self.parameter("symbol")), side=side, effect=effect, qty=1, limit_price=str(price)
            )

    def _closing_effect(self) -> str | None:
        """Choose the bucket to close from; a lot that is no longer there was closed by hand and is forgotten."""
        held = self.context.position(str(self.parameter("symbol")), side="long" if self.own > 0 else "short")
        if int(held.get("closable_yesterday", 0)) > 0:
            return "close_yesterday"
        if int(held.get("closable_today", 0)) > 0:
            return "close_today"
        self.context.log("the own lot is gone: closed by hand or settled; counting from zero", level="warning")
        self.own = self.context.saved["own"] = 0
        return None

    def _price(self, side: str) -> Decimal | None:
        bid, ask = self._quote.get("bid"), self._quote.get("ask")
        if not bid or not ask:
            return None
        if (Decimal(str(ask)) - Decimal(str(bid))) / self._tick > int(self.parameter("max_spread_ticks")):
            return None
        over = self._tick * int(self.parameter("ticks_over"))
        price = Decimal(str(ask)) + over if side == "buy" else Decimal(str(bid)) - over
        lower, upper = self._quote.get("lower_limit"), self._quote.get("upper_limit")
        if lower:
            price = max(price, Decimal(str(lower)))
        if upper:
            price = min(price, Decimal(str(upper)))
        return price
