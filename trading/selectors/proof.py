"""The proof that a day's money is right, for one broker, from stored data alone.

Three records are laid beside each other: the statements, the account days of the projection, and the ledger's
postings. Each is written by other code; where they agree for every account, nothing was lost between them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection

from trading.models import TradingDay

BAD_MAX: Final = 20

# Of each account the newest version of the day's statement; a correction changes no figure of its day.
_ROWS: Final = """
SELECT coalesce(d.account_id, s.account_id), d.balance_fen, d.pre_balance_fen, d.deposit_fen, d.withdraw_fen,
  d.correction_fen, d.close_profit_fen, d.mark_fen, d.fee_fen, s.equity_fen, s.balance_trade_fen, s.floating_fen,
  (SELECT coalesce(sum(CASE WHEN p.credit = 'client:' || p.account_id THEN p.amount_fen ELSE 0 END)
     - sum(CASE WHEN p.debit = 'client:' || p.account_id THEN p.amount_fen ELSE 0 END), 0)
   FROM trading_posting p WHERE p.tenant_id = d.tenant_id AND p.account_id = d.account_id AND p.journal_seq <= d.seq)
FROM (SELECT * FROM trading_account_day WHERE tenant_id = %(tenant)s AND trading_day = %(day)s) d
FULL JOIN (SELECT DISTINCT ON (account_id) * FROM trading_statement
  WHERE tenant_id = %(tenant)s AND trading_day = %(day)s ORDER BY account_id, version DESC) s
ON s.account_id = d.account_id ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One equation: both sides in fen."""

    name: str
    left_fen: int
    right_fen: int

    @property
    def holds(self) -> bool:
        """Whether both sides are one figure."""
        return self.left_fen == self.right_fen


@dataclass(frozen=True, slots=True)
class BadAccount:
    """An account for which an equation does not hold."""

    account_id: int
    name: str
    left_fen: int
    right_fen: int


@dataclass(slots=True)
class Proof:
    """What was found for one broker and day."""

    trading_day: int
    accounts: int = 0
    missing: int = 0  # accounts without a statement, or statements without an account's day
    lines: list[Line] = field(default_factory=list)
    bad: list[BadAccount] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether everything agrees. A day without any account proves nothing and is not called right."""
        return self.accounts > 0 and not self.missing and not self.bad and all(line.holds for line in self.lines)


def proof_days() -> list[int]:
    """Return the ended trading days, newest first."""
    ended = TradingDay.objects.filter(ended_trading_day__gt=0).order_by("-ended_trading_day")
    return list(ended.values_list("ended_trading_day", flat=True)[:400])


def proof_of(*, tenant_id: int, trading_day: int) -> Proof:
    """Lay the three records of one broker and day beside each other."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"tenant": tenant_id, "day": trading_day})
        rows = cursor.fetchall()
    proof = Proof(trading_day, accounts=len(rows))
    sums: dict[str, list[int]] = {}
    for row in rows:
        if row[1] is None or row[9] is None:
            proof.missing += 1
            if len(proof.bad) < BAD_MAX:
                proof.bad.append(BadAccount(row[0], "statement", row[1] or 0, row[9] or 0))
            continue
        for name, (left, right) in _equations(row).items():
            total = sums.setdefault(name, [0, 0])
            total[0] += left
            total[1] += right
            if left != right and len(proof.bad) < BAD_MAX:
                proof.bad.append(BadAccount(row[0], name, left, right))
    proof.lines = [Line(name, left, right) for name, (left, right) in sums.items()]
    return proof


def _equations(row: tuple[Any, ...]) -> dict[str, tuple[int, int]]:
    _account, balance, before, paid_in, paid_out, put_right, closed, marked, fees = row[:9]
    equity, by_trade, floating, posted = row[9:]
    return {
        "day": (balance, before + paid_in - paid_out + put_right + closed + marked - fees),
        "statement": (balance, equity),
        "bases": (equity, by_trade + floating),
        "ledger": (int(posted), balance),
    }
