"""The floor: clocks that never stand, sortable numbers, private files, short sockets, logs without secrets."""

from __future__ import annotations

import stat
import time
import uuid
from pathlib import Path

import pytest

from portal.lib import ids, logs, paths
from portal.lib.clock import ManualClock, SystemClock
from portal.lib.errors import Failed, Refused
from portal.lib.i18n import normalise_language
from portal.lib.live import Rooms


def test_system_clock_never_gives_the_same_time_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_000)
    clock = SystemClock()
    assert [clock.now_ns() for _ in range(3)] == [1_000, 1_001, 1_002]
    monkeypatch.setattr(time, "time_ns", lambda: 500)  # somebody set the wall clock back
    assert clock.now_ns() == 1_003
    assert SystemClock(not_before_ns=9_000).now_ns() == 9_001


def test_manual_clock_refuses_to_run_backwards() -> None:
    clock = ManualClock(at_ns=5)
    clock.advance(by_ns=2)
    assert clock.now_ns() == 7
    with pytest.raises(ValueError, match="does not run backwards"):
        clock.advance(by_ns=-1)


def test_uuid7_is_one_and_sorts_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_000_000_000)
    first = ids.uuid7_hex()
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_001_000_000)
    second = ids.uuid7_hex()
    assert first < second
    parsed = uuid.UUID(first)
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert parsed.int >> 80 == 1_700_000_000_000


def test_readable_password_has_no_look_alikes() -> None:
    words = ids.readable_password().split("-")
    assert [len(word) for word in words] == [4, 4, 4, 4]
    assert set("".join(words)).isdisjoint("il1o0")


def test_private_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "a"
    paths.write_private(file, "one")
    paths.write_private(file, "two")
    assert file.read_text() == "two"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["a"]


def test_private_dir_closes_an_open_folder(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    assert stat.S_IMODE(paths.private_dir(tmp_path / "open").stat().st_mode) == 0o700


def test_socket_of_a_deep_clone_is_short_and_the_same_for_every_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    monkeypatch.setenv("AURUM_VAR", str(deep))
    first, second = paths.socket_path("core"), paths.socket_path("core")
    assert first == second
    assert len(str(first)) <= 100
    assert stat.S_IMODE(first.parent.stat().st_mode) == 0o700
    first.parent.rmdir()


def test_socket_stays_in_var_when_it_fits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    short = Path("/tmp") / tmp_path.name  # noqa: S108
    monkeypatch.setenv("AURUM_VAR", str(short))
    assert paths.socket_path("core") == short / "run" / "core.sock"
    (short / "run").rmdir()
    short.rmdir()


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Authorization: Bearer ak_3_abc.SECRETSECRETSECRET", "Authorization: Bearer [cut]"),
        ("postgresql://aurum_web:hunter2@host/db", "postgresql://aurum_web:[cut]@host/db"),
        ("host=/run password=hunter2 user=x", "host=/run password=[cut] user=x"),
        ("key ak_3_abc.SECRETSECRETSECRET used", "key ak_3_abc.[cut] used"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_cuts_secrets_out_of_texts(text: str, cut: str) -> None:
    assert logs.cut_text(text) == cut


def test_cuts_values_under_secret_looking_keys() -> None:
    event = {"event": "login", "password": "x", "api_key": "y", "sessionToken": "z", "count": 3}
    assert logs.cut_secrets(None, "info", event) == {
        "event": "login",
        "password": "[cut]",
        "api_key": "[cut]",
        "sessionToken": "[cut]",
        "count": 3,
    }


@pytest.mark.parametrize(
    ("wish", "language"),
    [("zh_CN", "zh-hans"), ("zh-TW", "zh-hans"), ("en-GB", "en"), ("fr", "zh-hans"), (None, "zh-hans")],
)
def test_finds_the_nearest_language(wish: str | None, language: str) -> None:
    assert normalise_language(wish) == language


def test_rooms_send_one_frame_to_every_listener_and_forget_empty_rooms() -> None:
    rooms, heard = Rooms(), []
    first, second = heard.append, lambda frame: heard.append(b"2:" + frame)
    rooms.join((1, "book"), listener=first)
    rooms.join((1, "book"), listener=first)
    rooms.join((1, "book"), listener=second)
    rooms.join((2, "book"), listener=second)
    assert rooms.send((1, "book"), frame=b"x") == 2
    assert sorted(heard) == [b"2:x", b"x"]
    rooms.leave_all(listener=second)
    assert (rooms.count((1, "book")), rooms.count((2, "book"))) == (1, 0)
    rooms.leave((1, "book"), listener=first)
    assert rooms.send((1, "book"), frame=b"y") == 0


def test_errors_carry_what_a_person_needs() -> None:
    refused = Refused("insufficient_margin", {"needed_fen": 5}, detail="Not enough.", pointer="/qty")
    assert (refused.code, refused.figures, refused.status, refused.pointer) == (
        "insufficient_margin", {"needed_fen": 5}, 409, "/qty",
    )  # fmt: skip
    assert str(Failed("pg_dump failed", cause="no space")) == "pg_dump failed: no space"
