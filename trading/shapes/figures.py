"""The figures of a refusal as the API shows them: money and prices as decimal strings, counts as numbers.

The engine gives whole numbers by name. Which unit a number has follows from its name, or from the code beside it; a
unit in the name (`upper_ticks`) becomes the form and falls off, so a client reads
`{"needed": "128160.00", "available": "9000.00"}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from trading.choices import ACCOUNT_STATUS_WORDS, KILL_SCOPE_WORDS, PHASE_WORDS
from trading.engine import rejects
from trading.shapes.numbers import day_text, money, ratio


class Priced(Protocol):
    """Whatever can say what a number of ticks is as a price."""

    def price(self, ticks: int, /) -> str:
        """Return a price in ticks as text."""


_MONEY: Final = frozenset({"needed", "available", "margin", "fee", "amount", "withdrawable"})
_BOUNDS: Final = frozenset({"lowest", "highest"})
_WORDS: Final[Mapping[str, Mapping[int, object]]] = {
    "status": ACCOUNT_STATUS_WORDS,
    "scope": KILL_SCOPE_WORDS,
    "phase": PHASE_WORDS,
    "wanted": PHASE_WORDS,
    "tradable": {0: False, 1: True},
}


def figures_shape(code: str, figures: Mapping[str, int], *, contract: Priced | None) -> dict[str, object]:
    """Return the figures of a code by plain name in the API's forms."""
    shaped: dict[str, object] = {}
    for name, value in figures.items():
        plain, unit = _unit(code, name)
        if unit == "fen":
            shaped[plain] = money(value)
        elif unit == "ppm":
            shaped[plain] = ratio(value)
        elif unit == "ticks":
            # Without a contract nobody can say what a tick is worth: the number keeps its unit.
            known = contract.price(value) if contract else value
            # Of a bracket with one leg the other has no price.
            shaped[plain if contract else name] = None if code == rejects.GUARD_PRICE and not value else known
        elif unit == "day":
            # No day is 0: there is none to speak of, such as the last statement where none waits.
            shaped[plain] = day_text(value) if value else None
        elif unit == "id":
            shaped[plain] = str(value)
        else:
            shaped[plain] = _WORDS.get(plain, {}).get(value, value)
    return shaped


def _unit(code: str, name: str) -> tuple[str, str]:
    if name in _MONEY or (name in _BOUNDS and code == rejects.AMOUNT_BAD):
        return name, "fen"
    if name in _BOUNDS and code == rejects.PRICE_BAD:
        return name, "ticks"
    if name.endswith("trading_day") or name in ("good_till", "effective_day"):
        return name, "day"
    if name == "order_id":
        return name, "id"
    plain, _, unit = name.rpartition("_")
    return (plain, unit) if plain and unit in {"fen", "ppm", "ticks"} else (name, "")
