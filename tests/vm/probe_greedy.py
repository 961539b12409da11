"""A strategy that takes ever more memory and says how far it came."""

from __future__ import annotations

from .base import Strategy as BaseStrategy


class Strategy(BaseStrategy):
    """Takes 10 MiB at a time, up to 200."""

    def on_start(self) -> None:
        kept = []
        for number in range(1, 21):
            kept.append(b"x" * 10 * 1024 * 1024)
            self.context.log(f"taken {number * 10} MiB")
        self.context.log("all 200 MiB taken")
