"""The slow-reader rule, in numbers."""

from __future__ import annotations

import json

from trading.sockets.reader import GONE_BYTES, Reader, S, Verdict


def reader_with(*, frames: int, length: int = 100) -> Reader:
    """Return a reader who was sent frames and pinged at once."""
    reader = Reader(at_ns=0)
    reader.sent(frames=frames, length=frames * length)
    return reader


def test_is_not_pinged_while_nothing_flows() -> None:
    assert not Reader(at_ns=0).ping_due(at_ns=100 * S)


def test_is_pinged_every_two_seconds_while_data_flows() -> None:
    reader = reader_with(frames=1)
    assert not reader.ping_due(at_ns=2 * S - 1)
    assert reader.ping_due(at_ns=2 * S)


def test_is_not_pinged_again_for_the_ping_alone() -> None:
    reader = reader_with(frames=1)
    reader.ping(at_ns=0)
    assert not reader.ping_due(at_ns=10 * S)


def test_is_pinged_early_in_a_fast_stream() -> None:
    assert reader_with(frames=250).ping_due(at_ns=1)
    assert reader_with(frames=1, length=1 << 20).ping_due(at_ns=1)


def test_a_ping_carries_the_count_of_frames_itself_included() -> None:
    assert json.loads(reader_with(frames=4).ping(at_ns=0)) == {"type": "ping", "frame": 5}


def test_is_fine_as_long_as_it_answers() -> None:
    reader = reader_with(frames=5000)
    reader.ping(at_ns=0)
    assert reader.seen(5001)
    assert reader.verdict(at_ns=60 * S) is Verdict.FINE


def test_lags_over_a_thousand_unseen_frames() -> None:
    reader = reader_with(frames=1)
    reader.ping(at_ns=0)
    reader.sent(frames=998, length=1)
    assert reader.verdict(at_ns=1) is Verdict.FINE
    reader.sent(frames=1, length=1)
    assert reader.verdict(at_ns=1) is Verdict.LAGGING


def test_lags_over_four_mebibytes_unseen() -> None:
    reader = reader_with(frames=1, length=(4 << 20) + 1)
    reader.ping(at_ns=0)
    assert reader.verdict(at_ns=1) is Verdict.LAGGING


def test_lags_after_five_seconds_and_is_gone_after_ten() -> None:
    reader = reader_with(frames=1)
    reader.ping(at_ns=0)
    assert reader.verdict(at_ns=5 * S) is Verdict.FINE
    assert reader.verdict(at_ns=5 * S + 1) is Verdict.LAGGING
    assert reader.verdict(at_ns=10 * S) is Verdict.LAGGING
    assert reader.verdict(at_ns=10 * S + 1) is Verdict.GONE


def test_is_gone_at_once_when_its_unseen_bytes_would_eat_the_memory() -> None:
    reader = reader_with(frames=1)
    reader.ping(at_ns=0)
    reader.sent(frames=1, length=GONE_BYTES + 1)
    assert reader.verdict(at_ns=1) is Verdict.GONE


def test_recovers_by_answering_the_last_ping() -> None:
    reader = reader_with(frames=2000)
    reader.ping(at_ns=0)
    reader.ping(at_ns=S)
    assert reader.verdict(at_ns=S + 1) is Verdict.LAGGING
    assert reader.seen(2002)
    assert reader.verdict(at_ns=S + 1) is Verdict.FINE


def test_an_answer_to_an_older_ping_counts_for_that_much() -> None:
    reader = reader_with(frames=10)
    reader.ping(at_ns=0)
    reader.sent(frames=10, length=1000)
    reader.ping(at_ns=2 * S)
    assert reader.seen(11)
    assert reader.frames - reader.seen_frames == 11
    assert reader.verdict(at_ns=7 * S) is Verdict.FINE


def test_refuses_a_number_that_was_never_sent() -> None:
    reader = reader_with(frames=3)
    assert not reader.seen(4)
    assert reader.seen_frames == 0
