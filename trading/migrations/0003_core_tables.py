"""Tables of the core: the journal, its snapshots and the epoch of the leader. No web process may even read them."""

from django.db import migrations

from accounts.tenancy.operations import CoreOnly, InsertOnly

TABLES = """
CREATE TABLE trading_journal (
    first_seq bigint PRIMARY KEY CHECK (first_seq > 0),
    last_seq bigint NOT NULL CHECK (last_seq >= first_seq),
    epoch bigint NOT NULL CHECK (epoch > 0),
    engine_version integer NOT NULL CHECK (engine_version > 0),
    at_ns bigint NOT NULL,
    prev_hash bytea NOT NULL CHECK (octet_length(prev_hash) = 32),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    payload bytea NOT NULL
);
-- Compressing inside the commit would cost more than the bytes are worth.
ALTER TABLE trading_journal ALTER COLUMN payload SET STORAGE EXTERNAL;

CREATE TABLE trading_snapshot (
    seq bigint NOT NULL CHECK (seq >= 0),
    engine_version integer NOT NULL CHECK (engine_version > 0),
    epoch bigint NOT NULL,
    journal_hash bytea NOT NULL CHECK (octet_length(journal_hash) = 32),
    state_hash bytea NOT NULL,
    at_ns bigint NOT NULL,
    market_ns bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (seq, engine_version)
);
ALTER TABLE trading_snapshot ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE trading_epoch (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch bigint NOT NULL CHECK (epoch >= 0),
    leader text NOT NULL,
    leads_since timestamptz
);
INSERT INTO trading_epoch (epoch, leader) VALUES (0, '');
"""

DROP = "DROP TABLE trading_epoch; DROP TABLE trading_snapshot; DROP TABLE trading_journal;"


class Migration(migrations.Migration):
    """Make them and hand them to the core's role alone."""

    dependencies = [("accounts", "0002_walls"), ("trading", "0002_walls")]

    operations = [
        migrations.RunSQL(TABLES, DROP),
        CoreOnly("trading_journal", core="insert"),
        InsertOnly("trading_journal"),
        CoreOnly("trading_snapshot"),
        CoreOnly("trading_epoch", core="write"),
    ]
