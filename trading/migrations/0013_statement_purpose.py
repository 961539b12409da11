"""Statements say what an account is for: who hedged at a day's end is kept to begin the next one with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trading", "0012_operator_proposals")]

    operations = [
        migrations.AddField(
            model_name="statementday",
            name="hedging",
            field=models.JSONField(null=True),
        ),
    ]
