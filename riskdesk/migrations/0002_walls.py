"""Put the desk's tables behind their walls."""

from django.db import migrations

from accounts.tenancy.operations import EnableTenancy, InsertOnly


class Migration(migrations.Migration):
    """Alerts and notes are written by monitors and officers; risk figures by the monitors alone."""

    dependencies = [("riskdesk", "0001_initial"), ("trading", "0002_walls")]

    operations = [
        EnableTenancy("riskdesk_alert", account_column="account_id", web="write", core="write"),
        EnableTenancy(
            "riskdesk_alert_note",
            account_column="account_id",
            references={"alert_id": "riskdesk_alert"},
            web="insert",
            core="select",
        ),
        InsertOnly("riskdesk_alert_note"),
        EnableTenancy("riskdesk_alert_counter", web="write", core="write"),
        EnableTenancy("riskdesk_account_risk", account_column="account_id", web="select", core="write"),
    ]
