"""What the access side must do for a machine, and how it says what is on, what is off, and how to switch it on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum

from portal.lib.errors import Failed


class NetworkFailed(Failed):
    """The access device did not do its part; the reconciler tries again."""


class NetworkPart(StrEnum):
    """The parts a network administrator looks after."""

    ISOLATION = "isolation"
    WEB_DOOR = "web_door"
    FIREWALL = "firewall"
    WIREGUARD = "wireguard"
    OPENVPN = "openvpn"


class Reason(StrEnum):
    """Why a part is off."""

    NONE = ""
    MACHINES_HAVE_NO_NETWORK = "machines_have_no_network"
    NO_MACHINE_TO_REACH = "no_machine_to_reach"
    SANDBOX_UNUSABLE = "sandbox_unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStatus:
    """One part: on or off, why, and the command that adds what it needs."""

    part: NetworkPart
    on: bool
    reason: Reason = Reason.NONE
    installed: bool = False
    command: str = ""


class NetworkDriver(ABC):
    """Opens and closes a machine's ways. Idempotent, keyed by the machine's uuid."""

    kind: str

    @abstractmethod
    def status(self) -> list[PartStatus]:
        """Return every part of the network and whether it works."""

    @abstractmethod
    def seal(self, uuid: str) -> None:
        """Close every way of a machine; already closed is success."""

    @abstractmethod
    def open(self, uuid: str, *, address: str) -> None:
        """Open the ways a running machine may have; already open is success."""

    @abstractmethod
    def opened(self) -> dict[str, str]:
        """Return uuid → address of every machine that has ways open, to find leftovers."""
