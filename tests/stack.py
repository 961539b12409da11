"""Core, followers and web server over a pair of tenants, once for a whole module of tests; used by their conftests."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.engine.support import DAY_1, gold

if TYPE_CHECKING:
    from tests.plugins.processes import Processes
    from tests.world import House, Pair

DAY = "2026-11-23"
CASH_FEN = 50_000_000_00


@dataclass
class Stack:
    """What runs, and who is in it. Every account of the pair is open and has money."""

    pair: Pair
    processes: Processes
    core: Any
    url: str = ""
    references: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    def call(self, command: Any) -> Any:
        """Send a command to the core as the system."""
        from trading.core import client

        return client.call(command)

    def caught_up(self) -> int:
        """Wait until the query tables hold everything; returns the number."""
        from trading.core import client
        from trading.selectors.projection import wait_for_seq

        seq = int(client.query("status")["seq"])
        assert wait_for_seq(seq, timeout_ms=60_000), "the projection does not follow"
        return seq

    def deposit(self, house: House, index: int, amount_fen: int = CASH_FEN) -> None:
        """Pay money into an account, past the back office."""
        from trading.engine import commands as cmd
        from trading.engine import types as t

        self.references += 1
        account_id = house.account_ids[index]
        self.call(
            cmd.MoveCash(
                house.tenant.pk, account_id, t.DEPOSIT, amount_fen, f"st-{self.references}", "maker", "checker"
            )
        )

    def restart_core(self) -> None:
        """Kill the core and start it again."""
        self.core.kill()
        self.core.wait()
        self.core = self.processes.core()


@contextlib.contextmanager
def running_stack(*, web: bool) -> Iterator[Stack]:
    """Start everything on this worker's database, and leave nothing behind."""
    from django.conf import settings

    from tests.plugins.databases import sweep
    from tests.plugins.processes import Processes
    from tests.plugins.session import current_world
    from tests.world import pair_make
    from trading.engine import commands as cmd
    from trading.selectors.contracts import contracts_forget

    database = current_world().database
    environment = database.environment(AURUM_LOG_LEVEL="WARNING")
    for name in ("DJANGO_ALLOW_ASYNC_UNSAFE", "AURUM_ROLE"):
        environment.pop(name, None)
    # Sessions made in this process must open in the web process too.
    environment["AURUM_SECRET_KEY"] = settings.SECRET_KEY
    processes = Processes(root=database.root, environment=environment)
    try:
        stack = Stack(pair=pair_make(), processes=processes, core=processes.core())
        stack.call(cmd.PutInstrument(0, gold(), "system"))
        stack.call(cmd.RollDay(0, DAY_1, [], "system"))
        for house in (stack.pair.a, stack.pair.b):
            for index, account_id in enumerate(house.account_ids):
                stack.call(cmd.OpenAccount(house.tenant.pk, account_id, 0, "system"))
                stack.deposit(house, index)
        processes.manage("runfollowers")
        contracts_forget()
        stack.caught_up()
        if web:
            stack.url = processes.web()
        yield stack
    finally:
        processes.stop_all()
        sweep()
        contracts_forget()


def order_body(account_id: int, **changes: Any) -> dict[str, Any]:
    """Return the JSON of an order."""
    fields: dict[str, Any] = {
        "account": account_id,
        "trading_day": DAY,
        "client_order_id": f"t{time.monotonic_ns()}",
        "symbol": "SHFE.au2612",
        "side": "buy",
        "position_effect": "open",
        "type": "limit",
        "time_in_force": "day",
        "qty": 2,
        "limit_price": "799.00",
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


class Api:
    """A program's view of /api/v1: one key, JSON in and out, through the real middleware."""

    def __init__(self, headers: dict[str, str]) -> None:
        from django.test import Client

        self.client = Client(headers=headers | {"Accept-Language": "en"}, raise_request_exception=False)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request; `status` and `json` of the answer are what tests look at."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = {} if body is None else {"data": body if isinstance(body, bytes | str) else json.dumps(body)}
        return self.client.generic(method, f"/api/v1/{path}", content_type="application/json", headers=named, **data)
