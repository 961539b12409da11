"""Put the tables of machines behind their walls."""

from django.db import migrations

from accounts.tenancy.operations import EnableTenancy, GlobalTable


class Migration(migrations.Migration):
    """Row policies, composite keys, grants. The core has no business here."""

    dependencies = [("vmhosting", "0001_initial"), ("accounts", "0002_walls")]

    operations = [
        GlobalTable("vmhosting_hosted_tenant", web="insert", core="none"),
        EnableTenancy("vmhosting_host", web="write", core="none"),
        EnableTenancy("vmhosting_plan", web="write", core="none"),
        EnableTenancy("vmhosting_quota", core="none"),
        EnableTenancy("vmhosting_segment", web="write", core="none"),
        EnableTenancy("vmhosting_counter", web="write", core="none"),
        EnableTenancy(
            "vmhosting_machine",
            account_column="account_id",
            references={
                "host_id": "vmhosting_host",
                "plan_id": "vmhosting_plan",
                "api_key_id": "accounts_apikey",
            },
            web="write",
            core="none",
        ),
        migrations.RunSQL(
            "ALTER TABLE vmhosting_machine ADD CONSTRAINT vmhosting_machine_account_held"
            " FOREIGN KEY (tenant_id, account_id) REFERENCES accounts_accountholder (tenant_id, account_id)",
            "ALTER TABLE vmhosting_machine DROP CONSTRAINT vmhosting_machine_account_held",
        ),
        *(
            EnableTenancy(
                table,
                account_column="account_id",
                references={"machine_id": "vmhosting_machine"},
                web=web,
                core="none",
            )
            for table, web in (
                ("vmhosting_pulse", "write"),
                ("vmhosting_machinerequest", "write"),
                ("vmhosting_operation", "write"),
                ("vmhosting_machineevent", "all"),
            )
        ),
        EnableTenancy(
            "vmhosting_address",
            account_column="account_id",
            references={"machine_id": "vmhosting_machine", "segment_id": "vmhosting_segment"},
            core="none",
        ),
    ]
