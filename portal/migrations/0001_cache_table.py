"""The table of Django's database cache, in the shape `createcachetable` makes, with the web role's rights."""

from django.db import migrations

FORWARD = """
create table portal_cache (
    cache_key varchar(255) not null primary key,
    value text not null,
    expires timestamp with time zone not null
);
create index portal_cache_expires on portal_cache (expires);
grant select, insert, update, delete on portal_cache to aurum_web;
"""


class Migration(migrations.Migration):
    """Global: holds rate limits and one-time tokens, keyed by the server only."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunSQL(FORWARD, reverse_sql="drop table portal_cache;")]
