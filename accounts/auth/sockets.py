"""Identification at a websocket handshake: an API key, or a session that comes from an allowed origin."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction
from django.http.request import validate_host
from django.utils.crypto import constant_time_compare

from accounts.auth import keys, sessions
from accounts.auth.actor import Actor
from accounts.auth.client_ip import socket_ip
from accounts.auth.identify import Door, actor_of_key, actor_of_user
from accounts.auth.second_factor import user_lacks_second_factor
from accounts.models import User


async def authenticate_scope(asgi_scope: Mapping[str, Any]) -> Actor | None:
    """Return who opens the socket, or None (close with 4401).

    A request with a Bearer header needs no origin and ignores cookies: a program has neither.
    """
    return await database_sync_to_async(authenticate_scope_sync, thread_sensitive=False)(asgi_scope)


def authenticate_scope_sync(asgi_scope: Mapping[str, Any]) -> Actor | None:
    """The same for callers that stand on a thread of their own."""
    headers = {name.lower(): value for name, value in asgi_scope.get("headers", [])}
    ip = socket_ip(client=asgi_scope.get("client"), headers=headers)
    header = headers.get(b"authorization", b"").decode("latin-1")
    with transaction.atomic():
        if keys.is_bearer(header):
            found = actor_of_key(header, ip=ip)
            return None if found is None else found[0]
        if not origin_allowed(headers):
            return None
        return _actor_of_session(headers, ip=ip, path=str(asgi_scope.get("path", "")))


def origin_allowed(headers: Mapping[bytes, bytes]) -> bool:
    """Say whether a browser page of ours opened the socket: its origin is this host, or a trusted one."""
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return False
    if origin in {trusted.lower() for trusted in settings.CSRF_TRUSTED_ORIGINS}:
        return True
    host = headers.get(b"host", b"").decode("latin-1").lower()
    return parts.netloc == host and validate_host(parts.hostname or "", settings.ALLOWED_HOSTS)


def _session_key(headers: Mapping[bytes, bytes]) -> str | None:
    cookie: SimpleCookie = SimpleCookie()
    try:
        cookie.load(headers.get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return None
    morsel = cookie.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel is not None else None


def _actor_of_session(headers: Mapping[bytes, bytes], *, ip: str, path: str) -> Actor | None:
    key = _session_key(headers)
    if not key:
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user_id = session.get(SESSION_KEY)
    if user_id is None or not sessions.session_alive(session, path=path):
        return None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or not _hash_fits(user, stored=session.get(HASH_SESSION_KEY, "")):
        return None
    if user.must_change_password:
        return None
    door = Door(
        ip=ip,
        session_key=key,
        expires_at_s=sessions.session_end_s(session),
        chosen_tenant_id=session.get(sessions.TENANT),
    )
    actor = actor_of_user(user, door=door)
    if actor is not None and actor.is_staff and user_lacks_second_factor(user):
        return None
    return actor


def _hash_fits(user: User, *, stored: str) -> bool:
    """A changed password ends the sessions made under the old one, also for sockets."""
    candidates = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(stored, candidate) for candidate in candidates)
