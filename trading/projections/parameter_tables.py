"""Dated rows: one table for each circle of readers."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from msgspec.structs import asdict

from trading.engine.parameters import ParameterRow, Parameters
from trading.projections.fold import Moment

Cursor = psycopg.Cursor[Any]


def said_of(fields: Parameters) -> dict[str, int | bool]:
    """What a row states, by name."""
    return {name: value for name, value in asdict(fields).items() if value is not None and value is not False}


def put(row: ParameterRow, *, moment: Moment, cursor: Cursor) -> None:
    """Write a row where those who may read it look."""
    table, whose = _place(row)
    values = {
        **whose,
        "id": row.row_id,
        "instrument_id": row.instrument_id,
        "product": row.product,
        "hedge": row.hedge,
        "effective_day": row.effective_day,
        "said": json.dumps(said_of(row.fields)),
        "source": row.source.replace("\x00", ""),
        "maker": row.maker,
        "checker": row.checker,
        "at_ns": moment.at_ns,
        "seq": moment.seq,
    }
    columns, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", values)  # noqa: S608


def withdraw(row: ParameterRow, *, moment: Moment, cursor: Cursor) -> None:
    """Note that a row was taken back."""
    table, whose = _place(row)
    conditions = "".join(f" AND {name} = %({name})s" for name in whose)
    cursor.execute(
        f"UPDATE {table} SET withdrawn_seq = %(seq)s WHERE id = %(id)s{conditions}",  # noqa: S608
        {**whose, "seq": moment.seq, "id": row.row_id},
    )


def _place(row: ParameterRow) -> tuple[str, dict[str, int]]:
    if not row.tenant_id:
        return "trading_parameter_exchange", {}
    if not row.account_id:
        return "trading_parameter_tenant", {"tenant_id": row.tenant_id}
    return "trading_parameter_client", {"tenant_id": row.tenant_id, "account_id": row.account_id}
