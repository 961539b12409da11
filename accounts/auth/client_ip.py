"""The address a request came from, believing forwarded headers only as far as our own proxies go."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest


def _pick(*, peer: str, forwarded: str) -> str:
    proxies = int(getattr(settings, "AURUM_PROXIES", 0))
    if proxies <= 0:
        return peer
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    # The rightmost entries were written by our own proxies; everything further left is the client's claim.
    return hops[-proxies] if len(hops) >= proxies else peer


def request_ip(request: HttpRequest) -> str:
    """Return the client's address of an HTTP request; a unix-socket peer counts as loopback."""
    peer = request.META.get("REMOTE_ADDR") or "127.0.0.1"
    return _pick(peer=peer, forwarded=request.META.get("HTTP_X_FORWARDED_FOR", ""))


def socket_ip(*, client: tuple[str, int] | list[object] | None, headers: Mapping[bytes, bytes]) -> str:
    """Return the client's address of a websocket handshake."""
    peer = str(client[0]) if client and client[0] else "127.0.0.1"
    return _pick(peer=peer, forwarded=headers.get(b"x-forwarded-for", b"").decode("latin-1"))
