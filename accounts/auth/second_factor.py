"""Whether a person in a staff role still owes a second factor."""

from __future__ import annotations

from typing import Final

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest

from accounts.models import User

_LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}


def second_factor_waived() -> bool:
    """Say whether this is the demo on loopback, where printed logins must work at once."""
    return bool(settings.DEMO) and settings.BIND_ADDRESS in _LOOPBACK


def user_lacks_second_factor(user: User) -> bool:
    """Say whether the user has set up no second factor although the demo's waiver does not hold."""
    return not second_factor_waived() and not is_mfa_enabled(user)


def second_factor_missing(request: HttpRequest) -> bool:
    """Say the same for a request, without a query where the session already knows.

    Somebody who has a second factor can not sign in without using it, so having one is enough.
    """
    user = request.user
    if second_factor_waived() or not isinstance(user, User):
        return not second_factor_waived()
    if any(record.get("method") == "mfa" for record in get_authentication_records(request, user)):
        return False
    return not is_mfa_enabled(user)
