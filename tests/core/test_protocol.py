"""Frames on the core's socket."""

from __future__ import annotations

import random

import msgspec
import pytest

from trading.core import protocol


def test_returns_the_same_frames_however_the_stream_is_cut() -> None:
    frames = [protocol.up_frame(protocol.PING, bytes(range(length % 256)) * 3) for length in range(60)]
    stream = b"".join(frames)
    draw = random.Random(5)
    for _ in range(30):
        splitter, found, at = protocol.FrameSplitter(), [], 0
        while at < len(stream):
            step = draw.randint(1, 400)
            found += splitter.feed(stream[at : at + step])
            at += step
        assert found == [frame[4:] for frame in frames]


@pytest.mark.parametrize("length", [0, protocol.FRAME_BYTES_MAX + 1, 2**32 - 1])
def test_refuses_a_length_out_of_bounds(length: int) -> None:
    with pytest.raises(protocol.FrameError):
        protocol.FrameSplitter().feed(protocol.LENGTH.pack(length) + b"xxxx")


@pytest.mark.parametrize("length", [0, 1, 15, 16, 65_535, 65_536])
def test_writes_array_headers_as_messagepack_does(length: int) -> None:
    assert protocol.array_header(length) + b"\x00" * length == msgspec.msgpack.encode([0] * length)
