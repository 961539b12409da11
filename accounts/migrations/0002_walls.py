"""Put every table of the app behind its walls and make the house tenant."""

from typing import Any

from django.db import migrations

from accounts.tenancy.db_roles import WEB
from accounts.tenancy.operations import IS_OPERATOR, USER, EnableTenancy, GlobalTable, InsertOnly

HOUSE = (1, "house", "平台自营", "House", "house")


def make_house(apps: Any, schema_editor: Any) -> None:
    """Insert the house with its fixed number; under FORCE a wrong role would insert nothing, so count."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_tenant (id, code, name, name_en, kind, status, created_at)"
            " VALUES (%s, %s, %s, %s, %s, 'active', now())",
            HOUSE,
        )
        cursor.execute("SELECT count(*) FROM accounts_tenant WHERE id = 1")
        if cursor.fetchone()[0] != 1:
            raise RuntimeError("the house tenant was not written: is this the owner role?")
        cursor.execute("SELECT setval(pg_get_serial_sequence('accounts_tenant', 'id'), 1)")


class Migration(migrations.Migration):
    """Row policies, composite keys, grants."""

    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE FUNCTION aurum_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$",
            "DROP FUNCTION aurum_refuse_change()",
        ),
        GlobalTable("accounts_user", web="write"),
        EnableTenancy("accounts_tenant", tenant_column="id", web="write"),
        EnableTenancy("accounts_membership", readable_by_user="user_id", web="write"),
        EnableTenancy("accounts_client", web="write"),
        EnableTenancy(
            "accounts_accountholder",
            account_column="account_id",
            references={"client_id": "accounts_client"},
            web="insert",
        ),
        EnableTenancy("accounts_accountgrant", references={"content_object_id": "accounts_accountholder"}),
        EnableTenancy(
            "accounts_accountgroupgrant", references={"content_object_id": "accounts_accountholder"}, web="select"
        ),
        EnableTenancy("accounts_apikey", web="write"),
        EnableTenancy("accounts_auditentry", web="insert", core="insert"),
        EnableTenancy("accounts_loginattempt", readable_by_user="user_id", web="write"),
        EnableTenancy("accounts_operatorentry", readable_by_user="user_id", web="write"),
        InsertOnly("accounts_auditentry"),
        # Before a tenant is chosen a person must see the names of his own; an operator those he may enter.
        migrations.RunSQL(
            f"CREATE POLICY web_member ON accounts_tenant FOR SELECT TO {WEB} USING (id IN ("
            f"SELECT m.tenant_id FROM accounts_membership m WHERE m.user_id = {USER} AND m.status = 'active'))",
            "DROP POLICY web_member ON accounts_tenant",
        ),
        migrations.RunSQL(
            f"CREATE POLICY web_operator ON accounts_tenant FOR ALL TO {WEB}"
            f" USING ({IS_OPERATOR}) WITH CHECK ({IS_OPERATOR})",
            "DROP POLICY web_operator ON accounts_tenant",
        ),
        # A tenant's own people may read its row; only an operator may change it.
        migrations.RunSQL(
            f"CREATE POLICY web_change ON accounts_tenant AS RESTRICTIVE FOR UPDATE TO {WEB} USING ({IS_OPERATOR})",
            "DROP POLICY web_change ON accounts_tenant",
        ),
        migrations.RunSQL(
            f"CREATE POLICY web_found ON accounts_tenant AS RESTRICTIVE FOR INSERT TO {WEB} WITH CHECK ({IS_OPERATOR})",
            "DROP POLICY web_found ON accounts_tenant",
        ),
        migrations.RunPython(make_house, migrations.RunPython.noop),
    ]
