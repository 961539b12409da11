"""Tenants: made with their first administrator, suspended, entered by the platform's operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import SystemActor
from accounts.auth import revocations
from accounts.auth.actor import Actor
from accounts.choices import RoleName, TenantKind, TenantStatus
from accounts.errors import AuthCode, not_found, right_missing
from accounts.models import Membership, OperatorEntry, Tenant, User
from accounts.permissions import Right
from accounts.services.people import membership_create, user_create
from accounts.tenancy.context import tenant_scope
from portal.lib.errors import Refused
from portal.lib.ids import readable_password

ENTRY_MINUTES_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class NewTenant:
    """A fresh tenant, its administrator, and the password that is shown once."""

    tenant: Tenant
    admin: User
    password: str


def tenant_create(
    *, actor: Actor | SystemActor, code: str, name: str, name_en: str = "", admin_username: str
) -> NewTenant:
    """Make a broker with its first administrator."""
    _require_platform(actor)
    tenant = Tenant(code=code, name=name, name_en=name_en, kind=TenantKind.BROKER)
    tenant.clean_fields()
    try:
        with transaction.atomic():
            tenant.save(force_insert=True)
    except IntegrityError as taken:
        raise Refused(AuthCode.CONFLICT, {"code": code}, detail="This tenant code is taken.") from taken
    maker = SystemActor(name=actor.username if isinstance(actor, Actor) else actor.name)
    password = readable_password()
    with tenant_scope(tenant_id=tenant.pk, user_id=actor.user_id if isinstance(actor, Actor) else None):
        audit.record(actor=maker, action="tenant.create", target=f"tenant {tenant.pk}", after={"code": code})
        admin = user_create(actor=maker, username=admin_username, password=password, full_name=admin_username)
        membership_create(actor=maker, user_id=admin.pk, role=RoleName.BROKER_ADMIN)
    return NewTenant(tenant=tenant, admin=admin, password=password)


def tenant_status_set(*, actor: Actor, tenant_id: int, status: str, reason: str) -> Tenant:
    """Suspend a tenant or let it work again; a suspended one's sockets close."""
    _require_platform(actor)
    tenant = Tenant.objects.filter(pk=tenant_id, kind=TenantKind.BROKER).first()
    if tenant is None:
        raise not_found()
    if status not in TenantStatus.values or not reason.strip():
        raise Refused(AuthCode.INVALID, detail="Choose a status and give a reason.", status=400)
    before, tenant.status = tenant.status, status
    tenant.save(update_fields=["status"])
    with tenant_scope(tenant_id=tenant.pk, user_id=actor.user_id):
        audit.record(
            actor=actor,
            action="tenant.status",
            target=f"tenant {tenant.pk}",
            reason=reason,
            before={"status": before},
            after={"status": status},
        )
        for user_id in set(Membership.objects.values_list("user_id", flat=True)):
            revocations.announce(tenant_id=tenant.pk, kind="membership", id=user_id)
    return tenant


def operator_enter(*, actor: Actor, tenant_id: int, reason: str, minutes: int) -> OperatorEntry:
    """Enter one tenant for a while. The tenant sees the entry and every request made under it."""
    _require_platform(actor)
    if not reason.strip() or not 1 <= minutes <= ENTRY_MINUTES_MAX:
        figures = {"minutes": minutes, "limit": ENTRY_MINUTES_MAX}
        raise Refused(AuthCode.INVALID, figures, detail="Give a reason and 1 to 120 minutes.", status=400)
    tenant = Tenant.objects.filter(pk=tenant_id, status=TenantStatus.ACTIVE).first()
    if tenant is None:
        raise not_found()
    operator_leave(actor=actor)
    with tenant_scope(tenant_id=tenant.pk, user_id=actor.user_id):
        entry = OperatorEntry(
            user_id=actor.user_id, reason=reason.strip()[:200], expires_at=timezone.now() + timedelta(minutes=minutes)
        )
        entry.save(force_insert=True)
        audit.record(
            actor=actor,
            action="operator.enter",
            target=f"tenant {tenant.pk}",
            reason=entry.reason,
            after={"expires_at": entry.expires_at.isoformat()},
        )
    return entry


def operator_leave(*, actor: Actor) -> None:
    """Leave the tenant entered, if any; also closes an entry that ran out."""
    open_entry = OperatorEntry.unscoped.filter(user_id=actor.user_id, left_at__isnull=True).first()
    if open_entry is None:
        return
    with tenant_scope(tenant_id=open_entry.tenant_id, user_id=actor.user_id):
        now = timezone.now()
        OperatorEntry.objects.filter(pk=open_entry.pk).update(left_at=min(now, open_entry.expires_at))
        audit.record(actor=actor, action="operator.leave", target=f"tenant {open_entry.tenant_id}")
    revocations.announce(tenant_id=None, kind="user", id=actor.user_id)


def _require_platform(actor: Actor | SystemActor) -> None:
    if isinstance(actor, Actor) and not actor.has(Right.TENANT_EDIT):
        raise right_missing(Right.TENANT_EDIT)
