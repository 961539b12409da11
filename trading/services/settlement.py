"""The day's settlement in steps, by the platform's operator: begin, accounts in chunks, end.

A run that was cut off (the core died, the operator's machine went) is taken up where it stopped: the engine knows
the last account it settled, and refuses to settle one twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from accounts import audit
from accounts.permissions import Right
from portal.lib.errors import Refused
from trading.engine.commands import BeginSettlement, EndSettlement, SettleAccounts
from trading.engine.events import AccountsSettled
from trading.models import StatementDay
from trading.selectors.contracts import contracts_forget
from trading.services.core_calls import command_send, core_query
from trading.services.instruments import Doer, day_next, operator_name, settlement_rows

CHUNK: Final = 500
_LOOK_S: Final = 0.2

Progress = Callable[[int, int], None]
"""Called with (accounts settled, all accounts)."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A trading day that was settled, the one that has begun, and whether an earlier run had begun it."""

    ended: int
    begun: int
    accounts: int
    seq: int
    resumed: bool


def day_settle(
    *,
    actor: Doer,
    next_trading_day: int | None = None,
    prices: Mapping[str, str] | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Settled:
    """Settle the trading day; contracts without a given price settle at the average of their trades."""
    who = operator_name(actor, Right.DAY_ROLL)
    state: dict[str, Any] = core_query("settlement")
    ended, resumed = int(state["trading_day"]), bool(state["settling"])
    if resumed and prices:
        detail = "The settlement has begun with its prices; run it without any to go on."
        raise Refused("settlement_running", {"through": state["through"]}, detail=detail, status=409)
    if not resumed:
        begun = next_trading_day or day_next(ended)
        command_send(BeginSettlement(0, begun, settlement_rows(prices or {}, complete=False), who))
        state = core_query("settlement")
    begun = int(state["next_trading_day"])
    _settle_accounts(state, who, progress)
    answer = command_send(EndSettlement(0, who))
    contracts_forget()
    audit.record(
        actor=actor,
        action="day.settle",
        target=str(begun),
        before={"trading_day": ended},
        after={"trading_day": begun, "prices": dict(prices or {}), "resumed": resumed},
        journal_seq=answer.seq,
    )
    return Settled(ended=ended, begun=begun, accounts=int(state["accounts"]), seq=answer.seq, resumed=resumed)


def statements_await(ended: int, *, seconds: float) -> bool:
    """Wait until the statements of an ended day are all made, which the followers' process does by itself."""
    deadline_s = time.monotonic() + seconds
    while not StatementDay.objects.filter(trading_day=ended).exists():
        if time.monotonic() >= deadline_s:
            return False
        time.sleep(_LOOK_S)
    return True


def _settle_accounts(state: Mapping[str, Any], who: str, progress: Progress) -> None:
    through, remaining, everyone = int(state["through"]), int(state["remaining"]), int(state["accounts"])
    while remaining:
        event = command_send(SettleAccounts(0, through, CHUNK, who)).event
        assert isinstance(event, AccountsSettled)  # noqa: S101  (anything else was raised as a refusal)
        through, remaining = event.through, event.remaining
        progress(everyone - remaining, everyone)
