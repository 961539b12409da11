"""Memory on huge pages: which regions are taken, and that nothing in them changes."""

from __future__ import annotations

from portal.lib import huge_pages

MAPS = """\
00400000-00a00000 rw-p 00000000 00:00 0                                  [heap]
7f0000000000-7f0000100000 rw-p 00000000 00:00 0
7f0000300000-7f0000b00001 rw-p 00000000 00:00 0
7f0010000000-7f0010800000 r--p 00000000 00:00 0
7f0020000000-7f0020800000 rw-p 00000000 08:01 4711                       /usr/lib/x.so
7f0030000000-7f0030800000 rw-p 00000000 00:00 0                          [stack]
7f0040000000-7f0040800000 rw-s 00000000 00:01 9                          /dev/shm/x
"""


def test_only_own_anonymous_memory_is_taken_and_only_whole_pages() -> None:
    regions = list(huge_pages.own_regions(MAPS.splitlines()))
    assert regions == [(0x400000, 0xA00000), (0x7F0000400000, 0x7F0000A00000)]


def test_what_lies_in_memory_stays_what_it_was() -> None:
    kept = [bytes([number % 251]) * 4_096 for number in range(4_000)]
    assert huge_pages.gather() >= 0
    assert all(page == bytes([number % 251]) * 4_096 for number, page in enumerate(kept))
