"""The scope of a request: one transaction around the whole response, rendering included.

`ATOMIC_REQUESTS` would render lazily outside the scope and show nothing; a plain `atomic()` would commit a view that
wrote and then raised, because Django turns the exception into a response below it. Here every status of 500 and
above rolls back.
"""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from typing import Any

from django.contrib.auth import logout
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import translation

from accounts import audit
from accounts.auth import keys, sessions
from accounts.auth.actor import Actor
from accounts.auth.client_ip import request_ip
from accounts.auth.identify import Door, actor_of_key, actor_of_user, key_used, key_used_lately
from accounts.tenancy import gate
from accounts.tenancy.access import SIGN_IN
from accounts.tenancy.context import Scope, enter_scope
from accounts.tenancy.routes import RouteScope, declared_rule
from portal.lib.db import database_lost
from portal.lib.errors import Refused

log = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class ScopeMiddleware:
    """Identifies the actor, opens its scope, decides at the route, and ends the transaction rightly."""

    sync_capable = True
    # An async view would run its queries outside this thread's transaction, so there are none.
    async_capable = False

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve one request inside its scope."""
        request.actor = None  # type: ignore[attr-defined]
        reached_view = False
        try:
            with transaction.atomic():
                refused = _identify(request)
                if refused is not None:
                    return refused
                actor: Actor | None = request.actor  # type: ignore[attr-defined]
                with _scope_of(actor):
                    reached_view = True
                    response = self.get_response(request)
                    if response.status_code >= 500:
                        transaction.set_rollback(True)
        except (DatabaseError, InterfaceError) as problem:
            if not database_lost(problem):
                raise
            log.exception("database unavailable")
            if reached_view or not _is_open_to_all(request):
                return gate.unavailable(request)
            # Health and sign-in pages must be able to say that the database is away.
            return self.get_response(request)
        _note_afterwards(request, response, actor=actor)
        return _stream_in_scope(response, actor=actor)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        """Decide before the view runs, for our own and for third-party views alike."""
        return gate.check(request, view)

    def process_exception(self, request: HttpRequest, raised: Exception) -> HttpResponseBase | None:
        """Answer a refusal that a page's view let through; nothing the view wrote before it stays."""
        if not isinstance(raised, Refused):
            return None
        response = gate.refused(request, raised)
        if connection.in_atomic_block:
            connection.set_rollback(True)
        return response


def _identify(request: HttpRequest) -> HttpResponseBase | None:
    """Put the actor on the request; return a response when a presented key opens nothing."""
    ip = request_ip(request)
    header = request.headers.get("Authorization", "")
    if keys.is_bearer(header):
        found = actor_of_key(header, ip=ip)
        if found is None:
            return gate.refuse(request, SIGN_IN)
        request.actor, request.user = found  # type: ignore[attr-defined]
        return None
    user = request.user
    if not user.is_authenticated:
        return None
    if not sessions.session_alive(request.session, path=request.path_info):
        logout(request)
        return None
    key = request.session.session_key
    door = Door(
        ip=ip,
        session_key=key or None,
        expires_at_s=sessions.session_end_s(request.session),
        chosen_tenant_id=request.session.get(sessions.TENANT),
    )
    actor = actor_of_user(user, door=door)  # type: ignore[arg-type]
    request.actor = actor  # type: ignore[attr-defined]
    if actor is not None:
        translation.activate(actor.language)
        request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
    return None


def _scope_of(actor: Actor | None, *, own_accounts: bool = True) -> Any:
    if actor is None:
        return nullcontext()
    bound = actor.account_ids if own_accounts else None
    return enter_scope(Scope(tenant_id=actor.tenant_id, user_id=actor.user_id, account_ids=bound), savepoint=False)


def _note_afterwards(request: HttpRequest, response: HttpResponseBase, *, actor: Actor | None) -> None:
    """Write what must stay even when the request itself was rolled back: use of a key, acts of an operator."""
    if actor is None or (actor.api_key_id is None and actor.operator_entry_id is None):
        return
    if actor.api_key_id is not None and key_used_lately(key_id=actor.api_key_id, ip=actor.ip):
        return
    try:
        with _scope_of(actor, own_accounts=False):
            if actor.api_key_id is not None:
                key_used(key_id=actor.api_key_id, ip=actor.ip)
            if actor.operator_entry_id is not None:
                target = f"{request.method} {request.path}"[:160]
                audit.record(actor=actor, action="operator.request", target=target, after=response.status_code)
    except (OperationalError, InterfaceError):
        log.exception("could not note the use of a key or an operator's request")


def _is_open_to_all(request: HttpRequest) -> bool:
    try:
        rule = declared_rule(resolve(request.path_info).func)
    except Resolver404:
        return False
    return rule is not None and rule.scope is RouteScope.ANON


def _stream_in_scope(response: HttpResponseBase, *, actor: Actor | None) -> HttpResponseBase:
    """Give a streamed body a scope of its own: it is read after the request's transaction has ended."""
    if getattr(response, "streaming", False) and actor is not None and actor.tenant_id is not None:
        content: Iterable[bytes] = response.streaming_content  # type: ignore[attr-defined]
        response.streaming_content = _scoped_chunks(content, actor=actor)  # type: ignore[attr-defined]
    return response


def _scoped_chunks(content: Iterable[bytes], *, actor: Actor) -> Iterator[bytes]:
    def chunks() -> Iterator[bytes]:
        with _scope_of(actor):
            yield from content

    # Each step runs in a context of its own, so that the scope never shows in the reader's code between two chunks.
    context, inner, end = contextvars.copy_context(), chunks(), object()
    try:
        while (chunk := context.run(next, inner, end)) is not end:
            yield chunk  # type: ignore[misc]
    finally:
        context.run(inner.close)  # type: ignore[attr-defined]
