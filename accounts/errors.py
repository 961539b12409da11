"""The errors of the accounts app: codes of refusals, and scope mistakes that are our own bugs."""

from __future__ import annotations

from enum import StrEnum

from portal.lib.errors import InvariantBroken, Refused


class AuthCode(StrEnum):
    """Why somebody or something was refused; stable, shown to programs."""

    NOT_SIGNED_IN = "not_signed_in"
    KEY_REFUSED = "api_key_refused"
    KEY_ADDRESS = "api_key_address"
    KEY_SCOPE = "api_key_scope"
    RIGHT_MISSING = "right_missing"
    MFA_REQUIRED = "mfa_required"
    TENANT_MISSING = "tenant_missing"
    CSRF = "csrf_failed"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    SOLE_MEMBERSHIP = "sole_membership_only"
    ROLES_CLASH = "roles_clash"
    INVALID = "invalid"
    UNAVAILABLE = "temporarily_unavailable"


class ScopeMissing(InvariantBroken):
    """A tenant's rows were asked for outside every tenant scope."""

    def __init__(self, message: str = "no tenant in scope: open tenant_scope() first") -> None:
        super().__init__(message)


class ScopeMismatch(InvariantBroken):
    """A row of one tenant was about to be written inside another tenant's scope."""


def not_found() -> Refused:
    """Return the one refusal for every id that is foreign, deleted or invented."""
    return Refused(AuthCode.NOT_FOUND, detail="Not found.", status=404)


def right_missing(right: str) -> Refused:
    """Return the refusal for a person who may see the thing but not do this with it."""
    return Refused(AuthCode.RIGHT_MISSING, {"right": right}, detail="You do not have this right.", status=403)
