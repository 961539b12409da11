"""Forced liquidations in the API's forms: money and ratios as decimal strings, codes as words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from trading.choices import (
    FORCE_REASON_WORDS,
    LIQUIDATION_OUTCOME_WORDS,
    MARGIN_BASIS_WORDS,
    OFFSET_WORDS,
    POSITION_SIDE_WORDS,
)
from trading.engine.liquidation_events import (
    LiquidationCarried,
    LiquidationEnded,
    LiquidationOpened,
    LiquidationStepped,
)
from trading.shapes.contracts import Contracts
from trading.shapes.numbers import money, ratio


def rows_shape(rows: Iterable[Sequence[int]], contracts: Contracts) -> list[dict[str, object]]:
    """Return a plan's rows: contract, direction, offset, lots, and where known the lots closed."""
    return [
        {
            "symbol": contracts.by_id[row[0]].symbol,
            "side": POSITION_SIDE_WORDS[row[1]],
            "position_effect": OFFSET_WORDS[row[2]],
            "qty": row[3],
            "closed": row[4] if len(row) > 4 else 0,
        }
        for row in rows
    ]


def figures_shape(equity_fen: int, margin_fen: int, degree_ppm: int) -> dict[str, object]:
    """Return an account's figures by a liquidation's basis."""
    return {"equity": money(equity_fen), "margin": money(margin_fen), "risk_degree": ratio(degree_ppm)}


def opened_json(event: LiquidationOpened, contracts: Contracts) -> str:
    """Tell of a liquidation that has begun."""
    return json.dumps(
        {
            "number": event.number,
            "reason": FORCE_REASON_WORDS[event.reason],
            "basis": MARGIN_BASIS_WORDS[event.basis],
            "target": ratio(event.target_ppm) if event.target_ppm else None,
            **figures_shape(event.equity_fen, event.margin_fen, event.degree_ppm),
            "rows": rows_shape(event.rows, contracts),
        }
    )


def stepped_json(event: LiquidationStepped, contracts: Contracts) -> str:
    """Tell of a step; its order follows with its own event."""
    contract = contracts.by_id[event.instrument_id]
    return json.dumps(
        {
            "number": event.number,
            "step": event.step,
            "order_id": str(event.order_id),
            "symbol": contract.symbol,
            "qty": event.qty,
            "price": contract.price(event.price_ticks),
        }
    )


def ended_json(event: LiquidationEnded, contracts: Contracts) -> str:
    """Tell of a liquidation that is over."""
    return json.dumps(
        {
            "number": event.number,
            "outcome": LIQUIDATION_OUTCOME_WORDS[event.outcome],
            **figures_shape(event.equity_fen, event.margin_fen, event.degree_ppm),
            "rows": rows_shape(event.rows, contracts),
        }
    )


def carried_json(event: LiquidationCarried, contracts: Contracts) -> str:
    """Tell of a liquidation that goes on the next day."""
    return json.dumps({"number": event.number, "rows": rows_shape(event.rows, contracts)})
