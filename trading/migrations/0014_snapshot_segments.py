"""Snapshots name segments of the day's memory of orders, each of which is written once."""

from django.db import migrations

from accounts.tenancy.operations import CoreOnly

TABLE = """
CREATE TABLE trading_snapshot_segment (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    first_order_id bigint NOT NULL CHECK (first_order_id > 0),
    body bytea NOT NULL
);
ALTER TABLE trading_snapshot_segment ALTER COLUMN body SET STORAGE EXTERNAL;
-- Snapshots of before hold the whole day themselves.
ALTER TABLE trading_snapshot ADD COLUMN segments bytea[] NOT NULL DEFAULT '{}';
"""

# One that names segments cannot be read without them; the journal holds all that it held.
DROP = """
DELETE FROM trading_snapshot WHERE segments <> '{}';
ALTER TABLE trading_snapshot DROP COLUMN segments;
DROP TABLE trading_snapshot_segment;
"""


class Migration(migrations.Migration):
    """Make the table and hand it to the core's role alone."""

    dependencies = [("trading", "0013_desk")]

    operations = [
        migrations.RunSQL(TABLE, DROP),
        CoreOnly("trading_snapshot_segment"),
    ]
