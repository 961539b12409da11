"""Rates in two stages; cancels are never starved."""

from __future__ import annotations

from trading.sockets.limits import NS_PER_S, Bucket, Principals, Rate, Rates


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = Bucket(Rate(per_s=10, burst=3), at_ns=0)
    assert [bucket.take(0) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(0) == NS_PER_S // 10
    assert bucket.take(NS_PER_S // 10) == 0
    assert bucket.take(NS_PER_S // 10) > 0


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    bucket = Bucket(Rate(per_s=10, burst=2), at_ns=0)
    assert [bucket.take(100 * NS_PER_S) for _ in range(3)][:2] == [0, 0]
    assert bucket.take(100 * NS_PER_S) > 0


def test_going_on_regardless_is_abuse() -> None:
    bucket = Bucket(Rate(per_s=1, burst=2), at_ns=0)
    for _ in range(2 + 6):
        bucket.take(1)
    assert not bucket.abused
    bucket.take(1)
    assert bucket.abused


def test_refusals_are_forgotten_after_the_window() -> None:
    bucket = Bucket(Rate(per_s=1, burst=1), at_ns=0)
    for _ in range(4):
        bucket.take(1)
    bucket.take(10 * NS_PER_S)
    bucket.take(10 * NS_PER_S)
    assert bucket.refused == 1


def test_sockets_of_one_key_share_their_buckets() -> None:
    principals = Principals(Rates())
    first = principals.enter(("key", 7), at_ns=0)
    second = principals.enter(("key", 7), at_ns=0)
    assert first is second
    assert first is not None
    assert first.sockets_open == 2


def test_a_principal_opens_no_more_sockets_than_allowed() -> None:
    principals = Principals(Rates(sockets_open_max=2))
    assert principals.enter(("user", 1), at_ns=0) is not None
    assert principals.enter(("user", 1), at_ns=0) is not None
    assert principals.enter(("user", 1), at_ns=0) is None
    assert principals.enter(("user", 2), at_ns=0) is not None


def test_an_idle_principal_is_forgotten_with_its_sockets_gone() -> None:
    principals = Principals(Rates())
    stays = principals.enter(("key", 1), at_ns=0)
    leaves = principals.enter(("key", 2), at_ns=0)
    assert stays is not None
    assert leaves is not None
    principals.leave(leaves, at_ns=0)
    principals.sweep(at_ns=200 * NS_PER_S)
    assert principals.enter(("key", 1), at_ns=0) is stays
    assert principals.enter(("key", 2), at_ns=0) is not leaves
