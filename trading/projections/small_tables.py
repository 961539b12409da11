"""Events about single rows: contracts, days, kill switches, rates, accounts. One statement each, in journal order."""

from __future__ import annotations

import calendar
import datetime
import json
from typing import Any, Final

import psycopg

from trading.engine import events as ev
from trading.engine import liquidation_events, parameter_events, statement_events
from trading.engine.all_events import AnyEvent
from trading.engine.instrument import Rates
from trading.engine.types import SETTLEMENT
from trading.projections import liquidation_tables, parameter_tables, venue_rules
from trading.projections.fold import Moment

Cursor = psycopg.Cursor[Any]

_INSTRUMENT_COLUMNS: Final = (
    "id, symbol, venue, product, name_zh, name_en, multiplier, tick_e4, tick_value_fen, long_margin_ppm,"
    " short_margin_ppm, open_fee_fen, close_fee_fen, close_today_fee_fen, open_fee_ppm, close_fee_ppm,"
    " close_today_fee_ppm, limit_ppm, band_rounds_down, close_means_yesterday, max_order_qty,"
    " previous_settlement_ticks, lower_ticks, upper_ticks, last_trading_date, tradable, price_rule, auction_rule, seq"
)
_RATE_COLUMNS: Final = (
    "tenant_id, instrument_id, long_margin_ppm, short_margin_ppm, open_fee_fen, close_fee_fen, close_today_fee_fen,"
    " open_fee_ppm, close_fee_ppm, close_today_fee_ppm, maker, checker, at_ns, seq"
)


def write(event: AnyEvent, *, moment: Moment, cursor: Cursor) -> None:
    """Write what one event says of its row."""
    match event:
        case ev.AccountOpened():
            _open_account(event, moment, cursor)
        case ev.AccountStatusChanged():
            _set_status(event, moment, cursor)
        case ev.AccountLimitsChanged():
            _set_limits(event, moment, cursor)
        case ev.TenantRatesChanged():
            _put_rates(event, moment, cursor)
        case statement_events.TenantRulesChanged():
            _put_rules(event, moment, cursor)
        case statement_events.StatementConfirmed():
            _confirm(event, moment, cursor)
        case statement_events.StatementCorrected():
            _correct(event, moment, cursor)
        case parameter_events.HedgeSet():
            _set_hedge(event, moment, cursor)
        case parameter_events.ParametersPut():
            parameter_tables.put(event.row, moment=moment, cursor=cursor)
        case parameter_events.ParametersWithdrawn():
            parameter_tables.withdraw(event.row, moment=moment, cursor=cursor)
        case ev.InstrumentPut():
            _put_instrument(event, moment, cursor)
        case ev.SelfTradeSet():
            _set_self_trade(event, moment, cursor)
        case ev.PhaseChanged():
            _set_phase([key for key, _before in event.moved], event.phase, moment, cursor)
        case ev.SettlementBegun():
            _set_phase([key for key, _price, _previous in event.rows], SETTLEMENT, moment, cursor)
        case ev.KillChanged():
            _put_kill(event, moment, cursor)
        case (
            liquidation_events.LiquidationOpened()
            | liquidation_events.LiquidationStepped()
            | liquidation_events.LiquidationEnded()
            | liquidation_events.LiquidationCarried()
        ):
            liquidation_tables.write(event, moment=moment, cursor=cursor)
        case ev.DayRolled():
            _roll_day(event, moment, cursor)
        case _:
            venue_rules.write(event, moment=moment, cursor=cursor)


def day_date(day: int) -> datetime.date:
    """Return YYYYMMDD as a date; a day past the month's end becomes the month's last."""
    year, month = day // 10_000, day // 100 % 100
    return datetime.date(year, month, min(day % 100, calendar.monthrange(year, month)[1]))


def _text(text: str) -> str:
    return text.replace("\x00", "")


def _open_account(event: ev.AccountOpened, moment: Moment, cursor: Cursor) -> None:
    # The paper normally waits as a pending row; an account that the counter knows without one gets a row all the same.
    cursor.execute(
        "INSERT INTO trading_account AS a"
        ' (id, tenant_id, name, group_id, "natural", self_trade, state, seq, opened_at_ns, asked_at)'
        " SELECT %(id)s, %(tenant)s, %(id)s::bigint::text, %(group)s, %(natural)s,"
        # Who joins a control group is under its self-trade rule from the first order on.
        " coalesce((SELECT max(b.self_trade) FROM trading_account b WHERE b.tenant_id = %(tenant)s"
        " AND b.group_id = %(group)s AND b.group_id <> 0 AND b.state = 1), 0),"
        " 1, %(seq)s, %(at)s, to_timestamp(%(at)s / 1e9)"
        " WHERE EXISTS (SELECT 1 FROM accounts_tenant WHERE id = %(tenant)s)"
        " ON CONFLICT (id) DO UPDATE SET state = 1, group_id = excluded.group_id, self_trade = excluded.self_trade,"
        ' "natural" = excluded."natural",'
        " seq = excluded.seq, opened_at_ns = excluded.opened_at_ns WHERE a.tenant_id = excluded.tenant_id",
        {
            "id": event.account_id,
            "tenant": event.tenant_id,
            "group": event.group_id,
            "natural": event.natural,
            "seq": moment.seq,
            "at": moment.at_ns,
        },
    )
    cursor.execute(
        "INSERT INTO trading_balance (tenant_id, account_id, cash_fen, margin_fen, frozen_margin_fen, frozen_fee_fen,"
        " close_profit_fen, fee_fen, pre_balance_fen, deposit_fen, withdraw_fen, correction_fen, trading_day,"
        " account_seq, at_ns, seq) VALUES (%s, %s, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, %s, 0, %s, %s)",
        [event.tenant_id, event.account_id, moment.trading_day, moment.at_ns, moment.seq],
    )


def _set_status(event: ev.AccountStatusChanged, moment: Moment, cursor: Cursor) -> None:
    cursor.execute(
        "UPDATE trading_account SET status = %s, status_reason = %s, seq = %s WHERE tenant_id = %s AND id = %s",
        [event.status, _text(event.reason), moment.seq, event.tenant_id, event.account_id],
    )


def _set_limits(event: ev.AccountLimitsChanged, moment: Moment, cursor: Cursor) -> None:
    limits = [event.max_order_qty, event.max_position_qty, event.max_working_orders, event.max_orders_per_second]
    cursor.execute(
        "UPDATE trading_account SET max_order_qty = %s, max_position_qty = %s, max_working_orders = %s,"
        " max_orders_per_second = %s, seq = %s WHERE tenant_id = %s AND id = %s",
        [*limits, moment.seq, event.tenant_id, event.account_id],
    )


def _set_self_trade(event: ev.SelfTradeSet, moment: Moment, cursor: Cursor) -> None:
    # The counter has it for the whole control group; the row of each account of the group shows it.
    cursor.execute(
        "UPDATE trading_account a SET self_trade = %s, seq = %s FROM trading_account me WHERE me.tenant_id = %s"
        " AND me.id = %s AND a.tenant_id = me.tenant_id AND (a.id = me.id OR (me.group_id <> 0 AND"
        " a.group_id = me.group_id))",
        [event.mode, moment.seq, event.tenant_id, event.account_id],
    )


def _set_hedge(event: parameter_events.HedgeSet, moment: Moment, cursor: Cursor) -> None:
    cursor.execute(
        "UPDATE trading_account SET hedge = %s, seq = %s WHERE tenant_id = %s AND id = %s",
        [event.hedge, moment.seq, event.tenant_id, event.account_id],
    )


def _set_phase(instrument_ids: list[int], phase: int, moment: Moment, cursor: Cursor) -> None:
    cursor.execute(
        "UPDATE trading_instrument SET phase = %s, seq = %s WHERE id = ANY(%s)", [phase, moment.seq, instrument_ids]
    )


def _rates(rates: Rates) -> list[int]:
    fees = rates.fees
    return [
        rates.long_margin_ppm,
        rates.short_margin_ppm,
        fees.open_fen,
        fees.close_fen,
        fees.close_today_fen,
        fees.open_ppm,
        fees.close_ppm,
        fees.close_today_ppm,
    ]


def _put_rates(event: ev.TenantRatesChanged, moment: Moment, cursor: Cursor) -> None:
    names = _text(event.maker), _text(event.checker)
    values = [event.tenant_id, event.instrument_id, *_rates(event.rates), *names, moment.at_ns, moment.seq]
    cursor.execute(_upsert("trading_rates", _RATE_COLUMNS, key="tenant_id, instrument_id"), values)


def _put_rules(event: statement_events.TenantRulesChanged, moment: Moment, cursor: Cursor) -> None:
    columns = "tenant_id, confirms, withdraw_ppm, reserve_fen, maker, checker, at_ns, seq"
    values = [
        event.tenant_id, event.confirms, event.withdraw_ppm, event.reserve_fen, _text(event.maker),
        _text(event.checker), moment.at_ns, moment.seq,
    ]  # fmt: skip
    cursor.execute(_upsert("trading_tenant_rules", columns, key="tenant_id"), values)


def _confirm(event: statement_events.StatementConfirmed, moment: Moment, cursor: Cursor) -> None:
    cursor.execute(
        "INSERT INTO trading_confirmation (tenant_id, account_id, trading_day, version, actor, at_ns, seq)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [event.tenant_id, event.account_id, event.trading_day, event.version, _text(event.actor), moment.at_ns,
         moment.seq],
    )  # fmt: skip


def _correct(event: statement_events.StatementCorrected, moment: Moment, cursor: Cursor) -> None:
    cursor.execute(
        "INSERT INTO trading_correction (tenant_id, account_id, trading_day, version, booked_trading_day, amount_fen,"
        " reason, reference, maker, checker, at_ns, seq) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [event.tenant_id, event.account_id, event.trading_day, event.version, moment.trading_day, event.amount_fen,
         _text(event.reason), event.reference, _text(event.maker), _text(event.checker), moment.at_ns, moment.seq],
    )  # fmt: skip


def _put_instrument(event: ev.InstrumentPut, moment: Moment, cursor: Cursor) -> None:
    item = event.instrument
    values = [
        item.instrument_id,
        _text(item.symbol),
        _text(item.venue),
        _text(item.product),
        _text(item.name_zh),
        _text(item.name_en),
        item.multiplier,
        item.tick_e4,
        item.tick_value_fen,
        *_rates(item.rates),
        item.limit_ppm,
        item.band_rounds_down,
        item.close_means_yesterday,
        item.max_order_qty,
        item.previous_settlement_ticks,
        event.lower_ticks,
        event.upper_ticks,
        day_date(item.last_trading_day),
        item.tradable,
        item.price_rule,
        item.auction_rule,
        moment.seq,
    ]
    cursor.execute(_upsert("trading_instrument", _INSTRUMENT_COLUMNS, key="id"), values)


def _put_kill(event: ev.KillChanged, moment: Moment, cursor: Cursor) -> None:
    values = [event.scope, event.target_id, event.on, _text(event.reason), _text(event.actor), moment.at_ns, moment.seq]
    statement = _upsert(
        "trading_kill_switch", 'scope, target_id, "on", reason, actor, at_ns, seq', key="scope, target_id"
    )
    cursor.execute(statement, values)


def _roll_day(event: ev.DayRolled, moment: Moment, cursor: Cursor) -> None:
    cursor.execute(
        "INSERT INTO trading_day (trading_day, day_number, ended_trading_day, settlement, actor, began_ns, market_ns,"
        " seq) VALUES (%s, %s, %s, %s::jsonb, %s, %s, %s, %s)",
        [
            event.trading_day,
            event.day_number,
            event.ended_trading_day,
            json.dumps(event.settlement),
            _text(event.actor),
            moment.at_ns,
            moment.market_ns,
            moment.seq,
        ],
    )
    for instrument_id, settlement, lower, upper in event.settlement:
        cursor.execute(
            "UPDATE trading_instrument SET previous_settlement_ticks = %s, lower_ticks = %s, upper_ticks = %s,"
            " seq = %s WHERE id = %s",
            [settlement, lower, upper, moment.seq, instrument_id],
        )


def _upsert(table: str, columns: str, *, key: str) -> str:
    names = [name.strip() for name in columns.split(",")]
    keys = [name.strip() for name in key.split(",")]
    values = ", ".join(["%s"] * len(names))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    return f"INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT ({key}) DO UPDATE SET {changes}"  # noqa: S608
