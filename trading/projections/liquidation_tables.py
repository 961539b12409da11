"""Rows of forced liquidations: one each, one more for each step."""

from __future__ import annotations

import json
from typing import Any, Final

import psycopg

from trading.engine import liquidation_events
from trading.projections.fold import Moment

Cursor = psycopg.Cursor[Any]
LiquidationEvent = (
    liquidation_events.LiquidationOpened
    | liquidation_events.LiquidationStepped
    | liquidation_events.LiquidationEnded
    | liquidation_events.LiquidationCarried
)

_OPEN: Final = """
INSERT INTO trading_liquidation (tenant_id, account_id, number, reason, basis, trigger_seq, lines_ppm, target_ppm,
  equity_fen, margin_fen, degree_ppm, rows, maker, checker, trading_day, opened_seq, opened_ns, seq)
VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s, %s)
"""
_STEP: Final = """
INSERT INTO trading_liquidation_step (tenant_id, account_id, number, step, row, order_id, instrument_id, qty,
  price_ticks, actor, seq, at_ns)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_CARRY: Final = """
UPDATE trading_liquidation SET rows = %s::jsonb, seq = %s WHERE tenant_id = %s AND account_id = %s AND number = %s
"""
_END: Final = """
UPDATE trading_liquidation SET outcome = %s, end_equity_fen = %s, end_margin_fen = %s, end_degree_ppm = %s,
  rows = %s::jsonb, end_reason = %s, end_actor = %s, ended_seq = %s, ended_ns = %s, seq = %s
WHERE tenant_id = %s AND account_id = %s AND number = %s
"""


def write(event: LiquidationEvent, *, moment: Moment, cursor: Cursor) -> None:
    """Write what one event says."""
    key = [event.tenant_id, event.account_id, event.number]
    seq, at_ns = moment.seq, moment.at_ns
    if isinstance(event, liquidation_events.LiquidationOpened):
        figures = [event.equity_fen, event.margin_fen, event.degree_ppm]
        rows = [(*row, 0) for row in event.rows]
        values = [*key, event.reason, event.basis, event.trigger_seq, json.dumps(event.lines_ppm), event.target_ppm,
                  *figures, json.dumps(rows), _text(event.maker), _text(event.checker), moment.trading_day,
                  seq, at_ns, seq]  # fmt: skip
        cursor.execute(_OPEN, values)
    elif isinstance(event, liquidation_events.LiquidationStepped):
        order = [event.order_id, event.instrument_id, event.qty, event.price_ticks]
        cursor.execute(_STEP, [*key, event.step, event.row, *order, _text(event.actor), seq, at_ns])
    elif isinstance(event, liquidation_events.LiquidationCarried):
        cursor.execute(_CARRY, [json.dumps(event.rows), seq, *key])
    else:
        figures = [event.outcome, event.equity_fen, event.margin_fen, event.degree_ppm]
        words = [_text(event.reason), _text(event.actor)]
        cursor.execute(_END, [*figures, json.dumps(event.rows), *words, seq, at_ns, seq, *key])


def _text(text: str) -> str:
    return text.replace("\x00", "")
