"""`manage.py replay_orders`: one line of figures, remarks beside it, plain words for a bad file; and the real days."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from .making import BOOK, mbo

KEYS = [
    "trades",
    "exact_fills",
    "iceberg",
    "reordered",
    "self_match",
    "other",
    "crossed_in_continuous",
    "best_bid",
    "best_ask",
    "open_orders",
    "seconds",
]
TRADE = ((9, "T", "A", 0, 5, 301), (9, "F", "B", 0, 5, 101), (9, "C", "B", 0, 5, 101))


def run(*arguments: str) -> tuple[str, str]:
    """What the command says on stdout and on stderr."""
    out, err = io.StringIO(), io.StringIO()
    call_command("replay_orders", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def outcome(*arguments: str) -> dict[str, Any]:
    """The figures; stdout has one line and nothing else."""
    (line,) = run(*arguments, "--json")[0].splitlines()
    found = json.loads(line)
    assert list(found) == KEYS
    return found


def test_prints_one_line_of_figures(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(mbo(*BOOK, *TRADE))
    found = outcome(str(path), "--format", "mbo-csv")
    assert found.pop("seconds") >= 0
    assert list(found.values()) == [1, 1, 0, 0, 0, 0, 0, 4800, 4800.5, 4]


def test_says_on_stderr_what_it_had_to_count(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(mbo(*BOOK, (6, "C", "B", 0, 5, 901), *TRADE))
    out, err = run(str(path), "--json")
    assert json.loads(out)["exact_fills"] == 1
    assert "1 records about unknown order ids" in err


def test_names_the_trades_that_came_out_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(mbo(*BOOK, (9, "T", "A", 0, 3, 301), (9, "F", "B", 0, 3, 102), (9, "C", "B", 0, 3, 102)))
    assert "line 7: recorded [(102, 19200, 3)], engine [(101, 19200, 3)]" in run(str(path), "--json")[1]


def test_prints_a_table_without_json(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(mbo(*BOOK))
    assert [line.split()[0] for line in run(str(path))[0].splitlines()] == KEYS


def test_an_unknown_format_says_what_was_expected_in_which_line(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text("hello\n")
    with pytest.raises(
        CommandError, match=r"day\.csv, line 1: expected mbo-csv \(.*bitstamp \(.*lobster \(.*found hello"
    ):
        run(str(path))
    with pytest.raises(CommandError, match=r"day\.csv, line 1: expected 6 columns"):
        run(str(path), "--format", "lobster")


def test_a_file_that_is_no_text_or_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "day.gz").write_bytes(b"\x1f\x8bnot gzip at all")
    (tmp_path / "day.bin").write_bytes(b"\xff\xfe\x00\x81")
    for name in ("day.gz", "day.bin", "absent.csv"):
        with pytest.raises(CommandError, match=name):
            run(str(tmp_path / name), "--format", "mbo-csv")


@pytest.mark.parametrize(
    "options", [["--kill-at", "5"], ["--tick", "x"], ["--tick", "-1"], ["--lot", "-1"], ["--tick", "nan"]]
)
def test_refuses_options_that_make_no_sense(tmp_path: Path, options: list[str]) -> None:
    path = tmp_path / "day.csv"
    path.write_text(mbo(*BOOK))
    with pytest.raises(CommandError):
        run(str(path), *options)


# -- real days


def _real(folder: Path, name: str) -> str:
    path = folder / name
    if not path.is_file():
        pytest.skip(f"no recording: {name} is absent (set AURUM_DATA)")
    return str(path)


def test_cme_fills_are_what_price_time_priority_says(data_dir: Path) -> None:
    found = outcome(_real(data_dir, "cme_esh4_mbo_20231225_to2320utc.csv.gz"), "--format", "mbo-csv")
    assert found["trades"] == 1_166
    assert found["exact_fills"] >= 0.975 * found["trades"]
    assert found["exact_fills"] + found["iceberg"] + found["reordered"] == found["trades"]
    assert (found["other"], found["crossed_in_continuous"]) == (0, 0)
    assert (found["best_bid"], found["best_ask"], found["open_orders"]) == (4807.75, 4808, 10_449)


def test_cme_replay_leaves_the_recorded_book(data_dir: Path) -> None:
    _out, err = run(_real(data_dir, "cme_esh4_mbo_20231225_to2320utc.csv.gz"))
    (note,) = err.splitlines()
    assert note.endswith("auction: 31 lots of the visible book at 4800, recorded 44 at 4800.25")


def test_lobster_book_is_right_after_every_message(data_dir: Path) -> None:
    path = _real(data_dir, "lobster_aapl_20120621_message_10.csv")
    found = outcome(path, "--format", "lobster")
    assert (found["trades"], found["exact_fills"], found["other"]) == (98, 98, 0)
    err = run(path)[1]
    assert "note: 999 book rows compared" in err
    assert "rows that differ" not in err


def test_bitstamp_trades_can_be_compared(data_dir: Path) -> None:
    found = outcome(_real(data_dir, "bitstamp_btcusd_20150501_orders_first30000.csv.gz"), "--format", "bitstamp")
    assert found["trades"] == found["exact_fills"] + found["iceberg"] + found["reordered"] + found["other"]
    assert found["exact_fills"] >= 0.9 * found["trades"] > 200
    assert found["crossed_in_continuous"] == 0
