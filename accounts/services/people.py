"""People of a broker: logins, memberships, clients, credentials."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import SystemActor
from accounts.auth import revocations
from accounts.auth.actor import Actor
from accounts.choices import ClientKind, MembershipStatus, Reach, RoleName
from accounts.errors import AuthCode, not_found, right_missing
from accounts.models import Client, Membership, User
from accounts.permissions import Right, clashing_role
from accounts.services.credentials import password_replace, sole_membership_is_here
from accounts.tenancy.context import require_tenant_id
from portal.lib.errors import Refused
from portal.lib.ids import readable_password

Doer = Actor | SystemActor


def _require(actor: Doer, right: Right) -> None:
    if isinstance(actor, Actor) and not actor.has(right):
        raise right_missing(right)


def _conflict(detail: str, **figures: object) -> Refused:
    return Refused(AuthCode.CONFLICT, figures, detail=detail)


def user_create(
    *, actor: Doer, username: str, password: str, full_name: str = "", email: str = "", must_change: bool = True
) -> User:
    """Make a login. It opens nothing until a membership is made."""
    _require(actor, Right.PEOPLE_EDIT)
    user = User(username=User.normalize_username(username.strip()), email=email, first_name=full_name)
    user.must_change_password = must_change
    try:
        user.clean_fields(exclude=["password"])
        validate_password(password, user)
    except ValidationError as refused:
        raise Refused(AuthCode.INVALID, detail=" ".join(refused.messages), status=400) from refused
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as taken:
        raise _conflict("This login name can not be used.", username=username) from taken
    if email:
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    audit.record(actor=actor, action="user.create", target=f"user {user.pk}", after={"username": user.username})
    return user


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A fresh login with its first role, and the password that is shown once."""

    user: User
    membership: Membership
    password: str


def person_create(
    *, actor: Doer, username: str, role: str, full_name: str = "", email: str = "", reach: str = Reach.ALL
) -> NewPerson:
    """Make a login with its first role in the tenant in scope."""
    password = readable_password()
    user = user_create(actor=actor, username=username, password=password, full_name=full_name, email=email)
    member = _membership_add(actor=actor, user_id=user.pk, role=role, reach=reach)
    return NewPerson(user=user, membership=member, password=password)


def membership_create(*, actor: Doer, user_id: int, role: str, reach: str = Reach.ALL) -> Membership:
    """Give a person of the tenant in scope one more role; roles that may not stand together are refused.

    A broker's administrator can only name people who are there already: another broker's user is answered like an
    invented one. Processes (set-up, demo) may also name a fresh user.
    """
    _require(actor, Right.PEOPLE_EDIT)
    if isinstance(actor, Actor) and not Membership.objects.filter(user_id=user_id).exists():
        raise not_found()
    return _membership_add(actor=actor, user_id=user_id, role=role, reach=reach)


def _membership_add(*, actor: Doer, user_id: int, role: str, reach: str) -> Membership:
    if role not in RoleName.values or reach not in Reach.values:
        raise Refused(AuthCode.INVALID, {"role": role}, detail="Unknown role.", status=400)
    if isinstance(actor, Actor) and actor.user_id == user_id:
        # Nobody widens his own rights.
        raise right_missing("own_membership")
    held = Membership.objects.filter(user_id=user_id, status=MembershipStatus.ACTIVE).values_list("role", flat=True)
    clash = clashing_role(held=held, added=role)
    if clash is not None:
        figures = {"held": clash, "added": role}
        raise Refused(AuthCode.ROLES_CLASH, figures, detail="One person may not hold both roles.")
    member, made = Membership.objects.get_or_create(
        user_id=user_id, role=role, defaults={"reach": reach, "tenant_id": require_tenant_id()}
    )
    if not made:
        if member.status == MembershipStatus.ACTIVE:
            raise _conflict("This person already has this role.", role=role)
        Membership.objects.filter(pk=member.pk).update(status=MembershipStatus.ACTIVE, reach=reach, ended_at=None)
        member.refresh_from_db()
    audit.record(
        actor=actor,
        action="membership.create",
        target=f"membership {member.pk}",
        after={"user": user_id, "role": role, "reach": reach},
    )
    return member


def membership_end(*, actor: Doer, membership_id: int, reason: str = "") -> Membership:
    """End one role; the person's sockets in this tenant close at once and come back with what is left."""
    _require(actor, Right.PEOPLE_EDIT)
    member = Membership.objects.select_for_update().filter(pk=membership_id).first()
    if member is None:
        raise not_found()
    if isinstance(actor, Actor) and actor.user_id == member.user_id:
        raise right_missing("own_membership")
    if member.status == MembershipStatus.ENDED:
        raise _conflict("This membership has already ended.")
    member.status, member.ended_at = MembershipStatus.ENDED, timezone.now()
    member.save(update_fields=["status", "ended_at"])
    revocations.announce(tenant_id=member.tenant_id, kind="membership", id=member.user_id)
    audit.record(
        actor=actor,
        action="membership.end",
        target=f"membership {member.pk}",
        reason=reason,
        before={"role": member.role, "status": "active"},
        after={"role": member.role, "status": "ended"},
    )
    return member


def membership_reach_set(*, actor: Doer, membership_id: int, reach: str) -> Membership:
    """Let a staff member see every account of the tenant, or only those granted one by one."""
    _require(actor, Right.PEOPLE_EDIT)
    member = Membership.objects.select_for_update().filter(pk=membership_id).first()
    if member is None:
        raise not_found()
    if reach not in Reach.values:
        raise Refused(AuthCode.INVALID, {"reach": reach}, detail="Unknown reach.", status=400)
    before, member.reach = member.reach, reach
    member.save(update_fields=["reach"])
    revocations.announce(tenant_id=member.tenant_id, kind="membership", id=member.user_id)
    audit.record(
        actor=actor,
        action="membership.reach",
        target=f"membership {member.pk}",
        before={"reach": before},
        after={"reach": reach},
    )
    return member


def client_create(
    *, actor: Doer, number: str, name: str, kind: str = ClientKind.NATURAL, user_id: int | None = None
) -> Client:
    """Make a customer of the tenant in scope, with the login that is his, if any."""
    if isinstance(actor, Actor) and not (actor.has(Right.PEOPLE_EDIT) or actor.has(Right.ACCOUNT_OPEN)):
        raise right_missing(Right.PEOPLE_EDIT)
    if user_id is not None and not Membership.objects.filter(user_id=user_id, role=RoleName.INVESTOR).exists():
        # The login must already be an investor here: otherwise a foreign login could be found by its number.
        raise not_found()
    client = Client(number=number.strip(), name=name.strip(), kind=kind, user_id=user_id)
    try:
        client.clean_fields(exclude=["tenant", "user"])
        with transaction.atomic():
            client.save(force_insert=True)
    except ValidationError as refused:
        raise Refused(AuthCode.INVALID, detail=" ".join(refused.messages), status=400) from refused
    except IntegrityError as taken:
        raise _conflict("This client number is taken.", number=number) from taken
    audit.record(
        actor=actor,
        action="client.create",
        target=f"client {client.pk}",
        after={"number": client.number, "kind": client.kind, "user": user_id},
    )
    return client


def credentials_reset(*, actor: Doer, user_id: int, reason: str = "") -> str:
    """Give a person a new one-time password and take the second factors away; return the password to show once.

    Only where the person's sole membership is in this tenant: else one broker could sign in at another one.
    """
    _require(actor, Right.PEOPLE_EDIT)
    member = Membership.objects.filter(user_id=user_id).select_related("user").first()
    if member is None:
        raise not_found()
    if isinstance(actor, Actor) and actor.user_id == user_id:
        raise right_missing("own_credentials")
    if not sole_membership_is_here(user=member.user):
        raise Refused(
            AuthCode.SOLE_MEMBERSHIP,
            detail="This person also belongs elsewhere; only the platform can reset.",
            status=403,
        )
    password = readable_password()
    password_replace(user=member.user, password=password)
    audit.record(actor=actor, action="user.credentials_reset", target=f"user {user_id}", reason=reason)
    return password
