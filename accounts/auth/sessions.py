"""Limits of a signed-in session: it ends when idle too long and, whatever happens, after twelve hours."""

from __future__ import annotations

import hashlib
import time
from typing import Any, Final

from django.conf import settings

STARTED: Final = "aurum_started_s"
SEEN: Final = "aurum_seen_s"
TENANT: Final = "aurum_tenant"
_SEEN_STEP_S: Final = 60


def session_ref(session_key: str) -> str:
    """Return a name for a session that can be sent around: the key itself would open the session."""
    return hashlib.sha256(b"aurum-session:" + session_key.encode()).hexdigest()[:32]


def idle_limit_s(path: str) -> int:
    """Return how long a session may be idle before this path asks for a new sign-in."""
    if path.startswith("/admin/"):
        return int(getattr(settings, "AURUM_SESSION_IDLE_ADMIN_S", 15 * 60))
    return int(getattr(settings, "AURUM_SESSION_IDLE_S", 30 * 60))


def absolute_limit_s() -> int:
    """Return how long a session may live."""
    return int(getattr(settings, "AURUM_SESSION_ABSOLUTE_S", 12 * 3600))


def session_begin(session: Any, *, now_s: float | None = None) -> None:
    """Stamp a session at sign-in."""
    now = time.time() if now_s is None else now_s
    session[STARTED] = now
    session[SEEN] = now


def session_alive(session: Any, *, path: str, now_s: float | None = None) -> bool:
    """Say whether the session is inside its limits, and note that it was seen (at most once a minute)."""
    now = time.time() if now_s is None else now_s
    started, seen = session.get(STARTED), session.get(SEEN)
    if started is None or seen is None:
        # Made by a path that sends no sign-in signal: its clock starts now.
        session_begin(session, now_s=now)
        return True
    if now - started > absolute_limit_s() or now - seen > idle_limit_s(path):
        return False
    if now - seen > _SEEN_STEP_S:
        session[SEEN] = now
    return True


def session_end_s(session: Any) -> float:
    """Return the moment at which the session ends at the latest."""
    started: float = session.get(STARTED) or time.time()
    return started + absolute_limit_s()
