"""From a session or a key to an `Actor`. Everything is read inside the narrowest scope that shows it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from accounts.auth import keys
from accounts.auth.actor import Actor
from accounts.auth.sessions import session_ref
from accounts.choices import MembershipStatus, Reach, RoleName, TenantStatus
from accounts.models import ApiKey, Membership, OperatorEntry, Tenant, User
from accounts.permissions import (
    OPERATOR_INSIDE_TENANT,
    PLATFORM_OPERATOR,
    ROLE_RIGHTS,
    Right,
    rights_of_key,
    rights_of_roles,
)
from accounts.selectors.accounts import accounts_granted_to, accounts_held_by
from accounts.tenancy.context import Scope, enter_scope

_USED_STEP: Final = timedelta(seconds=60)
_NOTED_MAX: Final = 10_000
_noted: dict[tuple[int, str], float] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Facts of the door somebody came through."""

    ip: str
    session_key: str | None = field(default=None, repr=False)
    expires_at_s: float | None = None
    chosen_tenant_id: int | None = None

    @property
    def session_ref(self) -> str | None:
        """The session's name for notices."""
        return None if self.session_key is None else session_ref(self.session_key)


def _memberships(user_id: int) -> list[Membership]:
    """Return the active memberships of a user in active tenants; needs only `app.user`."""
    return list(
        Membership.unscoped.filter(user_id=user_id, status=MembershipStatus.ACTIVE, tenant__status=TenantStatus.ACTIVE)
        .select_related("tenant")
        .order_by("tenant_id", "id")
    )


def _choose(memberships: list[Membership], *, chosen_tenant_id: int | None) -> list[Membership]:
    """Return the memberships of one tenant: the chosen one while it is still the user's, else the first."""
    if not memberships:
        return []
    mine = {membership.tenant_id for membership in memberships}
    tenant_id = chosen_tenant_id if chosen_tenant_id in mine else memberships[0].tenant_id
    return [membership for membership in memberships if membership.tenant_id == tenant_id]


def _account_bounds(*, user_id: int, memberships: list[Membership]) -> tuple[frozenset[int] | None, frozenset[int]]:
    """Return (accounts seen, accounts traded) of a user in the tenant in scope."""
    roles = {membership.role for membership in memberships}
    sees_all = any(m.reach == Reach.ALL for m in memberships if m.role != RoleName.INVESTOR)
    if sees_all and RoleName.INVESTOR not in roles:
        return None, frozenset()
    granted = accounts_granted_to(user_id=user_id)
    own: frozenset[int] = frozenset()
    if RoleName.INVESTOR in roles:
        own = accounts_held_by(user_id=user_id) | granted.traded
    return (None if sees_all else own | granted.seen), own


def _from_memberships(*, user: User, memberships: list[Membership], door: Door) -> Actor:
    tenant: Tenant = memberships[0].tenant
    roles = frozenset(membership.role for membership in memberships)
    with enter_scope(Scope(tenant_id=tenant.pk, user_id=user.pk), savepoint=False):
        seen, own = _account_bounds(user_id=user.pk, memberships=memberships)
    return _actor(
        user=user, door=door, tenant=tenant, roles=roles, rights=rights_of_roles(roles), account_ids=seen, own=own
    )


def _actor(
    *,
    user: User,
    door: Door,
    tenant: Tenant | None,
    roles: frozenset[str],
    rights: frozenset[Right],
    account_ids: frozenset[int] | None,
    own: frozenset[int] = frozenset(),
    **more: Any,
) -> Actor:
    return Actor(
        user_id=user.pk,
        username=user.username,
        display_name=user.shown_name,
        tenant_id=None if tenant is None else tenant.pk,
        tenant_code="" if tenant is None else tenant.code,
        roles=roles,
        rights=rights,
        account_ids=account_ids,
        own_account_ids=own,
        ip=door.ip,
        language=user.language,
        theme=user.theme,
        updown=user.updown,
        session_ref=door.session_ref,
        session_key=door.session_key,
        expires_at_s=door.expires_at_s,
        **more,
    )


def _operator(*, user: User, door: Door) -> Actor:
    """Return the actor of a platform operator: outside every tenant, or inside the one he has entered."""
    entry = (
        OperatorEntry.unscoped.filter(user_id=user.pk, left_at__isnull=True, expires_at__gt=timezone.now())
        .select_related("tenant")
        .first()
    )
    roles, rights = frozenset({PLATFORM_OPERATOR}), ROLE_RIGHTS[PLATFORM_OPERATOR]
    if entry is None:
        return _actor(user=user, door=door, tenant=None, roles=roles, rights=rights, account_ids=None)
    ends = min(entry.expires_at.timestamp(), door.expires_at_s or entry.expires_at.timestamp())
    return _actor(
        user=user,
        door=Door(ip=door.ip, session_key=door.session_key, expires_at_s=ends),
        tenant=entry.tenant,
        roles=roles,
        rights=rights | OPERATOR_INSIDE_TENANT,
        account_ids=None,
        operator_entry_id=entry.pk,
    )


def actor_of_user(user: User, *, door: Door) -> Actor | None:
    """Return who a signed-in user is at this door; None for a user who is switched off."""
    if not user.is_active:
        return None
    with enter_scope(Scope(tenant_id=None, user_id=user.pk), savepoint=False):
        if user.is_platform_operator:
            return _operator(user=user, door=door)
        memberships = _choose(_memberships(user.pk), chosen_tenant_id=door.chosen_tenant_id)
        if memberships:
            return _from_memberships(user=user, memberships=memberships, door=door)
    return _actor(user=user, door=door, tenant=None, roles=frozenset(), rights=frozenset(), account_ids=frozenset())


def _key_row(presented: keys.PresentedKey, *, ip: str) -> ApiKey | None:
    """Return the stored key when secret, life and address are right. All refusals look the same from outside."""
    row = ApiKey.objects.select_related("user").filter(public_id=presented.public_id).first()
    stored = row.secret_sha256 if row is not None else keys.secret_hash("")
    matches = keys.secret_matches(secret=presented.secret, stored=stored)
    now = timezone.now()
    if row is None or not matches or row.revoked_at is not None or not row.user.is_active:
        return None
    if row.expires_at is not None and row.expires_at <= now:
        return None
    if not keys.address_allowed(ip=ip, networks=row.allowed_networks):
        return None
    return row


def key_used_lately(*, key_id: int, ip: str) -> bool:
    """Say whether this process has just noted the same key from the same address: then nothing needs writing."""
    now_s = time.monotonic()
    if len(_noted) > _NOTED_MAX:
        _noted.clear()
    if now_s - _noted.get((key_id, ip), float("-inf")) < _USED_STEP.total_seconds():
        return True
    _noted[(key_id, ip)] = now_s
    return False


def key_used(*, key_id: int, ip: str) -> None:
    """Note the use of a key, at most once a minute and address, so that a busy program writes next to nothing."""
    now = timezone.now()
    fresh = Q(last_used_at__gt=now - _USED_STEP, last_used_ip=ip)
    ApiKey.objects.filter(pk=key_id).exclude(fresh).update(last_used_at=now, last_used_ip=ip)


def actor_of_key(header: str, *, ip: str) -> tuple[Actor, User] | None:
    """Return who a presented `Authorization` header is, or None when it opens nothing."""
    presented = keys.parse_bearer(header)
    if presented is None:
        return None
    with enter_scope(Scope(tenant_id=presented.tenant_id), savepoint=False):
        row = _key_row(presented, ip=ip)
        if row is None:
            return None
        memberships = [m for m in _scoped_memberships(row.user_id) if m.tenant.status == TenantStatus.ACTIVE]
        if not memberships:
            return None
        roles = frozenset(membership.role for membership in memberships)
        seen, own = _account_bounds(user_id=row.user_id, memberships=memberships)
    if row.account_ids is not None:
        bound = frozenset(row.account_ids)
        seen, own = (bound if seen is None else seen & bound), own & bound
    actor = _actor(
        user=row.user,
        door=Door(ip=ip, expires_at_s=None if row.expires_at is None else row.expires_at.timestamp()),
        tenant=memberships[0].tenant,
        roles=roles,
        rights=rights_of_key(role_rights=rights_of_roles(roles), scopes=row.scopes),
        account_ids=seen,
        own=own,
        api_key_id=row.pk,
        scopes=frozenset(row.scopes),
        cancel_on_disconnect_s=row.cancel_on_disconnect_s,
    )
    return actor, row.user


def _scoped_memberships(user_id: int) -> list[Membership]:
    return list(
        Membership.objects.filter(user_id=user_id, status=MembershipStatus.ACTIVE)
        .select_related("tenant")
        .order_by("id")
    )
