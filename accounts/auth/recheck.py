"""Whether an actor identified a while ago would still be let in."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from accounts.auth.actor import Actor
from accounts.auth.sessions import session_ref
from accounts.choices import MembershipStatus, TenantStatus
from accounts.models import ApiKey, Membership, OperatorEntry, User
from accounts.tenancy.context import Scope, enter_scope


def actor_still_valid(actor: Actor) -> bool:
    """Say whether user, membership, key or session of the actor are all still there."""
    if not User.objects.filter(pk=actor.user_id, is_active=True).exists():
        return False
    with enter_scope(Scope(tenant_id=actor.tenant_id, user_id=actor.user_id)):
        if not _stands_in_tenant(actor):
            return False
        if actor.api_key_id is not None:
            return _key_alive(actor.api_key_id)
    return actor.session_ref is None or _session_alive(actor)


def _stands_in_tenant(actor: Actor) -> bool:
    if actor.tenant_id is None:
        return True
    if actor.operator_entry_id is not None:
        return OperatorEntry.objects.filter(
            pk=actor.operator_entry_id, left_at__isnull=True, expires_at__gt=timezone.now()
        ).exists()
    return Membership.objects.filter(
        user_id=actor.user_id, status=MembershipStatus.ACTIVE, tenant__status=TenantStatus.ACTIVE
    ).exists()


def _key_alive(key_id: int) -> bool:
    row = ApiKey.objects.filter(pk=key_id, revoked_at__isnull=True).first()
    return row is not None and (row.expires_at is None or row.expires_at > timezone.now())


def _session_alive(actor: Actor) -> bool:
    """Find the session by its reference among the user's own; the key itself was never kept."""
    for session in UserSession.objects.filter(user_id=actor.user_id):
        if session_ref(session.session_key) == actor.session_ref:
            return _exists(session._session_store(), session.session_key)
    return False


def _exists(store: SessionBase, key: str) -> bool:
    return bool(store.exists(key))
