"""API keys of a broker's people; a secret is in no column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.models import ApiKey
from accounts.permissions import Right
from accounts.services.api_keys import apikey_revoke
from portal.admin_base import AurumModelAdmin, Button, Done, ReasonForm


def _revoke(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    apikey_revoke(actor=actor, key_id=row.pk, reason=chosen["reason"])
    return Done(_("The key is revoked; its connections close now."))


@admin.register(ApiKey)
class ApiKeyAdmin(AurumModelAdmin):
    """Whose keys exist, what they may do, when they were used."""

    view_right = Right.PEOPLE_VIEW
    list_display = ("public_id", "user", "label", "purpose", "scopes", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    list_filter = ("purpose",)
    search_fields = ("public_id", "label", "user__username")
    fields = (
        "public_id",
        "user",
        "label",
        "purpose",
        "scopes",
        "allowed_networks",
        "account_ids",
        "cancel_on_disconnect_s",
        "created_at",
        "expires_at",
        "last_used_at",
        "last_used_ip",
        "revoked_at",
    )
    ordering = ("-id",)
    buttons = (
        Button(
            name="revoke",
            label=gettext_lazy("Revoke"),
            right=Right.PEOPLE_EDIT,
            run=_revoke,
            form=ReasonForm,
            shown=lambda row: row.revoked_at is None,
            danger=True,
        ),
    )
