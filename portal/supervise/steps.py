"""The numbered steps of a start, as a person sees them."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TextIO

_NAME_WIDTH: Final = 52


class Steps:
    """Prints `[2/6] name   outcome   1.2 s   note` as each step ends."""

    def __init__(self, *, total: int, out: TextIO) -> None:
        self._total = total
        self._out = out
        self._number = 0
        self.started_at = time.monotonic()

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time one step; the line is printed when the block ends without an error."""
        self._number += 1
        step = Step(name=name)
        started_at = time.monotonic()
        try:
            yield step
        except BaseException:
            self.line(step, outcome="failed", seconds=time.monotonic() - started_at)
            raise
        self.line(step, outcome=step.outcome, seconds=time.monotonic() - started_at)

    def line(self, step: Step, *, outcome: str, seconds: float) -> None:
        """Print one step's line."""
        head = _padded(f"[{self._number}/{self._total}] {step.name}", _NAME_WIDTH)
        note = f"   {step.note}" if step.note else ""
        self.say(f"{head} {outcome:<8} {seconds:6.1f} s{note}")

    def say(self, text: str) -> None:
        """Print a line at once, also into a pipe."""
        self._out.write(text + "\n")
        self._out.flush()


class Step:
    """What a step's block may set while it runs."""

    def __init__(self, *, name: str) -> None:
        self.name = name
        self.outcome = "ok"
        self.note = ""


def _padded(text: str, width: int) -> str:
    taken = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return text + " " * max(0, width - taken)
