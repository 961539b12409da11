"""Makes the database roles, the schema and the row policies; safe to repeat."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.lib.errors import Failed
from portal.postgres.installation import database_set_up
from portal.postgres.roles import MayNotMakeRoles


class Command(BaseCommand):
    """`manage.py setup_database`"""

    help = "Make the database roles, schema and row policies (embedded server, or the one DATABASE_URL names)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Set the database up and say what was done."""
        try:
            done = database_set_up()
        except MayNotMakeRoles as refusal:
            self.stdout.write(refusal.sql_text)
            raise CommandError(
                "This DSN may not make roles. Let an administrator run the SQL above (it holds fresh passwords), "
                "then run `manage.py setup_database` again.",
                returncode=3,
            ) from None
        except Failed as problem:
            raise CommandError(str(problem)) from None
        roles = "made" if done.roles_made else "kept"
        self.stdout.write(
            f"PostgreSQL {done.version} ({done.server}): roles {roles}, {done.migrations} migrations applied, "
            f"{done.policies_made} stand-in policies"
        )
        for note in done.notes:
            self.stdout.write(f"note: {note}")
