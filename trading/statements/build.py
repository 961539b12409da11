"""A day's facts of one account become its statement. Every sum is made twice and must come out the same.

Section sums against the settlement's event, lots against positions, by date against by trade: a statement that does
not tie is never made (`StatementBroken`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from msgspec.structs import replace

from trading.engine.events import PositionState
from trading.engine.statement_events import StatementCorrected
from trading.engine.types import BUY, LONG, SHORT
from trading.engine.views import risk_ppm
from trading.statements import model as m
from trading.statements.facts import Account, Day, Lot, Settled, floating_fen, keys_of

# Statements carry the calendar day of the market, which keeps no summer time.
SHANGHAI: Final = timezone(timedelta(hours=8))
_NS: Final = 1_000_000_000


class StatementBroken(Exception):  # noqa: N818
    """Two ways to the same figure give two figures: the books are wrong, or this code is."""


def build(settled: Settled, *, paper: m.Paper, form: int = m.FORM) -> m.Statement:
    """Make the first version of a statement in a form; raises `StatementBroken` when it does not tie."""
    event, account = settled.event, settled.account
    margins = {(state.instrument_id, state.side): state for state in event.positions}
    lots, positions = _held(account, settled.days, margins, event.account_id)
    by_date, by_trade = _summaries(settled, lots)
    statement = m.Statement(
        m.FORM,
        1,
        event.trading_day,
        _day_of(settled.at_ns),
        m.CURRENCY,
        event.tenant_id,
        event.account_id,
        event.account_seq,
        settled.seq,
        paper,
        by_date,
        by_trade,
        _funds(settled, by_date.equity_fen),
        list(account.cash),
        list(account.trades),
        list(account.closed),
        lots,
        positions,
        _contracts(settled, lots),
        messages=[m.MessageRow(*key, *account.messages[key]) for key in sorted(account.messages)],
        expired=list(account.expired),
        hedge=settled.hedge,
    )
    check(statement)
    _check_event(statement, settled)
    return m.in_form(statement, form)


def corrected(statement: m.Statement, event: StatementCorrected, *, booked_day: int, seq: int) -> m.Statement:
    """Make the next version: the same sections as booked, and what was put right where and when."""
    if event.version != statement.version + 1:
        raise StatementBroken(f"version {event.version} cannot follow version {statement.version}")
    row = m.CorrectionRow(
        event.version, event.amount_fen, event.reason, event.reference, booked_day, event.maker, event.checker, seq
    )
    return replace(statement, version=event.version, corrections=[*statement.corrections, row])


def check(statement: m.Statement) -> None:
    """Raise unless the sections tie with the summary and the two bases with each other."""
    date, trade, name = statement.by_date, statement.by_trade, f"{statement.account_id} {statement.trading_day}"
    sums = {
        "deposits": (date.deposit_fen, _cash(statement, m.DEPOSIT)),
        "withdrawals": (date.withdraw_fen, _cash(statement, m.WITHDRAW)),
        "corrections": (date.correction_fen, _cash(statement, m.CORRECTION)),
        "fees": (date.fee_fen, _fees(statement)),
        "closed by date": (date.close_profit_fen, sum(row.close_profit_fen for row in statement.trades)),
        "closed by trade": (trade.close_profit_fen, _by_trade(statement.trades, statement.expired)),
        "lots closed by date": (date.close_profit_fen, sum(row.close_profit_fen for row in statement.closed)),
        "lots closed by trade": (trade.close_profit_fen, sum(row.close_profit_trade_fen for row in statement.closed)),
        "marked": (date.position_profit_fen, sum(row.position_profit_fen for row in statement.lots)),
        "floating": (trade.position_profit_fen, sum(row.floating_fen for row in statement.lots)),
        "margin": (sum(row.margin_fen for row in statement.positions), sum(row.margin_fen for row in statement.lots)),
        "floating of positions": (trade.position_profit_fen, sum(row.floating_fen for row in statement.positions)),
        "balance by date": (date.balance_cf_fen, _moved(date) + date.position_profit_fen),
        "balance by trade": (trade.balance_cf_fen, _moved(trade)),
        "equity by date": (date.equity_fen, date.balance_cf_fen),
        "equity by trade": (trade.equity_fen, trade.balance_cf_fen + trade.position_profit_fen),
        "equity on both bases": (date.equity_fen, trade.equity_fen),
    }
    for what, (one, other) in sums.items():
        if one != other:
            raise StatementBroken(f"account and day {name}: {what} is {one} and {other}")
    # Where only the larger side is charged, less than the sum is; never less than either side has.
    held = {
        side: sum(row.margin_fen for row in statement.positions if (row.side == LONG) is side) for side in (True, False)
    }
    if not max(held.values()) <= statement.funds.margin_fen <= sum(held.values()):
        raise StatementBroken(f"account and day {name}: margin is {statement.funds.margin_fen}, held is {held}")


def _by_trade(trades: list[m.TradeRow], expired: list[m.ExpiredRow]) -> int:
    return sum(row.close_profit_trade_fen for row in trades) + sum(row.close_profit_trade_fen for row in expired)


def _fees(statement: m.Statement) -> int:
    return sum(row.fee_fen for row in statement.trades) + sum(row.fee_fen for row in statement.messages)


def _moved(side: m.Summary) -> int:
    moved = side.deposit_fen - side.withdraw_fen + side.correction_fen + side.close_profit_fen - side.fee_fen
    return side.balance_bf_fen + moved


def _cash(statement: m.Statement, kind: str) -> int:
    return sum(row.amount_fen for row in statement.cash if row.kind == kind)


def _day_of(at_ns: int) -> int:
    day = datetime.fromtimestamp(at_ns // _NS, tz=UTC).astimezone(SHANGHAI)
    return day.year * 10_000 + day.month * 100 + day.day


def _check_event(statement: m.Statement, settled: Settled) -> None:
    """What the engine said of the day's end must be what the day's facts give."""
    event, date = settled.event, statement.by_date
    name = f"account {event.account_id}, day {event.trading_day}"
    for what, said, found in (
        ("closed profit", event.close_profit_fen, sum(row.close_profit_fen for row in statement.trades)),
        ("fees", event.fee_fen, _fees(statement)),
        ("mark", event.mark_fen, sum(row.position_profit_fen for row in statement.lots)),
        ("cash", event.funds.cash_fen, date.balance_cf_fen),
        ("margin", event.funds.margin_fen, statement.funds.margin_fen),
    ):
        if said != found:
            raise StatementBroken(f"{name}: the engine's {what} is {said}, the day's facts give {found}")
    # What the balance before the day was, told by the last statement and by this day's own figures.
    carried = settled.account.carried.balance_trade_fen
    if carried is not None and statement.by_trade.balance_bf_fen != carried:
        raise StatementBroken(f"{name}: the balance by trade was {carried}, now it begins with another")


def _summaries(settled: Settled, lots: list[m.LotRow]) -> tuple[m.Summary, m.Summary]:
    event, account = settled.event, settled.account
    paid_in = sum(row.amount_fen for row in account.cash if row.kind == m.DEPOSIT)
    paid_out = sum(row.amount_fen for row in account.cash if row.kind == m.WITHDRAW)
    put_right = sum(row.amount_fen for row in account.cash if row.kind == m.CORRECTION)
    by_trade = _by_trade(account.trades, account.expired)
    floating = sum(row.floating_fen for row in lots)
    before = event.previous_cash_fen - paid_in + paid_out - put_right - event.close_profit_fen + event.fee_fen
    floated = sum(
        (settled.days[key[0]].previous_ticks - lot.price_ticks) * lot.qty * _sign(key, settled.days)
        for key, row in _lots_before(account, event.trading_day).items()
        for lot in row
    )
    equity = event.previous_cash_fen + event.mark_fen
    moved = paid_in - paid_out + put_right - event.fee_fen
    date = m.Summary(
        before, paid_in, paid_out, put_right, event.close_profit_fen, event.mark_fen, event.fee_fen,
        before + moved + event.close_profit_fen + event.mark_fen, equity,
    )  # fmt: skip
    trade = m.Summary(
        before - floated, paid_in, paid_out, put_right, by_trade, floating, event.fee_fen,
        before - floated + moved + by_trade, equity,
    )  # fmt: skip
    return date, trade


def _sign(key: tuple[int, int], days: dict[int, Day]) -> int:
    value = days[key[0]].spec.tick_value_fen
    return value if key[1] == LONG else -value


def _lots_before(account: Account, trading_day: int) -> dict[tuple[int, int], list[Lot]]:
    """The lots with which the day began: those still held of them, and those closed out of them."""
    lots = {key: list(row) for key, row in account.carried.lots.items()}
    for row in account.closed:
        if row.opened_day != trading_day:
            direction = SHORT if row.side == BUY else LONG
            lots.setdefault((row.instrument_id, direction), []).append(Lot(row.opened_day, row.open_ticks, row.qty))
    return lots


def _held(
    account: Account, days: dict[int, Day], states: dict[tuple[int, int], PositionState], account_id: int
) -> tuple[list[m.LotRow], list[m.PositionRow]]:
    lots: list[m.LotRow] = []
    positions: list[m.PositionRow] = []
    for key in keys_of(account):
        day, sign = days[key[0]], _sign(key, days)
        old, new = account.carried.lots.get(key, []), account.today.get(key, [])
        qty = sum(lot.qty for lot in (*old, *new))
        state = states.pop(key, None)
        if (state.yesterday_qty if state else 0) != qty:
            raise StatementBroken(f"account {account_id}: {qty} lots of {key}, the settlement says {state}")
        if state is None:
            continue
        rows = [
            m.LotRow(
                key[0], key[1], lot.qty, lot.opened_day, lot.price_ticks,
                (day.settlement_ticks - marked) * lot.qty * sign,
                (day.settlement_ticks - lot.price_ticks) * lot.qty * sign,
                state.margin_fen // qty * lot.qty,
            )
            for lot, marked in (*((lot, day.previous_ticks) for lot in old), *((lot, lot.price_ticks) for lot in new))
        ]  # fmt: skip
        cost = sum(row.open_ticks * row.qty for row in rows) * day.spec.tick_value_fen
        if cost != state.open_cost_fen:
            raise StatementBroken(f"account {account_id}: {key} cost {cost}, the settlement says {state.open_cost_fen}")
        lots.extend(rows)
        positions.append(
            m.PositionRow(
                key[0], key[1], qty, cost, sum(row.position_profit_fen for row in rows),
                floating_fen(key, [*old, *new], day), state.margin_fen,
            )
        )  # fmt: skip
    if states:
        raise StatementBroken(f"account {account_id}: the settlement holds {sorted(states)}, the fills do not")
    return lots, positions


def _funds(settled: Settled, equity_fen: int) -> m.Funds:
    funds = settled.event.funds
    frozen = funds.frozen_margin_fen + funds.frozen_fee_fen
    available = funds.cash_fen - funds.margin_fen - frozen
    return m.Funds(
        settled.account.carried.margin_fen,
        funds.margin_fen,
        frozen,
        available,
        risk_ppm(funds.margin_fen, equity_fen),
        max(0, -available),
    )


def _contracts(settled: Settled, lots: list[m.LotRow]) -> list[m.ContractRef]:
    named = {row.instrument_id for row in settled.account.trades} | {row.instrument_id for row in lots}
    named |= {row.instrument_id for row in settled.account.expired}
    named |= {instrument_id for instrument_id, _kind in settled.account.messages}
    found = []
    for key in sorted(named):
        day = settled.days[key]
        spec = day.spec
        found.append(
            m.ContractRef(
                key, spec.symbol, spec.venue, spec.product, spec.tick_e4, spec.tick_value_fen, day.previous_ticks,
                day.settlement_ticks,
            )
        )  # fmt: skip
    return found
