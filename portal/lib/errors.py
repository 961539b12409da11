"""The three kinds of error: refused (the user can act), failed (the outside world), impossible (our bug)."""

from __future__ import annotations

from collections.abc import Mapping


class InvariantBroken(AssertionError):  # noqa: N818  (the name is the statement)
    """Something that must hold does not. Never caught to carry on: a wrong balance is worse than no service."""


class Refused(Exception):  # noqa: N818
    """A request that the rules do not allow, with a stable code and the figures that explain it.

    `detail` is an English sentence for people; doors translate by `code`. `pointer` names the faulty field.
    """

    def __init__(
        self,
        code: str,
        figures: Mapping[str, object] | None = None,
        *,
        detail: str = "",
        status: int = 409,
        pointer: str | None = None,
    ) -> None:
        self.code = code
        self.figures = dict(figures or {})
        self.detail = detail or code.replace("_", " ")
        self.status = status
        self.pointer = pointer
        super().__init__(f"{code}: {self.detail}")


class Failed(Exception):  # noqa: N818
    """The outside world did not do its part; retried only with a bound."""

    def __init__(self, what: str, *, cause: str = "", retryable: bool = False) -> None:
        self.what = what
        self.cause = cause
        self.retryable = retryable
        super().__init__(f"{what}: {cause}" if cause else what)
