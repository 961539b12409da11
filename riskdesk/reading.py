"""What the desk's follower needs of the query tables at its start, beyond money and positions."""

from __future__ import annotations

from typing import Any, Final

from riskdesk.exchange_terms import ExchangeTerms
from riskdesk.picture import Picture
from trading.core.followers import Cursor
from trading.engine.instrument import Fees, Instrument, Rates
from trading.engine.parameters import ParameterRow, Parameters
from trading.engine.types import OPEN

_DAY: Final = "SELECT trading_day FROM trading_day ORDER BY day_number DESC LIMIT 1"
_CONTRACTS: Final = """
    SELECT i.id, i.symbol, i.venue, i.product, i.name_zh, i.name_en, i.multiplier, i.tick_e4, i.tick_value_fen,
        i.long_margin_ppm, i.short_margin_ppm, i.limit_ppm, i.band_rounds_down, i.close_means_yesterday,
        i.max_order_qty, i.previous_settlement_ticks, to_char(i.last_trading_date, 'YYYYMMDD')::int,
        coalesce(r.margin_floor_ppm, 0)
    FROM trading_instrument i LEFT JOIN trading_contract_rules r ON r.instrument_id = i.id
"""
_ROWS: Final = """
    SELECT id, instrument_id, product, hedge, effective_day, said, source, maker, checker
    FROM trading_parameter_exchange WHERE withdrawn_seq IS NULL ORDER BY id
"""
# Only accounts that hold lots of today are looked up, each by its own index.
_OPENED: Final = """
    SELECT f.tenant_id, f.account_id, f.instrument_id, p.side, f.price_ticks, f.qty, f.seq
    FROM (SELECT tenant_id, account_id, instrument_id, side FROM trading_position WHERE today_qty > 0) p
    JOIN trading_fill f ON f.tenant_id = p.tenant_id AND f.account_id = p.account_id
        AND f.instrument_id = p.instrument_id AND f.side = p.side
    WHERE f."offset" = %s AND f.trading_day = %s
    ORDER BY f.id
"""


def read_terms(cursor: Cursor) -> ExchangeTerms:
    """The exchange's terms of every contract on the current trading day."""
    terms = ExchangeTerms()
    for row in cursor.execute(_ROWS).fetchall():
        terms.put_row(_parameter_row(row))
    terms.begin_day(_current_day(cursor), [])
    for *fields, floor_ppm in cursor.execute(_CONTRACTS).fetchall():
        spec = _instrument(fields)
        terms.put_contract(spec)
        terms.put_floor(spec.instrument_id, floor_ppm)
    return terms


def read_opened(cursor: Cursor, picture: Picture) -> None:
    """The opening prices of today's lots, up to the number that each account's figures are of."""
    for tenant_id, account_id, instrument_id, side, price_ticks, qty, seq in cursor.execute(
        _OPENED, [OPEN, _current_day(cursor)]
    ).fetchall():
        account = picture.account(tenant_id, account_id)
        if seq <= account.loaded_seq:
            picture.put_opened(account, (instrument_id, side), price_ticks, qty)
    for account in picture.accounts.values():
        for key, lots in account.opened.items():
            lots.keep(account.positions[key].today_qty)


def _current_day(cursor: Cursor) -> int:
    row = cursor.execute(_DAY).fetchone()
    return 0 if row is None else int(row[0])


def _instrument(fields: list[Any]) -> Instrument:
    facts, (long_ppm, short_ppm), rest = fields[:9], fields[9:11], fields[11:]
    return Instrument(*(*facts, Rates(long_ppm, short_ppm, Fees()), *rest))


def _parameter_row(row: tuple[Any, ...]) -> ParameterRow:
    number, instrument_id, product, hedge, effective_day, said, source, maker, checker = row
    fields = Parameters(**{name: said[name] for name in Parameters.__struct_fields__ if name in said})
    return ParameterRow(number, 0, 0, instrument_id, product, hedge, effective_day, fields, source, maker, checker)
