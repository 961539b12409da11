"""Refuses to work under the wrong database role.

Row policies are a wall only when the role in front of them is neither a superuser nor the owner of the tables
nor allowed to bypass them. The answer of the server counts, not the name in a file.
"""

from __future__ import annotations

from typing import Any, Final

from portal.lib.database_roles import EXPECTATIONS

_QUESTION: Final = """
select current_user::text, r.rolsuper, r.rolbypassrls,
       exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
               where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relowner = r.oid),
       exists (select 1 from pg_policies where policyname = %s)
from pg_roles r where r.rolname = current_user
"""

_verified: set[tuple[str, str]] = set()


class WrongDatabaseRole(SystemExit):
    """The process is connected as somebody it must not be; it exits with the difference."""


def verify_role(cursor: Any, *, role: str, dsn_key: str) -> None:
    """Compare the connected role with what the process expects; once per process and database.

    `cursor` is anything with execute and fetchone (a psycopg cursor or Django's).
    """
    if (role, dsn_key) in _verified:
        return
    cursor.execute(_QUESTION, [f"{role}_stands_in"])
    user, superuser, bypasses, owns, has_policies = cursor.fetchone()
    expected = EXPECTATIONS[role]
    problems = []
    if user != expected.user:
        problems.append(f"connected as {user}, expected {expected.user}")
    if superuser:
        problems.append(f"{user} is a superuser, which no process may be")
    if bypasses and not expected.bypasses_row_security:
        problems.append(f"{user} bypasses row security")
    if not bypasses and expected.bypasses_row_security and not has_policies:
        problems.append(f"{user} neither bypasses row security nor has policies in its place")
    if owns and not expected.owns_tables:
        problems.append(f"{user} owns tables")
    if problems:
        raise WrongDatabaseRole(
            f"wrong database role for a {role} process: {'; '.join(problems)}. "
            f"Run `manage.py setup_database`, or correct the DSN of {role} (var/secrets/{role}.dsn)."
        )
    _verified.add((role, dsn_key))


def forget_verified() -> None:
    """Ask the server again next time; for tests."""
    _verified.clear()
