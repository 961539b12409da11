"""Platform operators: made by set-up only, never through a page."""

from __future__ import annotations

from accounts import audit
from accounts.audit import SystemActor
from accounts.models import User
from accounts.services.people import user_create
from portal.lib.ids import readable_password


def operator_create(*, actor: SystemActor, username: str) -> tuple[User, str]:
    """Make a platform operator; return him with the password that is shown once."""
    password = readable_password()
    user = user_create(actor=actor, username=username, password=password, full_name=username)
    user.is_platform_operator = True
    user.save(update_fields=["is_platform_operator"])
    audit.record(actor=actor, action="operator.create", target=f"user {user.pk}", after={"username": username})
    return user, password
