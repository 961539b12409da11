"""The tenant's next numbers, taken under a row lock: gapless, and in the order of commits."""

from __future__ import annotations

from typing import Literal

from django.db import connection

from accounts.tenancy.context import require_tenant_id

Series = Literal["news", "machines", "requests"]
_TAKE = {
    series: (
        f"INSERT INTO vmhosting_counter (tenant_id, news, machines, requests) VALUES (%s, %s, %s, %s)"  # noqa: S608
        f" ON CONFLICT (tenant_id) DO UPDATE SET {series} = vmhosting_counter.{series} + EXCLUDED.{series}"
        f" RETURNING {series}"
    )
    for series in ("news", "machines", "requests")
}


def hold() -> None:
    """Lock the tenant's counter without using a number.

    Locks are taken in one order everywhere: machine, request, pulse, host, counter, audit. Whoever writes an audit
    entry first and news afterwards calls this before, or two processes could wait for each other.
    """
    take("news", count=0)


def take(series: Series, *, count: int = 1) -> int:
    """Return the last of `count` fresh numbers of the tenant in scope."""
    start = {"news": 0, "machines": 0, "requests": 0, series: count}
    with connection.cursor() as cursor:
        values = [require_tenant_id(), start["news"], start["machines"], start["requests"]]
        cursor.execute(_TAKE[series], values)
        (number,) = cursor.fetchone()
    return int(number)
