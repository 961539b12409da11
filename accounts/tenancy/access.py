"""The one decision at every route: may this actor open it with this method?"""

from __future__ import annotations

from dataclasses import dataclass

from accounts.auth.actor import Actor
from accounts.errors import AuthCode
from accounts.tenancy.routes import RouteRule, RouteScope


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a route stays shut, with its HTTP status."""

    status: int
    code: AuthCode
    detail: str


SIGN_IN = Refusal(401, AuthCode.NOT_SIGNED_IN, "Sign in, or send an API key.")
NO_TENANT = Refusal(403, AuthCode.TENANT_MISSING, "You belong to no broker here; choose or enter one first.")
NO_RIGHT = Refusal(403, AuthCode.RIGHT_MISSING, "You do not have the right to do this.")
NO_KEY = Refusal(403, AuthCode.KEY_SCOPE, "This needs a person: it can not be done with an API key.")
NEEDS_SECOND_FACTOR = Refusal(403, AuthCode.MFA_REQUIRED, "Set up a second factor first: this role requires it.")


def decide(rule: RouteRule, *, actor: Actor | None, method: str) -> Refusal | None:
    """Return why the route stays shut for this actor and method, or None when it opens."""
    if rule.scope is RouteScope.ANON:
        return None
    if actor is None:
        return SIGN_IN
    # Keys open data, never pages about people, staff work or the platform: a stolen key can make no new key.
    if actor.api_key_id is not None and rule.scope not in {RouteScope.ACCOUNT, RouteScope.TENANT}:
        return NO_KEY
    if rule.scope in {RouteScope.ACCOUNT, RouteScope.TENANT} and actor.tenant_id is None:
        return NO_TENANT
    if rule.scope is RouteScope.STAFF and not actor.is_staff:
        return NO_RIGHT
    if rule.scope is RouteScope.PLATFORM and not actor.is_platform_operator:
        return NO_RIGHT
    right = rule.right_for(method)
    if right is not None and not actor.has(right):
        return NO_RIGHT
    return None
