"""The simulated participants' accounts: ordinary money accounts of the house tenant, opened and funded once."""

from __future__ import annotations

import time
from typing import Final

from accounts.models import HOUSE_TENANT_ID
from accounts.tenancy.context import tenant_scope
from trading.core import client
from trading.engine import rejects
from trading.engine import types as t
from trading.engine.commands import Command, MoveCash, OpenAccount
from trading.engine.events import CommandRefused
from trading.models import MoneyAccount

NAME_PREFIX: Final = "simulation"
# Enough for a hundred thousand lots of gold: the market must not end because its makers ran out of margin.
CASH_FEN: Final = 10_000_000_000_000
# A cash movement needs two names; both are the system here, which the ledger shows.
_MAKER: Final = "system:simulation"
_CHECKER: Final = "system:house"


class HouseRefused(Exception):  # noqa: N818
    """The core refused to open or fund a participant's account."""


def participants(count: int) -> list[int]:
    """Return the numbers of the participants' accounts, opened and funded; repeating it changes nothing."""
    names = [f"{NAME_PREFIX}-{number}" for number in range(1, count + 1)]
    with tenant_scope(tenant_id=HOUSE_TENANT_ID):
        known = dict(MoneyAccount.objects.filter(name__in=names).order_by("-id").values_list("name", "id"))
        for name in names:
            if name not in known:
                known[name] = MoneyAccount.objects.create(name=name).id
    accounts = [known[name] for name in names]
    for account_id in accounts:
        _send(OpenAccount(HOUSE_TENANT_ID, account_id, 0, _MAKER), known_codes={rejects.ACCOUNT_EXISTS})
        fund(account_id, reference=f"{NAME_PREFIX}-{account_id}")
    return accounts


def fund(account_id: int, *, reference: str = "") -> None:
    """Pay in once under a reference; a new reference pays in again."""
    wanted = reference or f"{NAME_PREFIX}-{account_id}-{time.time_ns()}"
    command = MoveCash(HOUSE_TENANT_ID, account_id, t.DEPOSIT, CASH_FEN, wanted, _MAKER, _CHECKER)
    _send(command, known_codes={rejects.REFERENCE_USED, rejects.AMOUNT_BAD})


def _send(command: Command, *, known_codes: set[str]) -> None:
    event = client.call(command).event
    if isinstance(event, CommandRefused) and event.code not in known_codes:
        raise HouseRefused(f"{type(command).__name__} was refused: {event.code} {event.figures}")
