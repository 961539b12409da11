"""The day's memory in segments: what a snapshot adds to it is written once, and later snapshots only refer to it.

A day of millions of orders would otherwise be written anew every few seconds, and the recovery after a death in the
middle of that would find the more commands to execute again.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import msgspec

from trading.engine.counter.accounts import Account
from trading.engine.counter.day_memory import ROW_SIZE, DayMemory
from trading.engine.counter.packed_ids import Shelf, numbers, packed, written
from trading.engine.errors import EngineBrokenError
from trading.engine.snapshot_rows import SegmentRef, SegmentRow
from trading.engine.state import State

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(SegmentRow).decode


def of_today(state: State, filed: list[SegmentRef]) -> list[SegmentRef]:
    """Those of the segments written so far that tell of the day under way; a gap ends them."""
    found: list[SegmentRef] = []
    next_id = state.memory.first_order_id
    for ref in filed:
        if ref.first_order_id == next_id:
            found.append(ref)
            next_id += ref.count
    return found


def first_unfiled(state: State, filed: list[SegmentRef]) -> int:
    """The first order of the day that is in none of its segments."""
    today = of_today(state, filed)
    return today[-1].first_order_id + today[-1].count if today else state.memory.first_order_id


def cut(state: State, since: int) -> tuple[SegmentRef, bytes]:
    """Write down the day's memory from an order on."""
    memory = state.memory
    accounts, ends, parts, end = [], [], [], 0
    for account_id in sorted(state.accounts):
        ids = ids_since(state.accounts[account_id], since, memory.packed_before)
        if ids:
            part = written(packed(ids, None))
            end += len(part)
            accounts.append(account_id)
            ends.append(end)
            parts.append(part)
    refusals = [key for key in memory.refusals if key >= since]
    body = _encode(
        SegmentRow(
            since,
            bytes(memory.rows[(since - memory.first_order_id) * ROW_SIZE :]),
            numbers(accounts),
            numbers(ends),
            b"".join(parts),
            [(key, memory.refusals[key][0], list(memory.refusals[key][1].items())) for key in sorted(refusals)],
            sorted([item for item in memory.terms.items() if item[0] >= since], key=lambda item: item[0]),
        )
    )
    return SegmentRef(since, state.next_order_id - since, hash_of(body)), body


def ids_since(account: Account, since: int, packed_before: int) -> dict[str, int]:
    """An account's client order ids of the orders from a number on, oldest first."""
    ids = account.client_ids if since >= packed_before else account.all_ids()
    found: list[tuple[str, int]] = []
    for item in reversed(ids.items()):
        if item[1] < since:
            break
        found.append(item)
    found.reverse()
    return dict(found)


def hash_of(body: bytes) -> bytes:
    """32 bytes that name a segment."""
    return blake2b(body, digest_size=32).digest()


def put_back(memory: DayMemory, refs: list[SegmentRef], bodies: list[bytes]) -> list[Shelf]:
    """Take the segments of a snapshot into the day's memory; gives the shelves on which the ids lie.

    Bytes that are not those the snapshot names, or that leave a gap, are refused.
    """
    if [ref.hash for ref in refs] != [hash_of(body) for body in bodies]:
        raise EngineBrokenError("these bytes are no snapshot: a segment is missing or not the one that was written")
    shelves: list[Shelf] = []
    rows: list[bytes] = []
    next_id = memory.first_order_id
    for ref, body in zip(refs, bodies, strict=True):
        try:
            row = _decode(body)
        except msgspec.MsgspecError as problem:
            raise EngineBrokenError(f"these bytes are no snapshot: {problem}") from problem
        if row.first_order_id != next_id or len(row.rows) != ref.count * ROW_SIZE:
            raise EngineBrokenError(f"these bytes are no snapshot: a segment at order {row.first_order_id}")
        next_id += ref.count
        rows.append(row.rows)
        shelves.append(Shelf(row.accounts, row.ends, row.parts))
        for order_id, code, figures in row.refusals:
            memory.refusals[order_id] = (code, dict(figures))
        for order_id, terms in row.terms:
            memory.terms[order_id] = terms
    memory.rows = bytearray(b"".join(rows))
    memory.packed_before = next_id
    return shelves
