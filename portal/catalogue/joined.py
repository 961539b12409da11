"""The parts of the catalogue (one a room of the house) as one."""

from __future__ import annotations

from pathlib import Path

from portal.catalogue.po import Message, read_po
from portal.catalogue.sources import Key, source_strings
from portal.js_words import CONTEXT


class CatalogueConflict(ValueError):  # noqa: N818
    """Two parts translate the same string differently."""


def joined_messages(root: Path) -> list[Message]:
    """Return all parts' messages sorted by their English text; two different translations are an error."""
    joined: dict[Key, Message] = {}
    conflicts = []
    for part in sorted((root / "locale" / "parts").glob("*.po")):
        for message in read_po(part):
            other = joined.setdefault(message.key, message)
            if other.texts != message.texts:
                conflicts.append(f"{message.place} and {other.place} translate {message.msgid!r} differently")
    if conflicts:
        raise CatalogueConflict("\n".join(conflicts))
    return sorted(joined.values(), key=lambda message: (message.msgid, message.context or ""))


def missing_strings(root: Path, messages: list[Message]) -> dict[Key, str]:
    """Return marked strings without a translation of ours and none of Django's own, with their places."""
    translated = {message.key for message in messages if message.texts.get(0) and not message.fuzzy}
    return {
        key: place
        for key, place in source_strings(root).items()
        if key not in translated and not _of_a_module(key, place, translated) and not _known_to_django(key)
    }


def _of_a_module(key: Key, place: str, translated: set[Key]) -> bool:
    # Words of browser modules carry the context of `portal.js_words`, or fall back to the plain string.
    return place.endswith(".js") and (CONTEXT, key[1]) in translated


def _known_to_django(key: Key) -> bool:
    from django.utils import translation

    context, text = key
    with translation.override("zh-hans"):
        if context is not None:
            return translation.pgettext(context, text) != text
        return translation.gettext(text) != text
