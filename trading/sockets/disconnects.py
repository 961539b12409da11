"""Cancel on disconnect, as this door sees it: which keys with that wish have a socket open here.

The clock itself runs in the core (`trading.core.absences`), so that it runs on when this process is killed, and stops
when the key comes back through another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from accounts.auth.actor import Actor
from trading.core.protocol import Presence

if TYPE_CHECKING:
    from trading.sockets.hub import Hub

# How long after its time a key that left is still said to have left, in case the core restarts meanwhile.
GRACE_S: Final = 60.0


class Disconnects:
    """The keys of this process that want to be watched."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._left: dict[str, int] = {}

    def connected(self, actor: Actor) -> None:
        """A socket of the key is open."""
        presence = _presence(actor, there=True)
        if presence is not None:
            self._left.pop(presence.actor, None)
            self._hub.link.presence(presence)

    def lost(self, actor: Actor) -> None:
        """The key's last socket here has gone."""
        presence = _presence(actor, there=False)
        if presence is None:
            return
        turn = self._left[presence.actor] = self._left.get(presence.actor, 0) + 1
        self._hub.link.presence(presence)
        self._hub.later(presence.seconds + GRACE_S, lambda: self._forget(presence.actor, turn))

    def _forget(self, name: str, turn: int) -> None:
        # Only when it has not come back, or left once more, since.
        if self._left.get(name) == turn:
            del self._left[name]
            self._hub.link.forget_presence(name)


def _presence(actor: Actor, *, there: bool) -> Presence | None:
    if actor.api_key_id is None or not actor.cancel_on_disconnect_s or not actor.own_account_ids:
        return None
    return Presence(
        tenant_id=actor.tenant_id or 0,
        actor=f"k{actor.api_key_id}",
        account_ids=sorted(actor.own_account_ids),
        seconds=actor.cancel_on_disconnect_s,
        there=there,
    )
