"""Statements as facts: the broker's rules for them, a client's confirmation, a correction."""

from trading.engine.events import Event, Funds


class TenantRulesChanged(Event, array_like=True, gc=False, frozen=True, tag=55):
    """A broker's rules for confirming statements and for withdrawals changed."""

    confirms: bool
    withdraw_ppm: int
    reserve_fen: int
    maker: str
    checker: str


class StatementConfirmed(Event, array_like=True, gc=False, frozen=True, tag=56):
    """The client agreed to a day's statement in this version."""

    account_id: int
    account_seq: int
    trading_day: int  # of the statement
    version: int
    actor: str


class StatementCorrected(Event, array_like=True, gc=False, frozen=True, tag=57):
    """An ended day was put right by a posting on the current one; its statement has a new version."""

    account_id: int
    account_seq: int
    trading_day: int  # the day that was wrong
    version: int  # of its statement from now on
    amount_fen: int
    reason: str
    reference: str
    maker: str
    checker: str
    funds: Funds
