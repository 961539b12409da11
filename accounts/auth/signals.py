"""Sign-in and sign-out as they happen: attempts are written down, ended sessions close their sockets."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from accounts.auth import sessions
from accounts.models import User


def connect() -> None:
    """Connect the receivers; each has a name, so connecting twice changes nothing."""
    user_logged_in.connect(on_logged_in, dispatch_uid="aurum_logged_in")
    user_login_failed.connect(on_login_failed, dispatch_uid="aurum_login_failed")
    user_logged_out.connect(on_logged_out, dispatch_uid="aurum_logged_out")
    for signal in (password_changed, password_reset):
        signal.connect(on_password_changed, dispatch_uid="aurum_password_changed")
    for signal in (authenticator_added, authenticator_removed, authenticator_reset):
        signal.connect(on_second_factor_changed, dispatch_uid="aurum_second_factor")


def on_logged_in(*, request: HttpRequest | None, user: User, **_kwargs: Any) -> None:
    """Start the session's clock and note the success."""
    from accounts.services.logins import login_note

    if request is None:
        return
    sessions.session_begin(request.session)
    login_note(user=user, succeeded=True, request=request)


def on_login_failed(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_kwargs: Any) -> None:
    """Note the failure; the typed name is only used to find the user."""
    from accounts.services.logins import login_note

    if request is None:
        return
    user = User.objects.filter(username=str(credentials.get("username") or "")).first()
    login_note(user=user, succeeded=False, request=request)


def on_logged_out(*, request: HttpRequest | None, user: User | None, **_kwargs: Any) -> None:
    """Close the sockets that stand on the ended session."""
    from accounts.auth import revocations

    key = request.session.session_key if request is not None else None
    if key:
        revocations.announce(tenant_id=None, kind="session", id=sessions.session_ref(key))


def on_password_changed(*, user: User, **_kwargs: Any) -> None:
    """Close every socket of the user; a page whose session lives on connects again by itself."""
    from accounts.auth import revocations

    revocations.announce(tenant_id=None, kind="user", id=user.pk)
    if user.must_change_password:
        user.must_change_password = False
        user.save(update_fields=["must_change_password"])


def on_second_factor_changed(*, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """A second factor that came or went is an act worth a line."""
    from accounts import audit

    actor = getattr(request, "actor", None)
    if actor is not None:
        audit.record(actor=actor, action="user.second_factor", target=f"user {user.pk}")
