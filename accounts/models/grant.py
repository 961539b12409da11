"""Single accounts granted to single people, kept by django-guardian in tables that stand behind the walls.

Guardian's own generic tables carry no tenant; its direct-key form lets the rows be ours, with tenant and policies.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from guardian.managers import GroupObjectPermissionManager, UserObjectPermissionManager
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from accounts.models.client import AccountHolder
from accounts.tenancy.context import require_tenant_id
from accounts.tenancy.models import TenantModel


class ScopedUserGrantManager(UserObjectPermissionManager):
    """Guardian's manager inside the tenant in scope."""

    # Guardian's stubs leave the row type of its managers open.
    def get_queryset(self) -> models.QuerySet[AccountGrant]:  # type: ignore[override]
        """Filter by the tenant in scope; raise without one."""
        return super().get_queryset().filter(tenant_id=require_tenant_id())  # type: ignore[return-value]


class ScopedGroupGrantManager(GroupObjectPermissionManager):
    """Guardian's group manager inside the tenant in scope; groups are not used, guardian asks for the table."""

    def get_queryset(self) -> models.QuerySet[AccountGroupGrant]:  # type: ignore[override]
        """Filter by the tenant in scope; raise without one."""
        return super().get_queryset().filter(tenant_id=require_tenant_id())  # type: ignore[return-value]


class AccountGrant(UserObjectPermissionBase, TenantModel):
    """One permission of one user on one account."""

    # Guardian finds this table through the visible way back; a hidden one would send it to its generic table.
    content_object = models.ForeignKey(AccountHolder, on_delete=models.CASCADE, related_name="grants")
    granted_at = models.DateTimeField(_("granted"), auto_now_add=True)

    objects = ScopedUserGrantManager()  # type: ignore[misc, assignment]
    unscoped = models.Manager["AccountGrant"]()  # type: ignore[misc]

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name = _("account grant")
        verbose_name_plural = _("account grants")
        unique_together = (("user", "permission", "content_object"),)


class AccountGroupGrant(GroupObjectPermissionBase, TenantModel):
    """The group table that guardian pairs with the user table; the web role may only read it."""

    content_object = models.ForeignKey(AccountHolder, on_delete=models.CASCADE, related_name="group_grants")

    objects = ScopedGroupGrantManager()  # type: ignore[misc, assignment]
    unscoped = models.Manager["AccountGroupGrant"]()  # type: ignore[misc]

    class Meta(TenantModel.Meta):
        abstract = False
        unique_together = (("group", "permission", "content_object"),)
