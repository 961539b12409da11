"""The person or program behind a request or socket, worked out once at the door."""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.permissions import PLATFORM_OPERATOR, STAFF_ROLES, Right


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, for which tenant, with which rights.

    `account_ids` bounds what is seen (None = every account of the tenant); `own_account_ids` bounds what may be
    traded, so that an officer who sees everything still trades nothing.
    """

    user_id: int
    username: str
    tenant_id: int | None
    tenant_code: str = ""
    roles: frozenset[str] = frozenset()
    rights: frozenset[Right] = frozenset()
    account_ids: frozenset[int] | None = frozenset()
    own_account_ids: frozenset[int] = frozenset()
    api_key_id: int | None = None
    scopes: frozenset[str] = frozenset()
    ip: str = ""
    language: str = "zh-hans"
    theme: str = ""
    updown: str = "red-up"
    session_ref: str | None = None
    # Opens the session, so it is in no log line and no frame; only the re-check after a lost notice reads it.
    session_key: str | None = field(default=None, repr=False)
    expires_at_s: float | None = None
    operator_entry_id: int | None = None
    cancel_on_disconnect_s: int | None = None
    display_name: str = field(default="")

    def has(self, right: Right | str) -> bool:
        """Say whether the actor holds a right in the tenant it acts for."""
        return right in self.rights

    def can_see(self, account_id: int) -> bool:
        """Say whether the account is one the actor may look at; the tenant is checked by the row policies."""
        return self.account_ids is None or account_id in self.account_ids

    def can_trade(self, account_id: int) -> bool:
        """Say whether the actor may send orders for the account."""
        return Right.TRADE_PLACE in self.rights and account_id in self.own_account_ids

    @property
    def is_staff(self) -> bool:
        """Whether any role of the actor is a staff role."""
        return not self.roles.isdisjoint(STAFF_ROLES)

    @property
    def is_platform_operator(self) -> bool:
        """Whether the actor runs the platform itself."""
        return PLATFORM_OPERATOR in self.roles

    @property
    def via(self) -> str:
        """How the actor came in, as the audit names it."""
        if self.api_key_id is not None:
            return "key"
        return "operator" if self.operator_entry_id is not None else "session"
