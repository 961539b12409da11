"""Who hedged at a day's end is kept, so that statements say it; ladders say their window before the close."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trading", "0012_operator_proposals")]

    operations = [
        migrations.AddField(
            model_name="statementday",
            name="hedging",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="limitladder",
            name="window_s",
            field=models.IntegerField(default=300, db_default=300, verbose_name="window before the close, seconds"),
        ),
    ]
