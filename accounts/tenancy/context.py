"""The scope in which the running code may see rows.

A scope is three facts: the tenant, the user, and (for people bound to single accounts) the account ids. It lives
in two places at once: a context variable that the managers read, and three transaction-local settings that the
row policies read. Both are written here and nowhere else.
"""

from __future__ import annotations

import contextvars
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from django.db import connections, transaction

from accounts.errors import ScopeMissing

_SET_LOCAL: Final = (
    "SELECT set_config('app.tenant', %s, true), set_config('app.user', %s, true), set_config('app.accounts', %s, true)"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What the running code may see. `account_ids` None means every account of the tenant."""

    tenant_id: int | None
    user_id: int | None = None
    account_ids: frozenset[int] | None = None


_current: contextvars.ContextVar[Scope | None] = contextvars.ContextVar("aurum_scope", default=None)


def current_scope() -> Scope | None:
    """Return the scope in force, or None outside every scope."""
    return _current.get()


def require_scope() -> Scope:
    """Return the scope in force; raise `ScopeMissing` where there is none or it names no tenant."""
    scope = _current.get()
    if scope is None or scope.tenant_id is None:
        raise ScopeMissing
    return scope


def require_tenant_id() -> int:
    """Return the tenant in force, or raise `ScopeMissing`."""
    tenant_id = require_scope().tenant_id
    if tenant_id is None:
        raise ScopeMissing
    return tenant_id


def _setting_values(scope: Scope | None) -> tuple[str, str, str]:
    if scope is None:
        return "", "", ""
    tenant = "" if scope.tenant_id is None else str(int(scope.tenant_id))
    user = "" if scope.user_id is None else str(int(scope.user_id))
    # '{}' (bound to no account at all) must differ from '' (not bound): the first sees nothing.
    accounts = "" if scope.account_ids is None else "{" + ",".join(str(int(i)) for i in sorted(scope.account_ids)) + "}"
    return tenant, user, accounts


def _apply(scope: Scope | None, *, using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(_SET_LOCAL, _setting_values(scope))


@contextmanager
def enter_scope(scope: Scope, *, using: str = "default", savepoint: bool = True) -> Iterator[Scope]:
    """Run a block in a scope inside one transaction; the building stone of the functions below."""
    nested = connections[using].in_atomic_block
    with transaction.atomic(using=using, savepoint=savepoint):
        before = _current.get()
        token = _current.set(scope)
        try:
            _apply(scope, using=using)
            yield scope
            # A local setting survives RELEASE SAVEPOINT, so inside an outer transaction it is put back by hand.
            # After an error the rollback to the savepoint has already done it.
            if nested and not connections[using].needs_rollback:
                _apply(before, using=using)
        finally:
            _current.reset(token)


@contextmanager
def tenant_scope(
    *,
    tenant_id: int,
    user_id: int | None = None,
    account_ids: Collection[int] | None = None,
    using: str = "default",
) -> Iterator[Scope]:
    """Run a block as one tenant inside one transaction; everything is put back at the end."""
    bound = None if account_ids is None else frozenset(account_ids)
    with enter_scope(Scope(tenant_id=tenant_id, user_id=user_id, account_ids=bound), using=using) as scope:
        yield scope


@contextmanager
def user_scope(*, user_id: int, using: str = "default") -> Iterator[Scope]:
    """Run a block as one user without a tenant: enough to read one's own memberships, nothing else."""
    with enter_scope(Scope(tenant_id=None, user_id=user_id), using=using) as scope:
        yield scope
