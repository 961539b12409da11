"""People of the tenant in scope."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.choices import MembershipStatus
from accounts.models import Membership


def member_by_username(*, username: str) -> Membership | None:
    """Return an active membership of a person by login; another tenant's person is not found."""
    return Membership.objects.filter(user__username=username.strip(), status=MembershipStatus.ACTIVE).first()


def members_with_role(*, role: str) -> QuerySet[Membership]:
    """Return the active memberships of one role."""
    return Membership.objects.filter(role=role, status=MembershipStatus.ACTIVE).select_related("user")
