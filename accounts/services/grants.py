"""Single accounts granted to single people (an officer or agent), kept by django-guardian inside the tenant."""

from __future__ import annotations

from typing import Final

from guardian.shortcuts import assign_perm, remove_perm

from accounts import audit
from accounts.audit import SystemActor
from accounts.auth import revocations
from accounts.auth.actor import Actor
from accounts.choices import MembershipStatus, RoleName
from accounts.errors import AuthCode, not_found, right_missing
from accounts.models import AccountGrant, AccountHolder, Membership, User
from accounts.permissions import Right
from accounts.selectors.accounts import TRADE, VIEW
from portal.lib.errors import Refused

PERMISSIONS: Final = frozenset({VIEW, TRADE})


def account_grant(*, actor: Actor | SystemActor, user_id: int, account_id: int, permission: str = VIEW) -> AccountGrant:
    """Let one person of this tenant see (or, as an investor's agent, trade) one account of this tenant."""
    holder, member = _ours(actor, user_id=user_id, account_id=account_id, permission=permission)
    granted: AccountGrant = assign_perm(f"accounts.{permission}", member.user, holder)  # type: ignore[assignment]
    if permission == TRADE:
        # Whoever trades an account sees it.
        assign_perm(f"accounts.{VIEW}", member.user, holder)
    _note(actor, action="account.grant", user_id=user_id, account_id=account_id, permission=permission)
    return granted


def account_grant_end(*, actor: Actor | SystemActor, user_id: int, account_id: int, permission: str = VIEW) -> None:
    """Take a grant back; ending the sight of an account ends trading it as well."""
    holder, member = _ours(actor, user_id=user_id, account_id=account_id, permission=permission)
    remove_perm(f"accounts.{permission}", member.user, holder)
    if permission == VIEW:
        remove_perm(f"accounts.{TRADE}", member.user, holder)
    _note(actor, action="account.grant_end", user_id=user_id, account_id=account_id, permission=permission)


def _ours(
    actor: Actor | SystemActor, *, user_id: int, account_id: int, permission: str
) -> tuple[AccountHolder, Membership]:
    if isinstance(actor, Actor) and not actor.has(Right.PEOPLE_EDIT):
        raise right_missing(Right.PEOPLE_EDIT)
    if permission not in PERMISSIONS:
        raise Refused(AuthCode.INVALID, {"permission": permission}, detail="Unknown permission.", status=400)
    holder = AccountHolder.objects.filter(account_id=account_id).first()
    member = Membership.objects.filter(user_id=user_id, status=MembershipStatus.ACTIVE).select_related("user").first()
    if holder is None or member is None:
        raise not_found()
    if permission == TRADE and not _is_investor(member.user):
        raise Refused(AuthCode.ROLES_CLASH, {"role": RoleName.INVESTOR}, detail="Only an investor may trade.")
    return holder, member


def _is_investor(user: User) -> bool:
    return Membership.objects.filter(user_id=user.pk, role=RoleName.INVESTOR, status=MembershipStatus.ACTIVE).exists()


def _note(actor: Actor | SystemActor, *, action: str, user_id: int, account_id: int, permission: str) -> None:
    entry = audit.record(
        actor=actor, action=action, target=f"account {account_id}", after={"user": user_id, "permission": permission}
    )
    # The person's open sockets were filtered by the old set of accounts.
    revocations.announce(tenant_id=entry.tenant_id, kind="membership", id=user_id)
