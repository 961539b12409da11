"""Settlement prices as an operator types them."""

from __future__ import annotations

from django.core.management.base import CommandError


def price_of(text: str) -> tuple[str, str]:
    """Return (symbol, price) of SYMBOL=PRICE; refuse anything else with an example."""
    symbol, mark, price = text.partition("=")
    if not (symbol and mark and price):
        raise CommandError(f"{text!r} is not SYMBOL=PRICE, for example SHFE.au2612=1001.00")
    return symbol, price
