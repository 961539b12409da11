"""What of a tenant's rows an actor may see: every account, or the accounts it is bound to."""

from __future__ import annotations

from typing import TypeVar

from django.db import models

from accounts.auth.actor import Actor

_Row = TypeVar("_Row", bound=models.Model)


def visible(rows: models.QuerySet[_Row], *, actor: Actor, column: str = "account_id") -> models.QuerySet[_Row]:
    """Return the rows of the accounts the actor may see. The row policies say the same once more."""
    if actor.account_ids is None:
        return rows
    return rows.filter(**{f"{column}__in": actor.account_ids})
