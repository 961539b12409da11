"""Frames of a client: what is understood, and what every mistake is answered with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sockets.memory import order_request
from trading.sockets import ops


def parsed(**changes: Any) -> Any:
    """Parse one order request with changes."""
    (found,) = ops.parse(json.dumps(order_request(**changes)).encode())
    return found


def test_reads_an_order() -> None:
    found = parsed(id=7)
    assert (found.id, found.account, found.qty, found.limit_price) == (7, 7001, 2, "800.00")


def test_reads_an_array_of_requests() -> None:
    first, second = ops.parse(b' [{"op":"ping","id":1},{"op":"seen","seq":9}]')
    assert (type(first), type(second)) == (ops.Ping, ops.Seen)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"qty": 0}, "/qty"),
        ({"qty": 1.5}, "/qty"),
        ({"qty": "1"}, "/qty"),
        ({"qty": True}, "/qty"),
        ({"side": "hold"}, "/side"),
        ({"position_effect": "flip"}, "/position_effect"),
        ({"type": "pegged"}, "/type"),
        ({"time_in_force": "opg"}, "/time_in_force"),
        ({"account": -1}, "/account"),
        ({"account": 2**70}, "/account"),
        ({"client_order_id": "a b"}, "/client_order_id"),
        ({"client_order_id": "a\n"}, "/client_order_id"),
        ({"client_order_id": "x" * 65}, "/client_order_id"),
        ({"client_order_id": ""}, "/client_order_id"),
        ({"limit_price": 800.0}, "/limit_price"),
        ({"trading_day": "2026-1-1"}, "/trading_day"),
        ({"stop_prices": "1"}, "/stop_prices"),
    ],
)
def test_names_the_faulty_field(changes: dict[str, Any], pointer: str) -> None:
    found = parsed(id=3, **changes)
    assert (found.id, found.code, found.pointer) == (3, "invalid_field", pointer)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"\xff\xfe", "malformed_json"),
        (b"[" * 100_000, "malformed_json"),
        (b'{"op":"ping"} x', "malformed_json"),
        (b"null", "unknown_op"),
        (b'"x"', "unknown_op"),
        (b"{}", "unknown_op"),
        (b'{"op":"fly","id":1}', "unknown_op"),
        (b'{"op":5}', "unknown_op"),
        (b'{"op":"ping","id":1e400}', "invalid_field"),
        (b'{"op":"ping","id":true}', "invalid_field"),
        (b'{"op":"seen","seq":-1}', "invalid_field"),
        (b'{"op":"seen","seq":99999999999999999999}', "invalid_field"),
        (b'{"op":"subscribe","channels":[1]}', "invalid_field"),
        (b"[" + b",".join([b'{"op":"ping"}'] * 257) + b"]", "frame_too_large"),
    ],
)
def test_answers_nonsense_with_a_code(data: bytes, code: str) -> None:
    (found,) = ops.parse(data)
    assert isinstance(found, ops.BadOp)
    assert found.code == code


def test_keeps_the_good_neighbours_of_a_bad_request() -> None:
    first, second, third = ops.parse(b'[{"op":"ping","id":1},{"op":"x","id":2},{"op":"ping","id":3}]')
    assert (first.id, third.id) == (1, 3)
    assert (second.id, second.code) == (2, "unknown_op")


def test_gives_back_the_id_of_a_bad_request() -> None:
    (found,) = ops.parse(b'{"op":"order.new","id":"mine","account":7001}')
    assert found.id == "mine"


def test_names_the_place_inside_a_list() -> None:
    (found,) = ops.parse(b'{"op":"subscribe","channels":["status",7]}')
    assert found.pointer == "/channels/1"
