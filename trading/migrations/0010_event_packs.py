"""Private events lie packed in rows. What stands becomes rows of one event each."""

from typing import Any

import msgspec
from django.db import migrations, models

_ROWS = 10_000
_NEXT = """
SELECT tenant_id, account_id, account_seq, journal_seq, at_ns, market_ns, body FROM trading_account_event
WHERE (tenant_id, account_id, account_seq) > (%s, %s, %s) ORDER BY 1, 2, 3 LIMIT %s
"""
_PUT = """
UPDATE trading_account_event e SET body = u.body
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bytea[]) AS u(tenant_id, account_id, account_seq, body)
WHERE (e.tenant_id, e.account_id, e.account_seq) = (u.tenant_id, u.account_id, u.account_seq)
"""


def pack(_apps: Any, schema_editor: Any) -> None:
    """Put each event's numbers and times before it, as `trading.models.event_body` has them."""
    encode = msgspec.msgpack.Encoder().encode
    after = (-1, -1, -1)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE trading_account_event DISABLE TRIGGER insert_only")
        while True:
            cursor.execute(_NEXT, [*after, _ROWS])
            rows = cursor.fetchall()
            if not rows:
                break
            after = rows[-1][:3]
            # A list of four: its head, the three numbers, and the event's own bytes.
            bodies = [b"\x94" + b"".join(map(encode, row[3:6])) + bytes(row[6]) for row in rows]
            cursor.execute(_PUT, [[row[at] for row in rows] for at in range(3)] + [bodies])
        cursor.execute("ALTER TABLE trading_account_event ENABLE TRIGGER insert_only")


class Migration(migrations.Migration):
    """The times go into the body."""

    dependencies = [("trading", "0009_ticks")]

    operations = [
        migrations.RenameModel(old_name="AccountEvent", new_name="AccountEventPack"),
        migrations.AddField(
            model_name="accounteventpack", name="count", field=models.SmallIntegerField(db_default=1, default=1)
        ),
        migrations.RunPython(pack, migrations.RunPython.noop),
        migrations.RemoveField(model_name="accounteventpack", name="at_ns"),
        migrations.RemoveField(model_name="accounteventpack", name="market_ns"),
    ]
