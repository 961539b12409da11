"""Orders and fills, newest first.

Both tables are keyed by (tenant, account, number), so a page over many accounts asks each account for its newest rows
and merges them, instead of sorting everything the tenant ever did.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar

from django.db import connection, models
from django.db.models import Q, QuerySet

from accounts.auth.actor import Actor
from accounts.tenancy.context import require_tenant_id
from trading.choices import WORKING_STATUSES
from trading.models import Fill, MoneyAccount, Order
from trading.selectors.visibility import visible

_Row = TypeVar("_Row", bound=models.Model)

LIMIT_MAX: Final = 1000
_NUMBER_MAX: Final = 9_223_372_036_854_775_807


def orders_list(
    *,
    actor: Actor,
    account_id: int | None = None,
    instrument_id: int | None = None,
    statuses: Iterable[int] | None = None,
    trading_day: int | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Order]:
    """Return up to `limit` orders with a number below `before_id`, newest first, with their contracts."""
    where = Q(id__lt=before_id if before_id is not None else _NUMBER_MAX)
    if instrument_id is not None:
        where &= Q(instrument_id=instrument_id)
    if statuses is not None:
        where &= Q(status__in=list(statuses))
    if trading_day is not None:
        where &= Q(trading_day=trading_day)
    rows = Order.objects.select_related("instrument")
    return _newest(rows, accounts=_accounts(actor, account_id), where=where, limit=limit)


def orders_working(*, actor: Actor, account_id: int | None = None) -> list[Order]:
    """Return the orders still in the book."""
    return orders_list(actor=actor, account_id=account_id, statuses=WORKING_STATUSES, limit=LIMIT_MAX)


def order_get(*, actor: Actor, order_id: int) -> Order | None:
    """Return one order by number, or None when it does not exist or is not the actor's to see."""
    rows = visible(Order.objects.select_related("instrument"), actor=actor)
    return rows.filter(id=order_id).first()


def order_by_client_id(
    *, actor: Actor, account_id: int, client_order_id: str, trading_day: int | None = None
) -> Order | None:
    """Return an account's newest order of a client's own number, or None."""
    rows = visible(Order.objects.select_related("instrument"), actor=actor)
    rows = rows.filter(account_id=account_id, client_order_id=client_order_id)
    if trading_day is not None:
        rows = rows.filter(trading_day=trading_day)
    return rows.order_by("-id").first()


def orders_by_ids(*, account_id: int, order_ids: Iterable[int]) -> dict[int, Order]:
    """Return an account's orders by number."""
    rows = Order.objects.select_related("instrument").filter(account_id=account_id, id__in=list(order_ids))
    return {row.id: row for row in rows}


def fills_list(
    *,
    actor: Actor,
    account_id: int | None = None,
    instrument_id: int | None = None,
    order_id: int | None = None,
    trading_day: int | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Fill]:
    """Return up to `limit` fills with a number below `before_id`, newest first; each knows its `client_order_id`."""
    where = Q(id__lt=before_id if before_id is not None else _NUMBER_MAX)
    if instrument_id is not None:
        where &= Q(instrument_id=instrument_id)
    if order_id is not None:
        where &= Q(order_id=order_id)
    if trading_day is not None:
        where &= Q(trading_day=trading_day)
    rows = Fill.objects.select_related("instrument")
    fills = _newest(rows, accounts=_accounts(actor, account_id), where=where, limit=limit)
    _add_client_ids(fills)
    return fills


def newest_ids(model: type[Order] | type[Fill], *, actor: Actor, limit: int) -> list[int]:
    """Return the numbers of the newest rows over all accounts the actor may see."""
    return _merged_ids(model, accounts=_accounts(actor, None), where=Q(), limit=min(limit, LIMIT_MAX))


def _accounts(actor: Actor, account_id: int | None) -> list[int]:
    if account_id is not None:
        return [account_id] if actor.can_see(account_id) else []
    return list(visible(MoneyAccount.objects.all(), actor=actor, column="id").values_list("id", flat=True))


def _newest(rows: QuerySet[_Row], *, accounts: list[int], where: Q, limit: int) -> list[_Row]:
    """Merge the newest rows of each account; one account needs no merging."""
    limit = max(1, min(limit, LIMIT_MAX))
    if not accounts:
        return []
    rows = rows.filter(where).order_by("-id")
    if len(accounts) == 1:
        return list(rows.filter(account_id=accounts[0])[:limit])
    ids = _merged_ids(rows.model, accounts=accounts, where=where, limit=limit)
    return list(rows.filter(account_id__in=accounts, id__in=ids))


def _merged_ids(model: type[models.Model], *, accounts: list[int], where: Q, limit: int) -> list[int]:
    """One index walk an account, written by Django itself for one account, joined side by side."""
    inner = model.unscoped.filter(Q(id__gt=0) & where).order_by("-id").values("id")[:limit]  # type: ignore[attr-defined]
    sql, params = inner.query.sql_with_params()
    head, tail = sql.split(" WHERE ", 1)
    table = model._meta.db_table
    lateral = f"{head} WHERE {table}.tenant_id = %s AND {table}.account_id = a.id AND {tail}"
    statement = (
        f"SELECT o.id FROM unnest(%s::bigint[]) AS a(id) CROSS JOIN LATERAL ({lateral}) AS o"  # noqa: S608
        " ORDER BY o.id DESC LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [accounts, require_tenant_id(), *params, limit])
        return [row[0] for row in cursor.fetchall()]


def _add_client_ids(fills: list[Fill]) -> None:
    wanted: dict[int, set[int]] = {}
    for fill in fills:
        wanted.setdefault(fill.account_id, set()).add(fill.order_id)
    names: dict[int, str] = {}
    for account_id, order_ids in wanted.items():
        rows = Order.objects.filter(account_id=account_id, id__in=order_ids)
        names.update(rows.values_list("id", "client_order_id"))
    for fill in fills:
        fill.client_order_id = names.get(fill.order_id, "")
