"""Migration operations that put a table behind the walls. Every table of our apps passes through exactly one base
operation (`EnableTenancy`, `GlobalTable` or `CoreOnly`); `EngineOwned` tightens an `EnableTenancy` or `GlobalTable`.

Policies name their role, wrap settings in a scalar sub-select (evaluated once a statement, index usable) and turn a
missing setting into NULL, so that no context means no rows. The owner has a policy of its own: under FORCE a role
without one silently updates nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from accounts.tenancy.db_roles import BACKUP, CORE, OWNER, WEB

TENANT: Final = "(SELECT nullif(current_setting('app.tenant', true), '')::bigint)"
USER: Final = "(SELECT nullif(current_setting('app.user', true), '')::bigint)"
ACCOUNTS: Final = "(SELECT nullif(current_setting('app.accounts', true), '')::bigint[])"
IS_OPERATOR: Final = (
    "(SELECT EXISTS (SELECT 1 FROM accounts_user u WHERE u.id = nullif(current_setting('app.user', true), '')::bigint"
    " AND u.is_platform_operator AND u.is_active))"
)

_RIGHTS: Final[Mapping[str, str]] = {
    "all": "SELECT, INSERT, UPDATE, DELETE",
    "write": "SELECT, INSERT, UPDATE",
    "insert": "SELECT, INSERT",
    "select": "SELECT",
    "none": "",
}


def _grants(table: str, *, web: str, core: str) -> list[str]:
    statements = [f"REVOKE ALL ON {table} FROM PUBLIC, {WEB}, {CORE}, {BACKUP}", f"GRANT SELECT ON {table} TO {BACKUP}"]
    for role, level in ((WEB, web), (CORE, core)):
        if _RIGHTS[level]:
            statements.append(f"GRANT {_RIGHTS[level]} ON {table} TO {role}")
    return statements


class TableOperation(Operation):
    """SQL on one table, without any change of Django's model state."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str) -> None:
        self.table = table

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Models do not change."""

    def forward_sql(self) -> list[str]:
        """Return the statements that apply the operation."""
        raise NotImplementedError

    def backward_sql(self) -> list[str]:
        """Return the statements that take it back."""
        return [f"REVOKE ALL ON {self.table} FROM PUBLIC, {WEB}, {CORE}, {BACKUP}"]

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Run the forward statements."""
        for statement in self.forward_sql():
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Run the backward statements."""
        for statement in self.backward_sql():
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        """Return the line that `migrate --plan` prints."""
        return f"{type(self).__name__} on {self.table}"


class EnableTenancy(TableOperation):
    """Row policies, composite keys and grants for a table with `tenant_id`.

    `account_column` adds the restrictive policy for people bound to single accounts. `references` maps a column to
    the table whose (tenant_id, id) it points to; the database then refuses a child of another tenant.
    `readable_by_user` names a column whose user may read the row without a tenant (memberships at sign-in).
    """

    def __init__(
        self,
        table: str,
        *,
        account_column: str | None = None,
        references: Mapping[str, str] | None = None,
        key: str | None = "id",
        tenant_column: str = "tenant_id",
        readable_by_user: str | None = None,
        web: str = "all",
        core: str = "write",
    ) -> None:
        super().__init__(table)
        self.account_column = account_column
        self.references = dict(references or {})
        self.key = key
        self.tenant_column = tenant_column
        self.readable_by_user = readable_by_user
        self.web = web
        self.core = core

    def _policies(self) -> list[str]:
        table, own = self.table, f"{self.tenant_column} = {TENANT}"
        statements = [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY owner_all ON {table} FOR ALL TO {OWNER} USING (true) WITH CHECK (true)",
            # The core and the backup bypass row security where the server allows it; these stand in where it does not.
            f"CREATE POLICY core_all ON {table} FOR ALL TO {CORE} USING (true) WITH CHECK (true)",
            f"CREATE POLICY backup_read ON {table} FOR SELECT TO {BACKUP} USING (true)",
            f"CREATE POLICY web_tenant ON {table} FOR ALL TO {WEB} USING ({own}) WITH CHECK ({own})",
        ]
        if self.readable_by_user:
            statements.append(
                f"CREATE POLICY web_own ON {table} FOR SELECT TO {WEB} USING ({self.readable_by_user} = {USER})"
            )
        if self.account_column:
            bound = f"{ACCOUNTS} IS NULL OR {self.account_column} = ANY ({ACCOUNTS}::bigint[])"
            statements.append(
                f"CREATE POLICY web_account ON {table} AS RESTRICTIVE FOR ALL TO {WEB}"
                f" USING ({bound}) WITH CHECK ({bound})"
            )
        return statements

    def _keys(self) -> list[str]:
        statements = []
        if self.key and self.tenant_column != self.key:
            statements.append(
                f"ALTER TABLE {self.table} ADD CONSTRAINT {self.table}_tenant_key"
                f" UNIQUE ({self.tenant_column}, {self.key})"
            )
        for column, other in self.references.items():
            statements.append(
                f"ALTER TABLE {self.table} ADD CONSTRAINT {self.table}_{column}_same_tenant"
                f" FOREIGN KEY ({self.tenant_column}, {column}) REFERENCES {other} (tenant_id, id)"
                " DEFERRABLE INITIALLY IMMEDIATE"
            )
        return statements

    def forward_sql(self) -> list[str]:
        """Return policies, keys and grants."""
        return [*self._policies(), *self._keys(), *_grants(self.table, web=self.web, core=self.core)]

    def backward_sql(self) -> list[str]:
        """Drop what `forward_sql` made."""
        table = self.table
        names = ["owner_all", "core_all", "backup_read", "web_tenant", "web_own", "web_account"]
        statements = [f"DROP POLICY IF EXISTS {name} ON {table}" for name in names]
        constraints = [f"{table}_{column}_same_tenant" for column in self.references] + [f"{table}_tenant_key"]
        statements += [f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}" for name in constraints]
        statements += [f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"]
        statements += [f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"]
        return [*statements, *super().backward_sql()]


class EngineOwned(TableOperation):
    """The web role may only read: the table is written by the core and its followers alone."""

    def forward_sql(self) -> list[str]:
        """Take every write from the web role and give the core all of them."""
        return [
            f"REVOKE INSERT, UPDATE, DELETE ON {self.table} FROM {WEB}",
            f"GRANT {_RIGHTS['all']} ON {self.table} TO {CORE}",
        ]

    def backward_sql(self) -> list[str]:
        """Give the web role its writes back."""
        return [f"GRANT INSERT, UPDATE, DELETE ON {self.table} TO {WEB}"]


class GlobalTable(TableOperation):
    """A table that belongs to no tenant (instruments, calendar, users)."""

    def __init__(self, table: str, *, web: str = "select", core: str = "select") -> None:
        super().__init__(table)
        self.web = web
        self.core = core

    def forward_sql(self) -> list[str]:
        """Return the grants; there are no row policies."""
        return _grants(self.table, web=self.web, core=self.core)


class CoreOnly(TableOperation):
    """A table the web role can not even read (journal, snapshots). `core` is "insert" for insert-only tables."""

    def __init__(self, table: str, *, core: str = "all") -> None:
        super().__init__(table)
        self.core = core

    def forward_sql(self) -> list[str]:
        """Return the grants."""
        return _grants(self.table, web="none", core=self.core)


class InvokerView(TableOperation):
    """A view that runs with its reader's own rights, so that the row policies behind it hold. Nobody writes to it."""

    def __init__(self, table: str, *, select: str) -> None:
        super().__init__(table)
        self.select = select

    def forward_sql(self) -> list[str]:
        """Create the view and let the roles read it."""
        view = f"CREATE VIEW {self.table} WITH (security_invoker = true) AS {self.select}"
        return [view, *_grants(self.table, web="select", core="select")]

    def backward_sql(self) -> list[str]:
        """Drop the view."""
        return [f"DROP VIEW {self.table}"]


class InsertOnly(TableOperation):
    """No row is ever changed or deleted: a trigger refuses even the owner, whose own tool is TRUNCATE."""

    def forward_sql(self) -> list[str]:
        """Create the trigger; its function is made by the first migration of this app."""
        return [
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON {self.table}"
            " FOR EACH ROW EXECUTE FUNCTION aurum_refuse_change()"
        ]

    def backward_sql(self) -> list[str]:
        """Drop the trigger."""
        return [f"DROP TRIGGER IF EXISTS insert_only ON {self.table}"]
