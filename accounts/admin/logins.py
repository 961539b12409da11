"""Sign-in attempts of a broker's people, with the button that unlocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.models import LoginAttempt
from accounts.permissions import Right
from accounts.services.logins import login_unlock
from portal.admin_base import AurumModelAdmin, Button, Done


def _unlock(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    login_unlock(actor=actor, user_id=row.user_id)
    return Done(_("%(login)s may try again now.") % {"login": row.user.username})


@admin.register(LoginAttempt)
class LoginAttemptAdmin(AurumModelAdmin):
    """Newest first."""

    view_right = Right.LOGIN_UNLOCK
    list_display = ("at", "user", "ip", "succeeded", "unlocked_at", "user_agent")
    list_select_related = ("user",)
    list_filter = ("succeeded",)
    search_fields = ("user__username",)
    ordering = ("-at",)
    buttons = (
        Button(
            name="unlock",
            label=gettext_lazy("Unlock"),
            right=Right.LOGIN_UNLOCK,
            run=_unlock,
            shown=lambda row: row.user_id is not None and not row.succeeded and row.unlocked_at is None,
        ),
    )

    def audit_target(self, row: LoginAttempt) -> str:
        """Unlocking is written under the user."""
        return f"user {row.user_id}"
