"""`Idempotency-Key` on POSTs that have no natural key of their own.

The first answer is kept for a day and given again to the same request; the key on another request is refused. A request
that comes while the first is under way is told so at once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
from django.core.cache import cache
from django.db import connection
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth.actor import Actor
from accounts.tenancy.names import cache_key
from portal.lib.errors import Refused

KEPT_S: Final = 24 * 3600
_KEY: Final = re.compile(r"[\x21-\x7e]{1,128}\Z")
_LOCK_CLASS: Final = 0x4944454D  # "IDEM"


def once(request: Request, act: Callable[[], Response]) -> Response:
    """Carry an act out, or give the kept answer of the same act under the same key."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return act()
    if not _KEY.match(key):
        raise Refused("invalid_field", detail="Idempotency-Key is malformed.", status=400, pointer="#Idempotency-Key")
    slot = _slot(request, key)
    if not _locked(slot):
        raise Refused("idempotency_in_progress", status=409)
    body = hashlib.sha256(msgspec.json.encode(request.data, order="sorted")).hexdigest()
    kept: dict[str, Any] | None = cache.get(slot)
    if kept is None:
        response = act()
        # Written in the request's own transaction: an answer that was rolled back is not kept either.
        cache.set(slot, {"body": body, "status": response.status_code, "data": response.data}, KEPT_S)
        return response
    if kept["body"] != body:
        raise Refused("idempotency_key_reused", status=422, pointer="#Idempotency-Key")
    response = Response(kept["data"], status=kept["status"])
    response["Idempotent-Replayed"] = "true"
    return response


def _slot(request: Request, key: str) -> str:
    # Built from the server's own knowledge of the caller: two callers' keys never meet.
    actor: Actor = request.auth  # type: ignore[assignment]
    who = f"{actor.api_key_id or 0}:{actor.user_id}:{request.method}:{request.path}:{key}"
    return cache_key("idempotency", actor.tenant_id or 0, hashlib.sha256(who.encode()).hexdigest()[:40])


def _locked(slot: str) -> bool:
    number = int.from_bytes(hashlib.sha256(slot.encode()).digest()[:4], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, number])
        return bool(cursor.fetchone()[0])
