"""Makes every statement once more from the journal's first number on, and compares byte for byte.

Nothing stored helps it but the names of people and accounts, which the journal does not know, and the form in which
the statement was made: those are taken from the stored one, everything else must come out of the journal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import psycopg

from trading.core.reader import batches_between
from trading.engine.statement_events import StatementCorrected
from trading.services.statement_making import columns
from trading.statements import model as m
from trading.statements.build import StatementBroken, build, corrected
from trading.statements.facts import Facts, FactsError, Settled

_BREACHES_MAX: Final = 100
_ROW: Final = (
    "SELECT sha256, body, equity_fen, balance_trade_fen, floating_fen, margin_fen, margin_call_fen FROM"
    " trading_statement WHERE tenant_id = %s AND account_id = %s AND trading_day = %s AND version = %s"
)


@dataclass(slots=True)
class Checked:
    """What a comparison of all statements with the journal found."""

    days: int = 0
    statements: int = 0
    through_seq: int = 0
    breaches: list[str] = field(default_factory=list)

    def breach(self, text: str) -> None:
        """Note a breach; the list is bounded."""
        if len(self.breaches) < _BREACHES_MAX:
            self.breaches.append(text)


def statements_check(
    connection: psycopg.Connection[Any], *, trading_day: int | None = None, account_id: int | None = None
) -> Checked:
    """Compare the statements of one day and account, or of all, with what the journal gives."""
    row = connection.execute("SELECT coalesce(max(through_seq), 0) FROM trading_statement_day").fetchone()
    checked = Checked(through_seq=int(row[0]) if row else 0)
    _Check(connection, checked, trading_day=trading_day, account_id=account_id).run()
    return checked


class _Check:
    def __init__(
        self,
        connection: psycopg.Connection[Any],
        checked: Checked,
        *,
        trading_day: int | None,
        account_id: int | None,
    ) -> None:
        self._connection = connection
        self._checked = checked
        self._day = trading_day
        self._account = account_id
        self._facts = Facts()
        self._days: set[int] = set()
        self._seen: set[tuple[int, int, int, int]] = set()

    def run(self) -> None:
        head = self._connection.execute("SELECT coalesce(max(last_seq), 0) FROM trading_journal").fetchone()
        try:
            for batch in batches_between(self._connection, after_seq=0, through_seq=int(head[0]) if head else 0):
                for record in batch.records:
                    self._record(record)
        except FactsError as problem:
            self._checked.breach(str(problem))
        self._surplus()
        self._checked.days = len(self._days)

    def _record(self, record: Any) -> None:
        for event in record.events:
            if isinstance(event, StatementCorrected):
                self._corrected(event, record.seq)
        for settled in self._facts.add(record.seq, record.at_ns, record.market_ns, record.events):
            event = settled.event
            if event.trading_day:
                self._seen.add((event.tenant_id, event.account_id, event.trading_day, 1))
                if self._wanted(event.account_id, event.trading_day):
                    self._settled(settled)

    def _wanted(self, account_id: int, trading_day: int) -> bool:
        return self._day in (None, trading_day) and self._account in (None, account_id)

    def _settled(self, settled: Settled) -> None:
        event = settled.event
        self._days.add(event.trading_day)
        name = f"statement {event.trading_day} of account {event.account_id}, version 1"
        stored = self._row(event.tenant_id, event.account_id, event.trading_day, 1)
        if stored is None:
            self._missing(name, settled.seq)
            return
        paper, form = _paper(bytes(stored[1]))
        try:
            self._compare(build(settled, paper=paper, form=form), stored, name)
        except StatementBroken as problem:
            self._checked.breach(f"{name} cannot be made: {problem}")

    def _corrected(self, event: StatementCorrected, seq: int) -> None:
        key = (event.tenant_id, event.account_id, event.trading_day, event.version)
        self._seen.add(key)
        if not self._wanted(event.account_id, event.trading_day):
            return
        name = f"statement {event.trading_day} of account {event.account_id}, version {event.version}"
        before, stored = self._row(*key[:3], event.version - 1), self._row(*key)
        if before is None:
            return  # the version before is missing and told already, or the day has none
        if stored is None:
            self._missing(name, seq)
            return
        try:
            statement = m.parse(before[1])
        except msgspec.MsgspecError:
            return  # told of the version before
        self._compare(corrected(statement, event, booked_day=self._facts.trading_day, seq=seq), stored, name)

    def _missing(self, name: str, seq: int) -> None:
        """What belongs to a day that is still being made is not missed yet."""
        if seq <= self._checked.through_seq:
            self._checked.breach(f"{name} is missing")

    def _row(self, *key: int) -> tuple[Any, ...] | None:
        return self._connection.execute(_ROW, key).fetchone()

    def _compare(self, statement: m.Statement, stored: tuple[Any, ...], name: str) -> None:
        self._checked.statements += 1
        body = m.canonical(statement)
        if bytes(stored[1]) != body:
            self._checked.breach(f"{name} is stored with other bytes than the journal gives")
        elif stored[0] != m.digest(body):
            self._checked.breach(f"{name} is stored with another hash than its bytes have")
        elif tuple(stored[2:]) != columns(statement):
            self._checked.breach(f"{name}: the row's figures {stored[2:]} are not the statement's {columns(statement)}")

    def _surplus(self) -> None:
        """Statements that no record gives."""
        rows = self._connection.execute(
            "SELECT tenant_id, account_id, trading_day, version FROM trading_statement ORDER BY id"
        )
        for row in rows:
            if tuple(row) not in self._seen and self._wanted(row[1], row[2]):
                self._checked.breach(f"statement {row[2]} of account {row[1]}, version {row[3]} has no origin")


def _paper(body: bytes) -> tuple[m.Paper, int]:
    """The names and the form of a stored statement."""
    try:
        stored = m.parse(body)
    except msgspec.MsgspecError:
        return m.Paper("", "", "", ""), m.FORM
    return stored.paper, stored.form
