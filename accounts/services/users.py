"""Acts of the platform's operators on logins, whatever tenant they belong to."""

from __future__ import annotations

from accounts import audit
from accounts.auth import revocations
from accounts.auth.actor import Actor
from accounts.errors import not_found, right_missing
from accounts.models import User
from accounts.permissions import Right
from accounts.services.credentials import password_replace
from portal.lib.ids import readable_password


def _the_user(actor: Actor, user_id: int) -> User:
    if not actor.has(Right.TENANT_EDIT):
        raise right_missing(Right.TENANT_EDIT)
    if actor.user_id == user_id:
        raise right_missing("own_login")
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise not_found()
    return user


def user_active_set(*, actor: Actor, user_id: int, active: bool, reason: str) -> User:
    """Switch a login off everywhere, or on again; its sockets close at once."""
    user = _the_user(actor, user_id)
    before, user.is_active = user.is_active, active
    user.save(update_fields=["is_active"])
    revocations.announce(tenant_id=None, kind="user", id=user.pk)
    audit.record(
        actor=actor,
        action="user.active",
        target=f"user {user.pk}",
        reason=reason,
        before={"active": before},
        after={"active": active},
    )
    return user


def user_credentials_reset(*, actor: Actor, user_id: int, reason: str) -> str:
    """Give a person who belongs to several tenants a new one-time password; return it to show once."""
    user = _the_user(actor, user_id)
    password = readable_password()
    password_replace(user=user, password=password)
    audit.record(actor=actor, action="user.credentials_reset", target=f"user {user.pk}", reason=reason)
    return password
