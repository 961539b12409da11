"""What every endpoint of /api/v1 shares: the actor, limits, request ids, waiting for the projection, cursors."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.problems import CONTENT_TYPE, problem
from accounts.auth.actor import Actor
from portal.lib.errors import Refused
from portal.lib.ids import uuid7_hex
from trading.api.parsers import BoundedJson
from trading.api.throttle import QUERIES, Pass, take
from trading.engine.rejects import CTP_ERROR_ID
from trading.selectors.projection import projection_seq, wait_for_seq
from trading.shapes.refusals import detail

LIMIT_DEFAULT: Final = 100
LIMIT_MAX: Final = 1000
SEQ_WAIT_MS: Final = 500
NUMBER_MAX: Final = 2**63 - 1
log = structlog.get_logger(__name__)
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}\Z", re.ASCII)


class Endpoint(APIView):
    """Base of the views. `bucket` says which rate a method uses; reading is the default."""

    bucket: ClassVar[str | dict[str, str]] = QUERIES
    parser_classes = [BoundedJson]
    _pass: Pass | None = None
    _behind_at: int | None = None

    @property
    def actor(self) -> Actor:
        """Who asks; settled by the scope middleware."""
        actor: Actor = self.request.auth  # type: ignore[assignment]
        return actor

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After the right to the route, take from the caller's bucket; then wait for the number it follows."""
        super().initial(request, *args, **kwargs)
        bucket = self.bucket if isinstance(self.bucket, str) else self.bucket.get(request.method or "GET", QUERIES)
        self._pass = take(self.actor, bucket=bucket, ip=request.META.get("REMOTE_ADDR", ""))
        if self._pass.wait_s:
            figures = {"retry_after_ms": round(self._pass.wait_s * 1000)}
            raise Refused("rate_limited", figures, status=429)
        if request.method == "GET":
            self._follow(request)

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        """Turn everything into a problem with a code, our own mistakes included; a lost database is not ours."""
        if isinstance(exc, Refused) and exc.detail == exc.code.replace("_", " "):
            # No sentence was written for this very case: the code's own, with its figures.
            exc.detail = detail(exc.code, exc.figures, get_language() or "zh-hans")
        if isinstance(exc, ValidationError):
            return self._malformed(exc)
        try:
            response: HttpResponse = super().handle_exception(exc)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("api_view_failed", path=self.request.path)
            return self._problem(status=500, code="internal_error")
        return self._named(response)

    def _malformed(self, exc: ValidationError) -> HttpResponse:
        errors = list(_field_errors(exc.detail, pointer=""))
        return self._problem(status=422, code="invalid_field", errors=errors)

    def _problem(self, *, status: int, code: str, errors: Sequence[Any] | None = None) -> HttpResponse:
        if connection.in_atomic_block:
            connection.set_rollback(True)
        told = detail(code, {}, get_language() or "zh-hans")
        return self._named(problem(status=status, code=code, detail=told, errors=errors))

    def _named(self, response: HttpResponse) -> HttpResponse:
        """Name the request in its problem, so that a client can quote it."""
        if response.headers.get("Content-Type") == CONTENT_TYPE:
            body = json.loads(response.content) | {"instance": f"urn:request:{request_id(self.request)}"}
            if body["code"] in CTP_ERROR_ID:
                body["ctp_error_id"] = CTP_ERROR_ID[body["code"]]
            response.content = json.dumps(body, ensure_ascii=False).encode()
        return response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the headers that every answer carries."""
        final = super().finalize_response(request, response, *args, **kwargs)
        final["X-Request-Id"] = request_id(request)
        final.setdefault("Cache-Control", "no-store")
        if self._pass is not None:
            for name, value in self._pass.headers().items():
                final[name] = value
        if self._behind_at is not None:
            final["X-Aurum-Catching-Up"] = "true"
            final["X-Aurum-Through-Seq"] = str(self._behind_at)
        return final

    def _follow(self, request: Request) -> None:
        """Wait up to half a second for the journal number the caller has been given; then show what there is."""
        text = request.query_params.get("seq")
        if text is None:
            return
        seq = number_param(request, "seq", default=0)
        if not wait_for_seq(seq, timeout_ms=SEQ_WAIT_MS):
            self.show_as_behind(projection_seq())

    def show_as_behind(self, through_seq: int) -> None:
        """Mark the answer: it reflects the journal only up to this number."""
        self._behind_at = through_seq


def _field_errors(detail: Any, *, pointer: str) -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _field_errors(inner, pointer=pointer if name == "non_field_errors" else f"{pointer}/{name}")
    elif isinstance(detail, list):
        for inner in detail:
            yield from _field_errors(inner, pointer=pointer)
    else:
        code = str(getattr(detail, "code", "invalid"))
        yield {"pointer": pointer or "/", "code": code, "detail": str(detail)}


def request_id(request: Request) -> str:
    """Return the caller's own request id when it is well formed, else ours."""
    given = request.headers.get("X-Request-Id", "")
    if _REQUEST_ID.match(given):
        return given
    bound = structlog.contextvars.get_contextvars().get("request_id")
    return str(bound) if bound else uuid7_hex()


def number_param(
    request: Request, name: str, *, default: int | None = None, lowest: int = 0, highest: int = NUMBER_MAX
) -> int:
    """Return a whole number from the query string; refuse anything else by name."""
    bounds = {"lowest": lowest, "highest": highest}
    text = request.query_params.get(name)
    if text is None:
        if default is None:
            raise invalid(name, _("is required"))
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 19 or not lowest <= int(text) <= highest:
        raise invalid(name, _("is not a whole number from %(lowest)s to %(highest)s") % bounds)
    return int(text)


def optional_number(request: Request, name: str) -> int | None:
    """Return a whole number from the query string, or None when it is not there."""
    return number_param(request, name) if name in request.query_params else None


def limit_param(request: Request, *, default: int = LIMIT_DEFAULT, highest: int = LIMIT_MAX) -> int:
    """Return how many rows are wanted, at least one."""
    return number_param(request, "limit", default=default, lowest=1, highest=highest)


def choice_param(request: Request, name: str, choices: Sequence[str], *, default: str | None = None) -> str | None:
    """Return one of the allowed words from the query string."""
    text = request.query_params.get(name, default)
    if text is not None and text not in choices:
        raise invalid(name, _("is none of %(choices)s") % {"choices": ", ".join(choices)})
    return text


def cursor_param(request: Request) -> int | None:
    """Return the number behind an opaque cursor."""
    text = request.query_params.get("cursor")
    if not text:
        return None
    try:
        plain = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, UnicodeError, ValueError):
        plain = ""
    if not plain.startswith("n") or not plain[1:].isdigit() or len(plain) > 20:
        raise invalid("cursor", _("is not a cursor of this list"))
    return min(int(plain[1:]), NUMBER_MAX)


def cursor_of(number: int) -> str:
    """Return the opaque cursor of a number."""
    return base64.urlsafe_b64encode(f"n{number}".encode()).decode().rstrip("=")


def page(rows: Sequence[Any], *, next_cursor: str | None = None, **more: Any) -> Response:
    """Return a list's body."""
    return Response({"data": rows, "next_cursor": next_cursor, **more})


def invalid(name: str, fault: str) -> Refused:
    """Return the refusal of a query parameter."""
    return Refused("invalid_field", detail=f"{name} {fault}", status=400, pointer=f"?{name}")
