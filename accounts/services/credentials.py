"""The parts of credentials that are taken away: second factors, sessions."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from accounts.auth import revocations, sessions
from accounts.choices import MembershipStatus
from accounts.models import Membership, User
from accounts.tenancy.context import require_tenant_id, user_scope


def sole_membership_is_here(*, user: User) -> bool:
    """Say whether every active membership of the user is in the tenant in scope (and he runs no platform)."""
    tenant_id = require_tenant_id()
    with user_scope(user_id=user.pk):
        active = Membership.unscoped.filter(user_id=user.pk, status=MembershipStatus.ACTIVE)
        tenants = set(active.values_list("tenant_id", flat=True))
    return tenants <= {tenant_id} and not user.is_platform_operator


def second_factors_remove(*, user: User) -> int:
    """Remove every second factor of a user; he sets up a new one at the next sign-in."""
    removed, _by_model = Authenticator.objects.filter(user_id=user.pk).delete()
    return removed


def session_end(*, user_id: int, session_id: int) -> bool:
    """End one session of the user; False when it is not his or is gone."""
    row = UserSession.objects.filter(pk=session_id, user_id=user_id).first()
    if row is None:
        return False
    reference = sessions.session_ref(row.session_key)
    row.end()
    revocations.announce(tenant_id=None, kind="session", id=reference)
    return True


def sessions_end_all(*, user: User, except_key: str | None = None) -> int:
    """End every session of the user, or all but the one in use."""
    ended = 0
    for row in UserSession.objects.filter(user_id=user.pk):
        if row.session_key == except_key:
            continue
        ended += 1
        session_end(user_id=user.pk, session_id=row.pk)
    return ended


def password_replace(*, user: User, password: str) -> None:
    """Put a one-time password in the place of everything that opened the login until now."""
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    second_factors_remove(user=user)
    sessions_end_all(user=user)
    revocations.announce(tenant_id=None, kind="user", id=user.pk)
