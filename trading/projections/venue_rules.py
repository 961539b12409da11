"""What venue rules do to contracts and accounts, row by row, in journal order."""

from __future__ import annotations

import json
from typing import Any

import psycopg

from trading.engine import venue_events
from trading.engine.all_events import AnyEvent
from trading.engine.ladders import Delivery
from trading.projections.fold import Moment

Cursor = psycopg.Cursor[Any]

_TERMS = """
INSERT INTO trading_contract_rules AS r (instrument_id, one_sided, ladder_step, ladder_side, limit_ppm,
  margin_floor_ppm, lot_multiple, position_limit, closed_to_natural, expired, trading_day, seq)
VALUES (%s, nullif(%s, 0), %s, nullif(%s, 0), %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (instrument_id) DO UPDATE SET one_sided = excluded.one_sided, ladder_step = excluded.ladder_step,
  ladder_side = excluded.ladder_side, limit_ppm = excluded.limit_ppm, margin_floor_ppm = excluded.margin_floor_ppm,
  lot_multiple = excluded.lot_multiple, position_limit = excluded.position_limit,
  closed_to_natural = excluded.closed_to_natural, expired = excluded.expired, trading_day = excluded.trading_day,
  seq = excluded.seq
"""
_DELIVERY = """
INSERT INTO trading_contract_rules (instrument_id, delivery, delivery_maker, delivery_checker, seq)
VALUES (%s, %s::jsonb, %s, %s, %s)
ON CONFLICT (instrument_id) DO UPDATE SET delivery = excluded.delivery, delivery_maker = excluded.delivery_maker,
  delivery_checker = excluded.delivery_checker, seq = excluded.seq
"""
_LADDER = """
INSERT INTO trading_limit_ladder (venue, product, steps, maker, checker, at_ns, seq, window_s)
VALUES (%s, %s, %s::jsonb, %s, %s, %s, %s, %s)
ON CONFLICT (venue, product) DO UPDATE SET steps = excluded.steps, maker = excluded.maker,
  checker = excluded.checker, at_ns = excluded.at_ns, seq = excluded.seq,
  window_s = excluded.window_s
"""


def write(event: AnyEvent, *, moment: Moment, cursor: Cursor) -> None:
    """Write what one event says of its row."""
    match event:
        case venue_events.ContractsMoved():
            for row in event.rows:
                _put_terms(row, event.trading_day, moment, cursor)
        case venue_events.DeliveryPut():
            people = [event.maker, event.checker]
            cursor.execute(
                _DELIVERY, [event.instrument_id, json.dumps(delivery_shape(event.delivery)), *people, moment.seq]
            )
        case venue_events.LimitLadderPut():
            steps = json.dumps([[step.add_ppm, step.margin_over_ppm, step.halts] for step in event.steps])
            people = [event.maker, event.checker]
            cursor.execute(
                _LADDER, [event.venue, event.product, steps, *people, moment.at_ns, moment.seq, event.window_s]
            )
        case venue_events.HolderKindSet():
            cursor.execute(
                'UPDATE trading_account SET "natural" = %s, seq = %s WHERE tenant_id = %s AND id = %s',
                [event.natural, moment.seq, event.tenant_id, event.account_id],
            )
        case venue_events.LotsExpired():
            _expire(event, moment, cursor)


def delivery_shape(delivery: Delivery) -> dict[str, Any]:
    """A road to delivery as its row holds it."""
    return {
        "steps": [
            [step.from_day, step.margin_ppm, step.lot_multiple, step.position_limit] for step in delivery.steps
        ],
        "natural_open_day": delivery.natural_open_day,
        "natural_zero_day": delivery.natural_zero_day,
    }  # fmt: skip


def _put_terms(row: venue_events.ContractTerms, trading_day: int, moment: Moment, cursor: Cursor) -> None:
    cursor.execute(
        _TERMS,
        [
            row.instrument_id,
            row.one_sided,
            row.step,
            row.side,
            row.limit_ppm,
            row.margin_floor_ppm,
            row.lot_multiple,
            row.position_limit,
            row.closed_to_natural,
            row.expired,
            trading_day,
            moment.seq,
        ],
    )
    # A settlement in one command halts and closes contracts without an event of its own for the phase.
    cursor.execute(
        "UPDATE trading_instrument SET phase = %s, seq = %s WHERE id = %s", [row.phase, moment.seq, row.instrument_id]
    )


def _expire(event: venue_events.LotsExpired, moment: Moment, cursor: Cursor) -> None:
    cursor.execute(
        "INSERT INTO trading_expired_lots (tenant_id, account_id, instrument_id, side, qty, price_ticks,"
        " close_profit_trade_fen, trading_day, seq) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            event.tenant_id,
            event.account_id,
            event.instrument_id,
            event.side,
            event.qty,
            event.price_ticks,
            event.close_profit_trade_fen,
            event.trading_day,
            moment.seq,
        ],
    )
