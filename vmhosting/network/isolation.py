"""The network of process isolation: machines have none. Their one way out is the web door, which the driver holds.

Opening and sealing therefore change nothing on the host; that the walls stand is proved inside a machine by the tests.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable

from vmhosting.network.base import NetworkDriver, NetworkPart, PartStatus, Reason

_PROGRAMS = {
    NetworkPart.FIREWALL: ("nft", "apt-get install nftables"),
    NetworkPart.WIREGUARD: ("wg", "apt-get install wireguard-tools wireguard-go"),
    NetworkPart.OPENVPN: ("openvpn", "apt-get install openvpn"),
}


class IsolationNetwork(NetworkDriver):
    """Nothing to open, nothing to seal; reports what a network would need."""

    kind = "isolation"

    def __init__(self, *, sandbox_usable: Callable[[], bool]) -> None:
        self._sandbox_usable = sandbox_usable

    def status(self) -> list[PartStatus]:
        usable = self._sandbox_usable()
        reason = Reason.NONE if usable else Reason.SANDBOX_UNUSABLE
        parts = [
            PartStatus(part=NetworkPart.ISOLATION, on=usable, reason=reason, installed=usable),
            PartStatus(part=NetworkPart.WEB_DOOR, on=usable, reason=reason, installed=usable),
        ]
        for part, (program, command) in _PROGRAMS.items():
            why = Reason.MACHINES_HAVE_NO_NETWORK if part is NetworkPart.FIREWALL else Reason.NO_MACHINE_TO_REACH
            parts.append(
                PartStatus(
                    part=part, on=False, reason=why, installed=shutil.which(program) is not None, command=command
                )
            )
        return parts

    def seal(self, uuid: str) -> None:
        return None

    def open(self, uuid: str, *, address: str) -> None:
        return None

    def opened(self) -> dict[str, str]:
        return {}
