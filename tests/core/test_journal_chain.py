"""The chain of journal rows: what is refused as the next row, and by which words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from trading.core.journal import EMPTY_HEAD, JournalCorrupt, Row, check_row, decode_batch, head_of, sealed_row


def row(first_seq: int, last_seq: int, **changes: Any) -> Row:
    """Return a good row after the empty journal, or with changes that were hashed as well."""
    values: dict[str, Any] = {
        "prev_hash": EMPTY_HEAD.hash,
        "first_seq": first_seq,
        "last_seq": last_seq,
        "epoch": 3,
        "engine_version": 1,
        "at_ns": 99,
        "payload": b"payload",
    }
    return sealed_row(**(values | changes))


def test_accepts_a_row_that_follows() -> None:
    first = row(1, 4)
    check_row(first, previous=EMPTY_HEAD)
    check_row(row(5, 5, prev_hash=first.hash), previous=head_of(first))


@dataclass(frozen=True)
class Case:
    """A row that must be refused."""

    row: Row
    words: str


@pytest.mark.parametrize(
    "case",
    [
        Case(row(6, 7, prev_hash=row(1, 4).hash), "does not follow number 4"),
        Case(row(4, 7, prev_hash=row(1, 4).hash), "does not follow number 4"),
        Case(row(5, 4, prev_hash=row(1, 4).hash), "does not follow number 4"),
        Case(row(5, 7, prev_hash=b"x" * 32), "not chained to the row that ends at 4"),
        Case(row(5, 7, prev_hash=row(1, 4).hash, epoch=2), "epoch 2 after epoch 3"),
    ],
)
def test_refuses_a_row_out_of_place(case: Case) -> None:
    with pytest.raises(JournalCorrupt, match=case.words):
        check_row(case.row, previous=head_of(row(1, 4)))


@pytest.mark.parametrize(
    "changes",
    [{"payload": b"paylobd"}, {"at_ns": 98}, {"engine_version": 2}, {"epoch": 4}, {"hash": b"h" * 32}],
)
def test_names_a_row_whose_content_was_changed(changes: dict[str, Any]) -> None:
    damaged = msgspec.structs.replace(row(1, 4), **changes)
    with pytest.raises(JournalCorrupt, match=r"journal row 1\.\.4 has hash"):
        check_row(damaged, previous=EMPTY_HEAD)


def test_refuses_a_batch_with_too_few_records() -> None:
    with pytest.raises(JournalCorrupt, match="holds 0 records"):
        decode_batch(first_seq=1, last_seq=2, epoch=1, payload=msgspec.msgpack.encode([]), committed_ns=0)
