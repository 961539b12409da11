"""Sign-in attempts: written down as they happen, cleared when somebody unlocks a colleague."""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit
from accounts.auth.actor import Actor
from accounts.auth.adapter import attempts_key
from accounts.auth.client_ip import request_ip
from accounts.choices import MembershipStatus
from accounts.errors import not_found, right_missing
from accounts.models import HOUSE_TENANT_ID, LoginAttempt, Membership, User
from accounts.permissions import Right
from accounts.tenancy.context import tenant_scope, user_scope


def login_note(*, user: User | None, succeeded: bool, request: HttpRequest) -> None:
    """Write the try once for each tenant of the user, so that each sees its own people's and nobody else's."""
    tenants = [HOUSE_TENANT_ID]
    if user is not None:
        with user_scope(user_id=user.pk):
            active = Membership.unscoped.filter(user_id=user.pk, status=MembershipStatus.ACTIVE)
            tenants = sorted(set(active.values_list("tenant_id", flat=True))) or tenants
    for tenant_id in tenants:
        with tenant_scope(tenant_id=tenant_id):
            LoginAttempt(
                user=user,
                ip=request_ip(request),
                user_agent=request.headers.get("User-Agent", "")[:200],
                succeeded=succeeded,
            ).save(force_insert=True)


def login_unlock(*, actor: Actor, user_id: int) -> None:
    """Let a locked-out person of the own tenant try again at once."""
    if not actor.has(Right.LOGIN_UNLOCK):
        raise right_missing(Right.LOGIN_UNLOCK)
    member = Membership.objects.filter(user_id=user_id).select_related("user").first()
    if member is None:
        raise not_found()
    attempts_forget(username=member.user.username)
    cleared = LoginAttempt.objects.filter(user_id=user_id, succeeded=False, unlocked_at__isnull=True)
    count = cleared.update(unlocked_at=timezone.now())
    audit.record(actor=actor, action="login.unlock", target=f"user {user_id}", after={"failed_tries": count})


def attempts_forget(*, username: str) -> None:
    """Clear the count of failed tries of one name; the count of an address stays, it may be an attack on others."""
    for rate in ratelimit.get_rates(app="allauth.account", action="login_failed"):
        if rate.per == "key":
            key = ratelimit.get_cache_key(
                None,  # type: ignore[arg-type]  # a rate by key looks at no request
                app="allauth.account",
                action="login_failed",
                rate=rate,
                key=attempts_key(username),
            )
            cache.delete(key)
