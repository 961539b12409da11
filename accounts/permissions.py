"""The one enum of rights and the table of which role has which.

Rights are granted to people through roles on a tenant; an API key has the part of its owner's rights that its
scopes name. Moving money is in no key's scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from accounts.choices import KeyScope, RoleName


class Right(StrEnum):
    """Everything that can be allowed or refused."""

    TRADE_VIEW = "trade_view"
    TRADE_PLACE = "trade_place"
    TRADE_CANCEL = "trade_cancel"
    ACCOUNT_VIEW = "account_view"
    ACCOUNT_OPEN = "account_open"
    CASH_PROPOSE = "cash_propose"
    CASH_APPROVE = "cash_approve"
    LIMIT_PROPOSE = "limit_propose"
    LIMIT_APPROVE = "limit_approve"
    RATE_PROPOSE = "rate_propose"
    RATE_APPROVE = "rate_approve"
    RISK_VIEW = "risk_view"
    RISK_ACK = "risk_ack"
    RISK_INTERVENE = "risk_intervene"
    MACHINE_REQUEST = "machine_request"
    MACHINE_VIEW_OWN = "machine_view_own"
    MACHINE_APPROVE = "machine_approve"
    MACHINE_OPERATE = "machine_operate"
    HOST_VIEW = "host_view"
    NETWORK_VIEW = "network_view"
    NETWORK_EDIT = "network_edit"
    PEOPLE_VIEW = "people_view"
    PEOPLE_EDIT = "people_edit"
    LOGIN_UNLOCK = "login_unlock"
    APIKEY_OWN = "apikey_own"
    AUDIT_VIEW = "audit_view"
    ADMIN_ENTER = "admin_enter"
    INSTRUMENT_EDIT = "instrument_edit"
    DAY_ROLL = "day_roll"
    VENUE_KILL = "venue_kill"
    TENANT_EDIT = "tenant_edit"


PLATFORM_OPERATOR: Final = "platform_operator"
"""A flag on the user, not a membership: the operator belongs to no broker."""

ROLE_RIGHTS: Final[Mapping[str, frozenset[Right]]] = {
    RoleName.INVESTOR: frozenset(
        {
            Right.TRADE_VIEW,
            Right.TRADE_PLACE,
            Right.TRADE_CANCEL,
            Right.ACCOUNT_VIEW,
            Right.MACHINE_REQUEST,
            Right.MACHINE_VIEW_OWN,
            Right.APIKEY_OWN,
        }
    ),
    RoleName.RISK_OFFICER: frozenset(
        {
            Right.TRADE_VIEW,
            Right.ACCOUNT_VIEW,
            Right.RISK_VIEW,
            Right.RISK_ACK,
            Right.RISK_INTERVENE,
            Right.LOGIN_UNLOCK,
            Right.ADMIN_ENTER,
        }
    ),
    RoleName.BACK_OFFICE_MAKER: frozenset(
        {
            Right.TRADE_VIEW,
            Right.ACCOUNT_VIEW,
            Right.ACCOUNT_OPEN,
            Right.CASH_PROPOSE,
            Right.LIMIT_PROPOSE,
            Right.RATE_PROPOSE,
            Right.PEOPLE_VIEW,
            Right.ADMIN_ENTER,
        }
    ),
    RoleName.BACK_OFFICE_CHECKER: frozenset(
        {
            Right.TRADE_VIEW,
            Right.ACCOUNT_VIEW,
            Right.CASH_APPROVE,
            Right.LIMIT_APPROVE,
            Right.RATE_APPROVE,
            Right.PEOPLE_VIEW,
            Right.AUDIT_VIEW,
            Right.ADMIN_ENTER,
        }
    ),
    RoleName.SERVER_ADMIN: frozenset(
        {
            Right.MACHINE_APPROVE,
            Right.MACHINE_OPERATE,
            Right.HOST_VIEW,
            Right.NETWORK_VIEW,
            Right.ADMIN_ENTER,
        }
    ),
    RoleName.NETWORK_ADMIN: frozenset(
        {
            Right.NETWORK_VIEW,
            Right.NETWORK_EDIT,
            Right.HOST_VIEW,
            Right.ADMIN_ENTER,
        }
    ),
    # The broker's administrator rules over people, not over money: no right to propose or approve either.
    RoleName.BROKER_ADMIN: frozenset(
        {
            Right.PEOPLE_VIEW,
            Right.PEOPLE_EDIT,
            Right.LOGIN_UNLOCK,
            Right.AUDIT_VIEW,
            Right.ACCOUNT_VIEW,
            Right.TRADE_VIEW,
            Right.RISK_VIEW,
            Right.HOST_VIEW,
            Right.NETWORK_VIEW,
            Right.ADMIN_ENTER,
        }
    ),
    PLATFORM_OPERATOR: frozenset(
        {
            Right.INSTRUMENT_EDIT,
            Right.DAY_ROLL,
            Right.VENUE_KILL,
            Right.TENANT_EDIT,
            Right.ADMIN_ENTER,
        }
    ),
}

OPERATOR_INSIDE_TENANT: Final = frozenset(
    {
        Right.PEOPLE_VIEW,
        Right.PEOPLE_EDIT,
        Right.LOGIN_UNLOCK,
        Right.AUDIT_VIEW,
        Right.ACCOUNT_VIEW,
        Right.TRADE_VIEW,
        Right.RISK_VIEW,
        Right.HOST_VIEW,
        Right.NETWORK_VIEW,
    }
)
"""What a platform operator gains for the time he has entered a tenant, beside his own rights."""

STAFF_ROLES: Final = frozenset(set(RoleName.values) - {RoleName.INVESTOR.value} | {PLATFORM_OPERATOR})
"""Roles that need a second factor and open STAFF routes."""

CLASHING_ROLES: Final = (
    # A person who trades may not supervise his own broker's risk, money or machines.
    *((RoleName.INVESTOR, RoleName(role)) for role in RoleName.values if role != RoleName.INVESTOR),
    (RoleName.BACK_OFFICE_MAKER, RoleName.BACK_OFFICE_CHECKER),
    (RoleName.BROKER_ADMIN, RoleName.BACK_OFFICE_CHECKER),
    (RoleName.BROKER_ADMIN, RoleName.BACK_OFFICE_MAKER),
)
"""Pairs of roles that one person can not hold in one tenant."""

SCOPE_RIGHTS: Final[Mapping[str, frozenset[Right]]] = {
    KeyScope.READ: frozenset(
        {
            Right.TRADE_VIEW,
            Right.ACCOUNT_VIEW,
            Right.RISK_VIEW,
            Right.MACHINE_VIEW_OWN,
            Right.HOST_VIEW,
            Right.NETWORK_VIEW,
        }
    ),
    KeyScope.TRADE: frozenset({Right.TRADE_PLACE, Right.TRADE_CANCEL}),
    KeyScope.MACHINE: frozenset({Right.MACHINE_VIEW_OWN, Right.MACHINE_REQUEST}),
}


def rights_of_roles(roles: Iterable[str]) -> frozenset[Right]:
    """Return every right that the given roles give together."""
    return frozenset().union(*(ROLE_RIGHTS[role] for role in roles))


def rights_of_key(*, role_rights: frozenset[Right], scopes: Iterable[str]) -> frozenset[Right]:
    """Return the part of a person's rights that a key with these scopes carries."""
    named: frozenset[Right] = frozenset().union(*(SCOPE_RIGHTS[scope] for scope in scopes))
    return role_rights & named


def clashing_role(*, held: Iterable[str], added: str) -> str | None:
    """Return a role already held that the added one may not stand beside, or None."""
    held_roles = set(held)
    for left, right in CLASHING_ROLES:
        if added == left and right in held_roles:
            return str(right)
        if added == right and left in held_roles:
            return str(left)
    return None
