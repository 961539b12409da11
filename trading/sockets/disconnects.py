"""Cancel on disconnect: a key may ask that its accounts' working orders end when it has been away for some seconds.

The last socket of the key that goes starts the clock; one that comes back stops it. The cancels are ordinary journaled
commands with the reason `disconnect`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from accounts.auth.actor import Actor
from trading.core.client import Answer, CoreUnavailable
from trading.engine import types as t
from trading.engine.commands import CancelAll

if TYPE_CHECKING:
    from trading.sockets.hub import Hub

log = logging.getLogger(__name__)

RETRY_S = 1.0


class Disconnects:
    """The clocks that run in this process, by key."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._clocks: dict[int, asyncio.TimerHandle] = {}

    def connected(self, actor: Actor) -> None:
        """A socket of the key is there again."""
        clock = self._clocks.pop(actor.api_key_id or 0, None)
        if clock is not None:
            clock.cancel()

    def lost(self, actor: Actor) -> None:
        """The last socket of the key has gone."""
        key_id, seconds = actor.api_key_id, actor.cancel_on_disconnect_s
        if key_id is not None and seconds and actor.own_account_ids:
            loop = asyncio.get_running_loop()
            self._clocks[key_id] = loop.call_later(seconds, self._fire, actor, sorted(actor.own_account_ids))

    def _fire(self, actor: Actor, accounts: list[int]) -> None:
        self._clocks.pop(actor.api_key_id or 0, None)
        for account_id in accounts:
            self._cancel(actor, account_id)

    def _cancel(self, actor: Actor, account_id: int) -> None:
        command = CancelAll(actor.tenant_id or 0, account_id, 0, t.CANCELED_DISCONNECT, f"k{actor.api_key_id}")
        try:
            future = self._hub.submit(command)
        except CoreUnavailable:
            self._again(actor, account_id)
            return
        future.add_done_callback(lambda done: self._checked(done, actor, account_id))

    def _checked(self, future: asyncio.Future[Answer], actor: Actor, account_id: int) -> None:
        if not future.cancelled() and future.exception() is not None:
            # The core went away under the command; cancelling twice does no harm.
            self._again(actor, account_id)

    def _again(self, actor: Actor, account_id: int) -> None:
        key_id = actor.api_key_id or 0
        if key_id not in self._clocks:
            loop = asyncio.get_running_loop()
            log.warning("cancel on disconnect waits for the core", extra={"account": account_id})
            self._clocks[key_id] = loop.call_later(RETRY_S, self._fire, actor, [account_id])
