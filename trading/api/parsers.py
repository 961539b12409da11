"""JSON bodies, bounded before they are read: no order needs more than a few hundred bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, Final

import msgspec
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from portal.lib.errors import Refused

BODY_BYTES_MAX: Final = 64 * 1024


class BoundedJson(BaseParser):
    """Reads at most so many bytes; nesting and numbers are bounded by the decoder."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the decoded body."""
        body = stream.read(BODY_BYTES_MAX + 1)
        if len(body) > BODY_BYTES_MAX:
            raise Refused("request_too_large", {"limit": BODY_BYTES_MAX}, status=413)
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError) as problem:
            told = _("The body is not valid JSON: %(problem)s") % {"problem": str(problem)[:160]}
            raise ParseError(told) from problem
