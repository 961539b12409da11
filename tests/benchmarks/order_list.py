"""The order list that the textbook endpoint and the socket are both given: one instrument, 100 accounts, a drifting
price, every order opening a position. The list is a file in the repository; this module reads it, and is what made it.
"""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Final, NamedTuple

FILE: Final = Path(__file__).with_name("orders.csv.gz")
ACCOUNTS: Final = 100
ORDERS: Final = 20_000
SEED: Final = 20261123
MID_TICKS: Final = 40_000
DRIFT_MAX_TICKS: Final = 300
CROSSING_SHARE: Final = 0.55


class ListedOrder(NamedTuple):
    """One order of the list; `account` counts from 0, the price is in ticks."""

    account: int
    side: str
    qty: int
    price_ticks: int


def made_orders() -> list[ListedOrder]:
    """Make the list: a mid price that wanders, a good half of the orders priced to meet the other side."""
    dice = random.Random(SEED)
    mid = MID_TICKS
    orders: list[ListedOrder] = []
    for _ in range(ORDERS):
        mid = min(max(mid + dice.choice((-1, 0, 0, 1)), MID_TICKS - DRIFT_MAX_TICKS), MID_TICKS + DRIFT_MAX_TICKS)
        side = dice.choice(("buy", "sell"))
        away = -dice.randint(1, 4) if dice.random() < CROSSING_SHARE else dice.randint(0, 8)
        price = mid - away if side == "buy" else mid + away
        orders.append(ListedOrder(dice.randrange(ACCOUNTS), side, dice.choice((1, 1, 1, 2, 3)), price))
    return orders


def read_orders() -> list[ListedOrder]:
    """Read the list from its file."""
    with gzip.open(FILE, "rt", encoding="ascii") as lines:
        next(lines)
        rows = (line.rstrip("\n").split(",") for line in lines)
        return [ListedOrder(int(account), side, int(qty), int(price)) for account, side, qty, price in rows]


def write_orders() -> None:
    """Write the list to its file, the same bytes each time."""
    text = "account,side,qty,price_ticks\n" + "".join(
        f"{o.account},{o.side},{o.qty},{o.price_ticks}\n" for o in made_orders()
    )
    FILE.write_bytes(gzip.compress(text.encode("ascii"), mtime=0))


if __name__ == "__main__":
    write_orders()
