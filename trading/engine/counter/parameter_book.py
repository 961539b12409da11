"""All dated rows, and which of them are in force on the day that the counter works with."""

from __future__ import annotations

from typing import Final

from trading.engine.parameters import Key, ParameterRow, Parameters


class ParameterBook:
    """Rows by key, each key's by effective day. `day` is the day whose rows are in force."""

    __slots__ = ("by_id", "day", "nets", "next_row_id", "rows", "special")

    def __init__(self) -> None:
        self.rows: Final[dict[Key, list[ParameterRow]]] = {}
        self.by_id: Final[dict[int, ParameterRow]] = {}
        self.next_row_id = 1
        self.day = 0
        # Accounts that do not simply pay their tenant's tariffs: (tenant, hedge). All others share one object a tenant.
        self.special: Final[dict[int, tuple[int, bool]]] = {}
        self.nets = False  # whether a rule of the larger side may be in force for anybody

    def put(self, row: ParameterRow) -> None:
        """Take a row in at its place."""
        rows = self.rows.setdefault(row.key(), [])
        rows.append(row)
        rows.sort(key=_effective_day)
        self.by_id[row.row_id] = row

    def drop(self, row: ParameterRow) -> None:
        """Forget a row."""
        rows = self.rows[row.key()]
        rows.remove(row)
        if not rows:
            del self.rows[row.key()]
        del self.by_id[row.row_id]

    def row_on(self, key: Key, day: int) -> ParameterRow | None:
        """The row of a key that begins on exactly this day."""
        for row in self.rows.get(key, ()):
            if row.effective_day == day:
                return row
        return None

    def in_force(self, key: Key) -> Parameters | None:
        """What the last row of a key that has begun says; None when none has."""
        found: Parameters | None = None
        for row in self.rows.get(key, ()):
            if row.effective_day > self.day:
                break
            found = row.fields
        return found

    def begin_day(self, day: int) -> None:
        """Work with this day from now on; rows that others have taken the place of are forgotten."""
        self.day = day
        for rows in self.rows.values():
            begun = [row for row in rows if row.effective_day <= day]
            for row in begun[:-1]:
                rows.remove(row)
                del self.by_id[row.row_id]
        self.nets = False
        for key in self.rows:
            fields = self.in_force(key)
            if key[0] == 0 and fields is not None and fields.larger_side:
                self.nets = True

    def tenants_with_rows(self) -> set[int]:
        """Tenants that have a row in force for all their accounts."""
        return {key[0] for key in self.rows if key[0] and not key[1] and self.in_force(key) is not None}

    def has_own(self, account_id: int, tenant_id: int, instrument_id: int, product: str) -> bool:
        """Whether an account has a row of its own in force for a contract or its product."""
        return any(
            self.in_force((tenant_id, account_id, one, name, hedge)) is not None
            for one, name in ((instrument_id, ""), (0, product))
            for hedge in (False, True)
        )

    def accounts_with_rows(self) -> dict[int, int]:
        """Accounts that have a row of their own in force, with their tenants."""
        return {key[1]: key[0] for key in self.rows if key[1] and self.in_force(key) is not None}


def _effective_day(row: ParameterRow) -> int:
    return row.effective_day
