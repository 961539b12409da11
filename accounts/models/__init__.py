"""The nouns of this app, one file each."""

from accounts.models.api_key import ApiKey
from accounts.models.audit_entry import AuditEntry
from accounts.models.client import AccountHolder, Client
from accounts.models.grant import AccountGrant, AccountGroupGrant
from accounts.models.login_attempt import LoginAttempt
from accounts.models.membership import Membership
from accounts.models.operator_entry import OperatorEntry
from accounts.models.tenant import HOUSE_CODE, HOUSE_TENANT_ID, Tenant
from accounts.models.user import User

__all__ = [
    "HOUSE_CODE",
    "HOUSE_TENANT_ID",
    "AccountGrant",
    "AccountGroupGrant",
    "AccountHolder",
    "ApiKey",
    "AuditEntry",
    "Client",
    "LoginAttempt",
    "Membership",
    "OperatorEntry",
    "Tenant",
    "User",
]
