"""Makes the statements of ended days out of the journal, and makes them again to compare.

The followers' process looks for ended days without statements every few seconds (`Housekeeping`), so no day ends
without them, whichever door ended it. What is made is committed in slices; a run that was cut off begins its day again
and passes over what stands. One connection of the core's role serves; reading and writing are in slices of a
generator, so that whoever runs it can do other things in between.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from trading.core.reader import Record, batches_between
from trading.engine.events import Funds
from trading.engine.instrument import Instrument
from trading.engine.parameter_events import HedgeSet
from trading.engine.statement_events import StatementCorrected
from trading.statements import model as m
from trading.statements.build import build, corrected
from trading.statements.facts import Carried, Carrier, Facts, Settled, carried_of, note_purpose

Connection = psycopg.Connection[Any]

SLICE_COMMANDS: Final = 5_000
SLICE_STATEMENTS: Final = 100
_NO_FUNDS: Final = Funds(0, 0, 0, 0, 0, 0)  # a version names a posting; the money is in the account's events

_contracts_encode = msgspec.msgpack.Encoder().encode
_contracts_decode = msgspec.msgpack.Decoder(list[tuple[Instrument, int]]).decode

_INSERT: Final = (
    "INSERT INTO trading_statement (tenant_id, account_id, trading_day, version, equity_fen, balance_trade_fen,"
    " floating_fen, margin_fen, margin_call_fen, sha256, body, seq, made_ns)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    " ON CONFLICT (tenant_id, account_id, trading_day, version) DO NOTHING"
)
_PAPER: Final = (
    "SELECT t.name, coalesce(c.number, ''), coalesce(c.name, ''), a.name FROM accounts_tenant t"
    " LEFT JOIN trading_account a ON a.tenant_id = t.id AND a.id = %s"
    " LEFT JOIN accounts_client c ON c.tenant_id = a.tenant_id AND c.id = a.client_id WHERE t.id = %s"
)


class StatementDiffers(Exception):  # noqa: N818
    """A stored statement is not the one its day gives; it is never overwritten."""


@dataclass(frozen=True, slots=True)
class EndedDay:
    """A trading day that ended, and its place in the journal."""

    trading_day: int
    after_seq: int
    through_seq: int


def statements_make(connection: Connection, *, through_day: int = 99_991_231) -> Iterator[int]:
    """Make what is missing, oldest day first; yields after every slice how many statements it stored."""
    for day in _days_due(connection, through_day=through_day):
        yield from _make_day(connection, day)
    yield from _make_corrected(connection)


def _days_due(connection: Connection, *, through_day: int) -> list[EndedDay]:
    """Days that the projection knows as ended and no run has finished; each after the one before."""
    row = connection.execute("SELECT coalesce(max(through_seq), 0) FROM trading_statement_day").fetchone()
    after = int(row[0]) if row else 0
    rows = connection.execute(
        "SELECT ended_trading_day, seq FROM trading_day WHERE seq > %s AND ended_trading_day <= %s ORDER BY seq",
        [after, through_day],
    ).fetchall()
    days: list[EndedDay] = []
    for ended, seq in rows:
        days.append(EndedDay(int(ended), after, int(seq)))
        after = int(seq)
    return days


def _make_day(connection: Connection, day: EndedDay) -> Iterator[int]:
    facts = Facts(
        trading_day=day.trading_day, contracts=_contracts_before(connection, day), carrier=_carrier(connection, day),
        hedging=_hedging_before(connection, day),
    )  # fmt: skip
    for record in _records(connection, EndedDay(day.trading_day, day.after_seq - 1, day.after_seq)):
        facts.begin(record.events)
    accounts = 0
    waiting: list[Settled] = []
    for count, record in enumerate(_records(connection, day), 1):
        waiting.extend(facts.add(record.seq, record.at_ns, record.market_ns, record.events))
        while len(waiting) >= SLICE_STATEMENTS:
            accounts += _store(connection, waiting[:SLICE_STATEMENTS])
            del waiting[:SLICE_STATEMENTS]
            yield SLICE_STATEMENTS
        if count % SLICE_COMMANDS == 0:
            yield 0
    accounts += _store(connection, waiting)
    with connection.transaction():
        connection.execute(
            "INSERT INTO trading_statement_day (trading_day, through_seq, accounts, contracts, made_ns, hedging)"
            " VALUES (%s, %s, %s, %b, %s, %s) ON CONFLICT (trading_day) DO NOTHING",
            [
                day.trading_day,
                day.through_seq,
                accounts,
                _contracts_encode(facts.contracts()),
                time.time_ns(),
                Jsonb(facts.hedging()),
            ],
        )
    yield len(waiting)


def _records(connection: Connection, day: EndedDay) -> Iterator[Record]:
    for batch in batches_between(connection, after_seq=day.after_seq, through_seq=day.through_seq):
        # A day may end in the middle of a batch.
        yield from (record for record in batch.records if day.after_seq < record.seq <= day.through_seq)


def _contracts_before(connection: Connection, day: EndedDay) -> list[tuple[Instrument, int]]:
    row = connection.execute(
        "SELECT contracts FROM trading_statement_day WHERE through_seq = %s", [day.after_seq]
    ).fetchone()
    return _contracts_decode(bytes(row[0])) if row else []


def _hedging_before(connection: Connection, day: EndedDay) -> set[int]:
    """The accounts that hedged when the day began; of days whose end did not keep it the journal is asked, once."""
    row = connection.execute(
        "SELECT hedging FROM trading_statement_day WHERE through_seq = %s", [day.after_seq]
    ).fetchone()
    if row is not None and row[0] is not None:
        return set(row[0])
    hedging: set[int] = set()
    for batch in batches_between(connection, after_seq=0, through_seq=day.after_seq):
        for record in batch.records:
            for event in record.events:
                if isinstance(event, HedgeSet) and record.seq <= day.after_seq:
                    note_purpose(hedging, event)
    return hedging


def _carrier(connection: Connection, day: EndedDay) -> Carrier:
    """Each account brings what its last statement before the day left it with."""

    def carried(tenant_id: int, account_id: int) -> Carried:
        row = connection.execute(
            "SELECT body FROM trading_statement WHERE tenant_id = %s AND account_id = %s AND trading_day < %s"
            " ORDER BY trading_day DESC, version LIMIT 1",
            [tenant_id, account_id, day.trading_day],
        ).fetchone()
        return carried_of(m.parse(row[0])) if row else Carried()

    return carried


def _store(connection: Connection, settled: list[Settled]) -> int:
    """Store first versions; what was settled before the first trading day has no statement."""
    rows = [one for one in settled if one.event.trading_day]
    with connection.transaction():
        for one in rows:
            statement = build(one, paper=_paper(connection, one.event.tenant_id, one.event.account_id))
            _insert(connection, statement, seq=one.seq)
    return len(rows)


def _paper(connection: Connection, tenant_id: int, account_id: int) -> m.Paper:
    row = connection.execute(_PAPER, [account_id, tenant_id]).fetchone()
    tenant, number, client, account = row or ("", "", "", None)
    return m.Paper(tenant, number, client, account or str(account_id))


def _insert(connection: Connection, statement: m.Statement, *, seq: int) -> None:
    body = m.canonical(statement)
    values = [
        statement.tenant_id, statement.account_id, statement.trading_day, statement.version,
        *columns(statement), m.digest(body), body, seq, time.time_ns(),
    ]  # fmt: skip
    if connection.execute(_INSERT, values).rowcount == 1:
        return
    stored = _stored(connection, statement)
    if stored is None or _without_paper(stored) != _without_paper(m.in_form(statement, stored.form)):
        raise StatementDiffers(f"statement {_name(statement)} stands already and says something else")


def columns(statement: m.Statement) -> tuple[int, int, int, int, int]:
    """The money columns of a statement's row."""
    return (
        statement.by_date.equity_fen,
        statement.by_trade.balance_cf_fen,
        statement.by_trade.position_profit_fen,
        statement.funds.margin_fen,
        statement.funds.margin_call_fen,
    )


def _name(statement: m.Statement) -> str:
    return f"{statement.trading_day} of account {statement.account_id}, version {statement.version}"


def _without_paper(statement: m.Statement) -> m.Statement:
    return msgspec.structs.replace(statement, paper=m.Paper("", "", "", ""))


def _stored(connection: Connection, statement: m.Statement) -> m.Statement | None:
    body = _body(
        connection, statement.tenant_id, statement.account_id, statement.trading_day, version=statement.version
    )
    return None if body is None else m.parse(body)


def _body(connection: Connection, tenant_id: int, account_id: int, trading_day: int, *, version: int) -> bytes | None:
    row = connection.execute(
        "SELECT body FROM trading_statement WHERE tenant_id = %s AND account_id = %s AND trading_day = %s"
        " AND version = %s",
        [tenant_id, account_id, trading_day, version],
    ).fetchone()
    return bytes(row[0]) if row else None


def _make_corrected(connection: Connection) -> Iterator[int]:
    """Make the versions that corrections ask for. One of a day without a statement has nothing to put right."""
    rows = connection.execute(
        "SELECT c.tenant_id, c.account_id, c.trading_day, c.version, c.amount_fen, c.reason, c.reference, c.maker,"
        " c.checker, c.booked_trading_day, c.seq FROM trading_correction c WHERE NOT EXISTS (SELECT 1 FROM"
        " trading_statement s WHERE s.tenant_id = c.tenant_id AND s.account_id = c.account_id"
        " AND s.trading_day = c.trading_day AND s.version = c.version) ORDER BY c.seq"
    ).fetchall()
    for tenant, account, day, version, amount, reason, reference, maker, checker, booked, seq in rows:
        before = _body(connection, tenant, account, day, version=version - 1)
        if before is None:
            continue
        event = StatementCorrected(
            tenant, account, 0, day, version, amount, reason, reference, maker, checker, _NO_FUNDS
        )
        with connection.transaction():
            _insert(connection, corrected(m.parse(before), event, booked_day=booked, seq=seq), seq=seq)
        yield 1
