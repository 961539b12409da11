"""Put every table behind its walls: row policies, account-leading keys, insert-only triggers, grants."""

from django.db import migrations

from accounts.tenancy.db_roles import BACKUP, CORE, OWNER, WEB
from accounts.tenancy.operations import TENANT, EnableTenancy, GlobalTable, InsertOnly

FIRST_ACCOUNT = 7001


def primary_key(table: str, *columns: str) -> migrations.RunSQL:
    """Key a table by (tenant, account, number): the one index that serves the key and every page."""
    leading = ", ".join(columns)
    return migrations.RunSQL(
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey, ADD CONSTRAINT {table}_pkey PRIMARY KEY ({leading})",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey, ADD CONSTRAINT {table}_pkey PRIMARY KEY ({columns[-1]})",
    )


def engine_owned(table: str, *, core: str = "all", account_column: str | None = "account_id") -> EnableTenancy:
    """Wall off a table that the web may only read; no second unique key, for nothing refers to it."""
    return EnableTenancy(table, account_column=account_column, key=None, web="select", core=core)


class Migration(migrations.Migration):
    """The web role reads; the core and its followers write; the ledger and the account events only grow."""

    dependencies = [("trading", "0001_initial")]

    operations = [
        primary_key("trading_order", "tenant_id", "account_id", "id"),
        primary_key("trading_fill", "tenant_id", "account_id", "id"),
        primary_key("trading_balance", "tenant_id", "account_id"),
        GlobalTable("trading_instrument", core="all"),
        GlobalTable("trading_day", core="all"),
        GlobalTable("trading_tick", core="insert"),
        GlobalTable("trading_bar", core="all"),
        GlobalTable("trading_market_day", core="all"),
        GlobalTable("trading_depth", core="all"),
        GlobalTable("trading_follower_position", core="all"),
        GlobalTable("trading_follower_lag", core="all"),
        GlobalTable("trading_kill_switch", core="all"),
        migrations.RunSQL(
            [
                "ALTER TABLE trading_kill_switch ENABLE ROW LEVEL SECURITY",
                "ALTER TABLE trading_kill_switch FORCE ROW LEVEL SECURITY",
                f"CREATE POLICY owner_all ON trading_kill_switch FOR ALL TO {OWNER} USING (true) WITH CHECK (true)",
                f"CREATE POLICY core_all ON trading_kill_switch FOR ALL TO {CORE} USING (true) WITH CHECK (true)",
                f"CREATE POLICY backup_read ON trading_kill_switch FOR SELECT TO {BACKUP} USING (true)",
                # Scope 2 is one broker's own switch: another broker must not learn of it.
                f"CREATE POLICY web_own ON trading_kill_switch FOR SELECT TO {WEB}"
                f" USING (scope <> 2 OR target_id = {TENANT})",
            ],
            [
                *(f"DROP POLICY {name} ON trading_kill_switch" for name in ("owner_all", "core_all", "backup_read")),
                "DROP POLICY web_own ON trading_kill_switch",
                "ALTER TABLE trading_kill_switch NO FORCE ROW LEVEL SECURITY",
                "ALTER TABLE trading_kill_switch DISABLE ROW LEVEL SECURITY",
            ],
        ),
        EnableTenancy(
            "trading_account",
            account_column="id",
            references={"client_id": "accounts_client"},
            web="insert",
        ),
        migrations.RunSQL(
            [
                f"ALTER TABLE trading_account ALTER COLUMN id RESTART WITH {FIRST_ACCOUNT}",
                f"GRANT UPDATE (name) ON trading_account TO {WEB}",
                # The web asks for an account; that it is open, and what it may do, only the counter can say.
                f"CREATE POLICY web_pending ON trading_account AS RESTRICTIVE FOR INSERT TO {WEB}"
                " WITH CHECK (state = 0 AND status = 0 AND seq = 0 AND opened_at_ns IS NULL)",
            ],
            [
                "DROP POLICY web_pending ON trading_account",
                f"REVOKE UPDATE (name) ON trading_account FROM {WEB}",
            ],
        ),
        engine_owned("trading_balance"),
        engine_owned("trading_position"),
        engine_owned("trading_account_day", core="insert"),
        engine_owned("trading_order"),
        engine_owned("trading_fill", core="insert"),
        engine_owned("trading_posting", core="insert"),
        engine_owned("trading_account_event", core="insert"),
        engine_owned("trading_rates", account_column=None),
        EnableTenancy(
            "trading_proposal",
            account_column="account_id",
            references={"account_id": "trading_account"},
            web="write",
            core="select",
        ),
        InsertOnly("trading_posting"),
        InsertOnly("trading_account_event"),
        InsertOnly("trading_account_day"),
        InsertOnly("trading_fill"),
        InsertOnly("trading_tick"),
        # Rows updated many times a second: room on the page keeps the updates off the index.
        migrations.RunSQL(
            [
                "ALTER TABLE trading_balance SET (fillfactor = 50)",
                "ALTER TABLE trading_position SET (fillfactor = 50)",
            ],
            [
                "ALTER TABLE trading_balance RESET (fillfactor)",
                "ALTER TABLE trading_position RESET (fillfactor)",
            ],
        ),
    ]
