"""Which address a new machine gets: the lowest free one; the first belongs to the gateway."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from itertools import islice


def capacity(cidr: str) -> int:
    """Return how many machines fit into a range."""
    network = ipaddress.ip_network(cidr)
    return max(0, network.num_addresses - 3)


def gateway(cidr: str) -> str:
    """Return the gateway's address."""
    return str(next(iter(ipaddress.ip_network(cidr).hosts())))


def next_free(cidr: str, *, taken: Collection[str]) -> str | None:
    """Return the lowest address nobody has, or None when the range is full."""
    hosts = islice(ipaddress.ip_network(cidr).hosts(), 1, None)
    limit = capacity(cidr)
    for address in islice(hosts, limit):
        if str(address) not in taken:
            return str(address)
    return None
