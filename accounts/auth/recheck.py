"""Whether an actor identified a while ago would still be let in."""

from __future__ import annotations

from importlib import import_module

from allauth.core.internal.sessionkit import get_session_user
from django.conf import settings
from django.utils import timezone

from accounts.auth.actor import Actor
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
    return actor.session_key is None or _session_alive(actor.session_key)


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


def _session_alive(session_key: str) -> bool:
    """Say whether the session is still stored and still fits the user's password."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return get_session_user(store) is not None
