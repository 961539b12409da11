"""Bases of the rows that the engine's followers write.

They carry the tenant as a plain column: a foreign key would cost an extra look-up a row on the hottest tables of the
house. The engine refuses a command whose account is not its tenant's, the row policies keep the web apart, and
`check_books` (T1) joins every row's tenant to its account's.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import AccountModel, TenantModel


def plain_tenant() -> models.ForeignKey:  # type: ignore[type-arg]
    """Return the tenant column without constraint and without an index of its own."""
    return models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        editable=False,
    )


def plain_instrument() -> models.ForeignKey:  # type: ignore[type-arg]
    """Return a contract column without constraint and index; contracts are never deleted."""
    return models.ForeignKey(
        "trading.Instrument",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        editable=False,
        verbose_name=_("contract"),
    )


class EngineAccountRow(AccountModel):
    """A row about one money account, written by a follower."""

    tenant = plain_tenant()

    class Meta(AccountModel.Meta):
        abstract = True


class EngineTenantRow(TenantModel):
    """A row about one tenant, written by a follower."""

    tenant = plain_tenant()

    class Meta(TenantModel.Meta):
        abstract = True
