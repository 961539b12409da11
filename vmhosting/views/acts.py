"""How the pages' forms call services: one call, and a refusal comes back as a message beside what was asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect

from accounts.auth.actor import Actor
from portal.lib.errors import Refused
from vmhosting import words

_NOT_HERE = (404, 403)
_CORES: Final = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,3}))?")


def actor_of(request: HttpRequest) -> Actor:
    """Return who opens the page; the middleware admits nobody else."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def attempt(request: HttpRequest, act: Callable[[], Any], *, done: str) -> bool:
    """Call a service; say what came of it. A refusal takes back whatever the call had written."""
    try:
        with transaction.atomic():
            act()
    except Refused as refused:
        if refused.status in _NOT_HERE:
            raise
        messages.error(request, words.refusal(refused))
        return False
    messages.success(request, done)
    return True


def back(path: str) -> HttpResponseRedirect:
    """Return to a page after a form."""
    response = HttpResponseRedirect(path)
    response.status_code = 303
    return response


def thousandths(fields: Mapping[str, Any], name: str) -> int:
    """Return a form's cores, such as 0.25 or 2, as thousandths; what is none counts as 0, as with `whole`."""
    found = _CORES.fullmatch(str(fields.get(name, "")).strip())
    return int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0")) if found else 0


def whole(fields: Mapping[str, Any], name: str) -> int:
    """Return a whole number of a form; what is none counts as 0 and is refused by the service with its bounds."""
    text = str(fields.get(name, "")).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0
