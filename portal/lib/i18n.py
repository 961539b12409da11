"""The two languages of the portal and how a request's wish becomes one of them."""

from __future__ import annotations

from typing import Final

CHINESE: Final = "zh-hans"
ENGLISH: Final = "en"
LANGUAGES: Final = ((CHINESE, "简体中文"), (ENGLISH, "English"))
DEFAULT_LANGUAGE: Final = CHINESE


def normalise_language(wish: str | None) -> str:
    """Return the supported language nearest to a code such as `zh_CN` or `en-GB`; the default when none is."""
    primary = (wish or "").replace("_", "-").split("-", 1)[0].strip().lower()
    return {"zh": CHINESE, "en": ENGLISH}.get(primary, DEFAULT_LANGUAGE)
