"""What the network administrator sees: what is on and off, segments, addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmhosting.models import Address, Host, Segment
from vmhosting.network.addresses import capacity, gateway
from vmhosting.network.base import PartStatus
from vmhosting.network.isolation import IsolationNetwork


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentUse:
    """A segment, how full it is, and who lives there."""

    segment: Segment
    capacity: int
    given: int
    gateway: str
    addresses: list[Address]

    @property
    def nearly_full(self) -> bool:
        """Whether nine of ten addresses are gone."""
        return self.given * 10 >= self.capacity * 9


def network_parts() -> list[PartStatus]:
    """Return every part of the network, on or off. A machine's host says whether isolation works there."""
    usable = Host.objects.filter(usable=True).exists()
    return IsolationNetwork(sandbox_usable=lambda: usable).status()


def segments_shown() -> list[SegmentUse]:
    """Return the segments with their addresses."""
    given: dict[int, list[Address]] = {}
    for address in Address.objects.select_related("machine", "machine__owner").order_by("id"):
        given.setdefault(address.segment_id, []).append(address)
    return [
        SegmentUse(
            segment=segment,
            capacity=capacity(segment.cidr),
            given=len(given.get(segment.pk, [])),
            gateway=gateway(segment.cidr),
            addresses=given.get(segment.pk, []),
        )
        for segment in Segment.objects.order_by("cidr")
    ]


def segment_row(use: SegmentUse) -> dict[str, Any]:
    """Return a segment as JSON."""
    return {
        "cidr": use.segment.cidr,
        "purpose": use.segment.purpose,
        "room": use.segment.room,
        "gateway": use.gateway,
        "capacity": use.capacity,
        "given": use.given,
        "addresses": [
            {"ip": address.ip, "machine": address.machine.name, "account": address.account_id}
            for address in use.addresses
        ],
    }
