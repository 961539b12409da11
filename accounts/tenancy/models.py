"""Abstract bases by which a model declares its scope, and the manager that raises without one."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, TypeVar

from django.db import models

from accounts.errors import ScopeMismatch
from accounts.tenancy.context import current_scope, require_tenant_id

ScopeName = Literal["tenant", "account", "global"]
_Row = TypeVar("_Row", bound=models.Model)


class ScopedManager(models.Manager[_Row]):
    """Rows of the tenant in scope; raises `ScopeMissing` when there is none."""

    def get_queryset(self) -> models.QuerySet[_Row]:
        """Filter by the tenant in scope, although the row policies would do so as well."""
        return super().get_queryset().filter(tenant_id=require_tenant_id())


class GlobalModel(models.Model):
    """A row that belongs to no tenant and is never listed to one."""

    aurum_scope: ClassVar[ScopeName] = "global"

    class Meta:
        abstract = True


class TenantModel(models.Model):
    """A row of one tenant.

    `objects` filters by the scope and raises without one. `unscoped` is for the processes whose database role sees
    all tenants (core, owner) and for the few reads that policies open by user; for the web role it shows nothing
    that the row policies do not show.
    """

    aurum_scope: ClassVar[ScopeName] = "tenant"

    # No index of its own: UNIQUE (tenant_id, id), added by EnableTenancy, begins with the tenant.
    tenant = models.ForeignKey(
        "accounts.Tenant", on_delete=models.PROTECT, related_name="+", db_index=False, editable=False
    )

    objects = ScopedManager["TenantModel"]()
    unscoped = models.Manager["TenantModel"]()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Stamp the tenant in scope; refuse to write another tenant's row inside it."""
        scope = current_scope()
        if self.tenant_id is None:
            self.tenant_id = require_tenant_id()
        elif scope is not None and scope.tenant_id is not None and scope.tenant_id != self.tenant_id:
            raise ScopeMismatch(f"{self._meta.label} of tenant {self.tenant_id} inside tenant {scope.tenant_id}")
        super().save(*args, **kwargs)


class AccountModel(TenantModel):
    """A row of one money account of one tenant; a second, restrictive policy binds it to the account ids in scope."""

    aurum_scope: ClassVar[ScopeName] = "account"

    account_id = models.BigIntegerField(editable=False)

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"
