"""Everything the schema describes, called with generated sense and nonsense: never a 500, always what was promised."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from tests.stack import Stack

pytestmark = pytest.mark.xdist_group("api-fuzz")

EXAMPLES = 12
SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def described(stack: Stack) -> Any:
    """The schema as the product serves it, loaded without a server."""
    from django.core.wsgi import get_wsgi_application

    loaded = schemathesis.openapi.from_wsgi(
        "/api/schema/?format=json", get_wsgi_application(), headers=stack.pair.a.bearer()
    )
    return loaded.include(path_regex="^/api/v1/")


def test_no_operation_fails_or_breaks_its_promise(
    described: Any, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trading.api import base, orders, throttle

    # Generated numbers lie in the future: waiting for them proves nothing here.
    monkeypatch.setattr(base, "SEQ_WAIT_MS", 1)
    monkeypatch.setattr(orders, "CATCH_UP_MS", 50)
    faults: list[str] = []
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) >= 18
    for operation in operations:

        @SETTINGS
        @hypothesis.given(case=operation.as_strategy())
        def attack(case: schemathesis.Case) -> None:
            throttle.forget()
            case.call_and_validate(headers=stack.pair.a.bearer(), checks=CHECKS)

        try:
            attack()
        except (Exception, ExceptionGroup, BaseExceptionGroup) as fault:
            faults.append(f"{operation.method.upper()} {operation.path}: {str(fault)[:1500]}")
    assert not faults, "\n\n".join(faults)
