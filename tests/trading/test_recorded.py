"""Recordings are read by their form; a file that is something else says what was expected in which line."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
from django.conf import settings

from trading.marketdata.recorded import Point, RecordingError, open_recording
from trading.simulation.paths import RecordedPath

SHFE = (
    "seq_id,datetime_ns_utc,datetime_beijing,open,high,low,close,volume,open_oi,close_oi\n"
    "1,1554701760000000000,2019-04-08 13:36:00.000,286.6,286.75,286.55,286.7,144,42734,42844\n"
    "2,1554701820000000000,2019-04-08 13:37:00.000,286.7,286.8,286.7,286.75,35,42844,42844\n"
)
TRADES = "276,1313.7,1,usa,,0\n277,1313.6,2,usa,,0\n300,1300.0,9,usa,,1\n311.5,1313.5,3,usa,,0\n"
QUOTES = "0,1308.2,1313.7,1308.2,1312.9,23,1317.7,1317.7,1313.1,1313.1,5\n60000,1312.9,1313.2,1312.9,1313.1,1,,,,,\n"
TICK_QUOTES = "40.1868,1300.335,1300.799\n42.666,1300.335,1300.814\n"
OCTOBER_7_NS = 1_381_104_000_000_000_000


def _gz(folder: Path, text: str) -> Path:
    path = folder / "bars.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    return path


def _zip(folder: Path, **members: str) -> Path:
    path = folder / "20131007_gc_tick_trade.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"20131007_{name}.csv", text)
    return path


def test_reads_minute_bars_of_shfe(tmp_path: Path) -> None:
    recording = open_recording(_gz(tmp_path, SHFE))
    assert recording.is_bars
    assert next(iter(recording.points())) == Point(
        1_554_701_760_000_000_000, 286_600_000, 286_750_000, 286_550_000, 286_700_000, 144, 42_844, 60
    )


def test_reads_the_same_without_gzip(tmp_path: Path) -> None:
    path = tmp_path / "bars.txt"
    path.write_text(SHFE, encoding="utf-8")
    assert list(open_recording(path).points()) == list(open_recording(_gz(tmp_path, SHFE)).points())


def test_reads_comex_trades_of_the_busiest_month_without_suspicious_ones(tmp_path: Path) -> None:
    recording = open_recording(_zip(tmp_path, gc_201310="5,1313.0,1,usa,,0\n", gc_201312=TRADES))
    points = list(recording.points())
    assert [(point.at_ns - OCTOBER_7_NS, point.close_e6, point.volume) for point in points] == [
        (276_000_000, 1_313_700_000, 1),
        (277_000_000, 1_313_600_000, 2),
        (311_500_000, 1_313_500_000, 3),
    ]


def test_reads_a_chosen_month(tmp_path: Path) -> None:
    path = _zip(tmp_path, gc_201310="5,1313.0,1,usa,,0\n", gc_201312=TRADES)
    assert [point.close_e6 for point in open_recording(path, member="201310").points()] == [1_313_000_000]


def test_reads_minute_quotes_also_with_one_side(tmp_path: Path) -> None:
    points = list(open_recording(_zip(tmp_path, gc_quote=QUOTES)).points())
    assert points[0].close_e6 == 1_313_000_000
    assert points[1] == Point(
        OCTOBER_7_NS + 60_000_000_000, 1_312_900_000, 1_313_200_000, 1_312_900_000, 1_313_100_000, 1, 0, 60
    )


def test_reads_quote_ticks(tmp_path: Path) -> None:
    points = list(open_recording(_zip(tmp_path, xauusd=TICK_QUOTES)).points())
    assert [(point.at_ns - OCTOBER_7_NS, point.close_e6) for point in points] == [
        (40_186_800, 1_300_567_000),
        (42_666_000, 1_300_574_500),
    ]


def test_leaves_out_rows_whose_price_is_zero(tmp_path: Path) -> None:
    day = "date,open,high,low,close,volume,hold,settle\n2008-01-09,0,0,0,0,0,0,0\n2008-01-10,5,6,4,5,7,8,0\n"
    points = list(open_recording(_gz(tmp_path, day)).points())
    assert [(point.close_e6, point.length_s) for point in points] == [(5_000_000, 86_400)]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "the file is empty"),
        ("order,id\n1,2\n", 1, "expected a header with datetime_ns_utc"),
        (SHFE.replace("286.8", "x86.8"), 3, "found '2,1554701820000000000"),
        (SHFE.replace("286.55", "286.9"), 2, "do not hold"),
        (SHFE + "3,1554701700000000000,2019-04-08 13:35:00.000,1,1,1,1,1,1,1\n", 4, "expected times in order"),
        (SHFE + "3,15547\n", 4, "2 columns"),
        ("1,2,3\n1,2\n", 0, "expected the day as YYYYMMDD"),
    ],
)
def test_names_the_line_that_is_wrong(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = tmp_path / "some.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordingError) as problem:
        list(open_recording(path).points())
    assert problem.value.line == line
    assert words in str(problem.value)


def test_names_a_compression_it_does_not_read(tmp_path: Path) -> None:
    path = tmp_path / "data.dbn.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(20))
    with pytest.raises(RecordingError, match="compressed as Zstandard; expected gzip, zip or plain text"):
        open_recording(path)


def test_says_that_a_file_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes(bytes(range(128, 256)) * 10)
    with pytest.raises(RecordingError, match="not text"):
        open_recording(path)


def test_replays_a_bar_through_its_four_prices(tmp_path: Path) -> None:
    path = RecordedPath(open_recording(_gz(tmp_path, SHFE)), start_ticks=28_660, speed=1)
    seen = [path.ticks_at(tenth / 10) for tenth in range(600)]
    assert (round(seen[0]), round(max(seen)), round(min(seen)), round(seen[-1])) == (28_660, 28_675, 28_655, 28_670)


def test_replays_faster_and_begins_again_where_it_ended(tmp_path: Path) -> None:
    path = RecordedPath(open_recording(_gz(tmp_path, SHFE)), start_ticks=28_660, speed=60)
    ends = path.ticks_at(1.96)
    again = path.ticks_at(2.01)
    assert round(ends) == 28_675
    assert abs(again - ends) < 25
    assert path.ticks_at(500) > 0


def test_shortens_the_pause_of_a_night(tmp_path: Path) -> None:
    later = SHFE + "3,1554730000000000000,2019-04-08 21:26:40.000,290,290,290,290,1,1,1\n"
    path = RecordedPath(open_recording(_gz(tmp_path, later)), start_ticks=28_660, speed=1)
    assert round(path.ticks_at(60 + 57 + 59)) == 28_675
    assert round(path.ticks_at(60 + 57 + 61)) == 29_000


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("shfe_au1912_1min_to20190607.csv.gz", 21_954),
        ("comex_gc_tick_20131007_trade.zip", 39_702),
        ("comex_gc_minute_20131007_quote.zip", 1_390),
        ("shfe_cu1909_ticks_L5.csv.gz", 200),
    ],
)
def test_reads_real_recordings(name: str, count: int) -> None:
    path = settings.AURUM_DATA / name
    if not path.is_file():
        pytest.skip(f"no market data: {path} is absent (set AURUM_DATA)")
    assert sum(1 for _point in open_recording(path).points()) == count
