"""Writes the binary catalogue that Python's gettext reads at run time."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from portal.catalogue.po import Message

_MAGIC: Final = 0x950412DE
_HEADER: Final = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=1; plural=0;\n"


def write_mo(path: Path, messages: Iterable[Message]) -> int:
    """Compile the translated messages and return how many there are."""
    pairs = {b"": _HEADER.encode()}
    for message in messages:
        if message.fuzzy or not message.texts.get(0):
            continue
        pairs[_key(message)] = b"\x00".join(text.encode() for _index, text in sorted(message.texts.items()))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_packed(pairs))
    return len(pairs) - 1


def _key(message: Message) -> bytes:
    text = message.msgid if message.context is None else f"{message.context}\x04{message.msgid}"
    if message.plural is not None:
        text += f"\x00{message.plural}"
    return text.encode()


def _packed(pairs: dict[bytes, bytes]) -> bytes:
    keys = sorted(pairs)
    first_text = 7 * 4 + 16 * len(keys)
    ids = b"".join(key + b"\x00" for key in keys)
    id_table, text_table = [], []
    id_at, text_at = first_text, first_text + len(ids)
    for key in keys:
        id_table += [len(key), id_at]
        text_table += [len(pairs[key]), text_at]
        id_at += len(key) + 1
        text_at += len(pairs[key]) + 1
    header = struct.pack("<7I", _MAGIC, 0, len(keys), 28, 28 + 8 * len(keys), 0, 28 + 16 * len(keys))
    tables = struct.pack(f"<{4 * len(keys)}I", *id_table, *text_table)
    return header + tables + ids + b"".join(pairs[key] + b"\x00" for key in keys)
