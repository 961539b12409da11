"""Words for browser modules: collected from the modules themselves, printed on the page as JSON.

A module writes `t("Live")`; the page prints `{{ words|json_script:"words" }}` with the translations of exactly those
strings, so that nothing has to be listed twice and no script is generated at run time.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.utils.translation import gettext, pgettext

CONTEXT: Final = "page"
_CALL: Final = re.compile(r'\bt\(\s*("(?:[^"\\]|\\.)*")')


def words_for(*places: str) -> dict[str, str]:
    """Translations of every `t("…")` in the given modules or folders of modules below the static root.

    They carry the message context "page", because short words such as "Close" and "Order" mean something else in
    Django's and the admin's own catalogues; a word without a translation of its own falls back to the plain one.
    """
    return {word: _translated(word) for place in places for word in source_words(place)}


def _translated(word: str) -> str:
    own = pgettext(CONTEXT, word)
    return own if own != word else gettext(word)


@lru_cache(maxsize=64)
def source_words(place: str) -> tuple[str, ...]:
    """The English strings that the modules at `place` translate, in order and once each."""
    found: dict[str, None] = {}
    for module in _modules(place):
        for literal in _CALL.findall(module.read_text("utf-8")):
            found.setdefault(json.loads(literal), None)
    return tuple(found)


def _modules(place: str) -> list[Path]:
    located = finders.find(place)
    if not isinstance(located, str):
        raise FileNotFoundError(f"no static file or folder {place}")
    path = Path(located)
    return sorted(path.glob("*.js")) if path.is_dir() else [path]
