"""The text form of API keys and the check of a presented one.

A key is `ak_<tenant>_<random>`: the public id carries its tenant, so that it can be looked up inside that tenant's
scope before anybody is known. The secret is 256 random bits; only its SHA-256 is stored, which is enough because
nothing about 256 random bits can be guessed.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_PUBLIC_ID: Final = re.compile(r"ak_([1-9][0-9]{0,17})_([A-Za-z0-9]{20})")
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_BEARER_LENGTH_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """What a program sent: not yet believed."""

    tenant_id: int
    public_id: str
    secret: str


def new_public_id(*, tenant_id: int) -> str:
    """Return a fresh public id of a tenant."""
    return f"ak_{tenant_id}_" + "".join(secrets.choice(_ALPHABET) for _ in range(20))


def new_secret() -> str:
    """Return 256 random bits as url-safe text."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def secret_matches(*, secret: str, stored: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(secret_hash(secret), stored)


def parse_bearer(header: str) -> PresentedKey | None:
    """Read `Bearer <key>.<secret>`; None for everything that can not be one."""
    kind, _, value = header.partition(" ")
    if kind.lower() != "bearer" or len(value) > _BEARER_LENGTH_MAX:
        return None
    public_id, dot, secret = value.strip().partition(".")
    found = _PUBLIC_ID.fullmatch(public_id)
    if not dot or not secret or found is None:
        return None
    return PresentedKey(tenant_id=int(found.group(1)), public_id=public_id, secret=secret)


def is_bearer(header: str) -> bool:
    """Say whether the header tries to be a key; such a request never falls back to a cookie."""
    return header[:7].lower() == "bearer "


def parse_network(text: str) -> str:
    """Return an address or network in its canonical form; `ValueError` for anything else."""
    return str(ipaddress.ip_network(text.strip(), strict=False))


def address_allowed(*, ip: str, networks: Iterable[str]) -> bool:
    """Say whether the address lies in one of the networks; an empty list allows every address."""
    allowed = list(networks)
    if not allowed:
        return True
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return any(address in ipaddress.ip_network(network) for network in allowed)
