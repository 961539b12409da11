"""Reads about people for pages: their sessions, keys, tenants, sign-ins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import QuerySet

from accounts.auth.browsers import browser_words
from accounts.choices import MembershipStatus, TenantKind, TenantStatus
from accounts.models import ApiKey, LoginAttempt, Membership, OperatorEntry, Tenant, User


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One signed-in browser of a person."""

    id: int
    ip: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    current: bool

    @property
    def browser(self) -> str:
        """The browser in words for people."""
        return browser_words(self.user_agent)


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """Which second factors a person has set up."""

    totp: bool
    passkeys: int
    recovery_codes: int

    @property
    def any(self) -> bool:
        """Whether signing in asks for a second factor."""
        return self.totp or self.passkeys > 0


def sessions_of(*, user_id: int, current_key: str | None) -> list[SessionRow]:
    """Return the live sessions of a user, the one in use first."""
    rows = [row for row in UserSession.objects.filter(user_id=user_id) if row.exists()]
    shown = [
        SessionRow(
            id=row.pk,
            ip=row.ip,
            user_agent=row.user_agent,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            current=row.session_key == current_key,
        )
        for row in rows
    ]
    return sorted(shown, key=lambda row: (not row.current, -row.last_seen_at.timestamp()))


def keys_of(*, user_id: int) -> QuerySet[ApiKey]:
    """Return a user's keys in the tenant in scope, live ones first."""
    return ApiKey.objects.filter(user_id=user_id).order_by("-revoked_at", "-id")


def second_factors_of(*, user: User) -> SecondFactors:
    """Return what the user has set up."""
    kinds = Authenticator.objects.filter(user=user)
    codes = next((row for row in kinds if row.type == Authenticator.Type.RECOVERY_CODES), None)
    return SecondFactors(
        totp=any(row.type == Authenticator.Type.TOTP for row in kinds),
        passkeys=sum(row.type == Authenticator.Type.WEBAUTHN for row in kinds),
        recovery_codes=0 if codes is None else len(codes.wrap().get_unused_codes()),
    )


def tenants_of(*, user_id: int) -> list[Tenant]:
    """Return the brokers a user may switch between; needs only `app.user`."""
    active = Membership.unscoped.filter(
        user_id=user_id, status=MembershipStatus.ACTIVE, tenant__status=TenantStatus.ACTIVE
    )
    ids = set(active.values_list("tenant_id", flat=True))
    return list(Tenant.objects.filter(pk__in=ids).order_by("code"))


def tenants_to_enter() -> list[Tenant]:
    """Return the brokers a platform operator may enter; the policy shows them to operators only."""
    return list(Tenant.objects.filter(kind=TenantKind.BROKER, status=TenantStatus.ACTIVE).order_by("code"))


def entry_open(*, user_id: int) -> OperatorEntry | None:
    """Return the open entry of an operator."""
    return OperatorEntry.unscoped.filter(user_id=user_id, left_at__isnull=True).select_related("tenant").first()


def sign_ins_recent(*, user_id: int, limit: int = 10) -> list[LoginAttempt]:
    """Return a user's own last sign-ins at the tenant in scope."""
    return list(LoginAttempt.objects.filter(user_id=user_id).order_by("-at")[:limit])
