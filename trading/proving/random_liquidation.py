"""Forced liquidations for random life: mostly right ones, and every way in which one can be wrong."""

from __future__ import annotations

import random
from typing import Final

from trading.engine import commands as c
from trading.engine import types as t

from .reference_liquidation import RefLiquidation, figures
from .reference_state import RefAccount, RefWorld

LINES: Final = [1, 2, 3, 900_000_000]


def some_liquidation(world: RefWorld, dice: random.Random) -> c.AnyCommand | None:
    """Begin one, or go on with one that is open; None when nobody holds anything."""
    if world.liquidations and dice.random() < 0.85:
        item = world.liquidations[dice.choice(sorted(world.liquidations))]
        if dice.random() < 0.05:
            number = item.number + dice.choice((0, 0, 1))
            return c.StopLiquidation(item.account.tenant_id, item.account.number, number, "enough", "u5")
        return _step(world, dice, item)
    holders = [account for account in world.accounts.values() if any(account.lots.values())]
    return _begin(world, dice, dice.choice(holders)) if holders else None


def _begin(world: RefWorld, dice: random.Random, account: RefAccount) -> c.OpenLiquidation:
    rows = []
    for (key, side), lots in sorted(account.lots.items()):
        for today in (False, True):
            held = sum(lot.qty for lot in lots if lot.is_today is today)
            if held and dice.random() < 0.8:
                qty = max(1, held - dice.choice((0, 0, 1, -1 if dice.random() < 0.1 else 0)))
                rows.append((key, side, t.CLOSE_TODAY if today else t.CLOSE_YESTERDAY, qty))
    dice.shuffle(rows)
    basis, reason = dice.choice((t.BASIS_COMPANY, t.BASIS_EXCHANGE)), dice.choice((1, 1, 1, 2, 7))
    degree = figures(world, account, basis)[2]
    target = degree * dice.choice((20, 60, 95, 100)) // 100 if reason == 1 or dice.random() < 0.3 else 0
    ended = world.liquidated.get(account.number, 0)
    trigger = dice.choice((world.seq, world.seq, world.seq, ended, ended - 1, world.seq + 1))
    tenant_id = account.tenant_id if dice.random() < 0.97 else 3 - account.tenant_id
    lines = LINES if dice.random() < 0.97 else dice.choice(([], [5, 4, 3, 2], [1, 2]))
    checker = dice.choice(("u3", "u3", "u3", "rule:liquidate", "u2"))
    return c.OpenLiquidation(tenant_id, account.number, reason, basis, trigger, lines, target, rows, "u2", checker)


def _step(world: RefWorld, dice: random.Random, item: RefLiquidation) -> c.StepLiquidation:
    at = dice.randrange(len(item.rows))
    row = item.rows[at]
    contract = world.contracts[row.instrument_id]
    up = 1 if row.side == t.SHORT else -1
    price = contract.last + up * dice.randint(-3, 8)
    if dice.random() < 0.03:
        price = dice.choice((0, contract.upper + 1, contract.lower - 1))
    qty = max(1, row.qty - row.closed - dice.choice((0, 0, 1, 2)))
    if dice.random() < 0.1:
        qty += dice.choice((1, 3, 2**31, -(2**31)))
    step = item.steps + dice.choice((1,) * 12 + (0, 2))
    number = item.number + (1 if dice.random() < 0.03 else 0)
    at = at if dice.random() < 0.97 else dice.choice((-1, len(item.rows)))
    return c.StepLiquidation(
        item.account.tenant_id,
        item.account.number,
        number,
        step,
        at,
        qty,
        price,
        dice.choice(("u5", "system")),
        by_tariff=step % 4 != 0,
    )
