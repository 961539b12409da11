"""Reads and writes the part of the .po format that catalogues use: contexts, plurals, comments, fuzzy marks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_LINE: Final = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[(\d+)\])?)\s+(".*")\s*\Z')


class PoError(ValueError):
    """A line that is not what the format allows; names file and line."""


@dataclass(slots=True)
class Message:
    """One entry of a catalogue."""

    msgid: str = ""
    context: str | None = None
    plural: str | None = None
    texts: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False
    place: str = ""

    @property
    def key(self) -> tuple[str | None, str]:
        """Return what makes a message the same message."""
        return self.context, self.msgid


def read_po(path: Path) -> list[Message]:
    """Return a file's messages in their order, the header left out."""
    messages: list[Message] = []
    current = Message()
    target: tuple[str, int] | None = None
    for number, raw in enumerate([*path.read_text(encoding="utf-8").splitlines(), ""], start=1):
        line = raw.strip()
        place = f"{path.name}:{number}"
        if not line:
            if target is not None and current.msgid:
                messages.append(current)
            current, target = Message(), None
        elif line.startswith("#"):
            if target is not None:
                raise PoError(f"{place}: a comment inside an entry; put an empty line before it")
            current.fuzzy = current.fuzzy or (line.startswith("#,") and "fuzzy" in line)
        elif line.startswith('"'):
            if target is None:
                raise PoError(f"{place}: a text that belongs to nothing")
            _append(current, target, _unquoted(line, place))
        else:
            match = _LINE.match(line)
            if match is None:
                raise PoError(f"{place}: expected msgid, msgstr, a comment or an empty line, found {line[:40]!r}")
            target = (match[1].partition("[")[0], int(match[2] or 0))
            if target[0] == "msgid":
                current.place = place
            _append(current, target, _unquoted(match[3], place))
    return messages


def write_po(path: Path, messages: Iterable[Message], *, language: str) -> None:
    """Write a catalogue whole."""
    lines = [
        'msgid ""',
        'msgstr ""',
        '"Content-Type: text/plain; charset=UTF-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        f'"Language: {language}\\n"',
        '"Plural-Forms: nplurals=1; plural=0;\\n"',
        "",
    ]
    for message in messages:
        if message.context is not None:
            lines.append(f"msgctxt {quoted(message.context)}")
        lines.append(f"msgid {quoted(message.msgid)}")
        if message.plural is None:
            lines.append(f"msgstr {quoted(message.texts.get(0, ''))}")
        else:
            lines.append(f"msgid_plural {quoted(message.plural)}")
            lines += [f"msgstr[{index}] {quoted(text)}" for index, text in sorted(message.texts.items())]
        lines.append("")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")


def quoted(text: str) -> str:
    """Return a text as the format writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _unquoted(text: str, place: str) -> str:
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        raise PoError(f"{place}: {text[:40]} is not a quoted text") from None
    return str(value)


def _append(message: Message, target: tuple[str, int], text: str) -> None:
    kind, index = target
    if kind == "msgctxt":
        message.context = (message.context or "") + text
    elif kind == "msgid":
        message.msgid += text
    elif kind == "msgid_plural":
        message.plural = (message.plural or "") + text
    else:
        message.texts[index] = message.texts.get(index, "") + text
