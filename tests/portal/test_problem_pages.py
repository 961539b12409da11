"""Answers before any view: a form without its token is told so on a page of the house, or as a problem."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_form_without_its_token_is_answered_in_the_readers_language() -> None:
    browser = Client(enforce_csrf_checks=True)
    for language, words in (("en", "The page was too old"), ("zh-hans", "页面已过期")):
        answer = browser.post("/preferences/", {"theme": "dark"}, headers={"Accept-Language": language})
        text = answer.content.decode()
        assert (answer.status_code, answer["Content-Type"]) == (403, "text/html; charset=utf-8")
        assert words in text
        assert "Aurum" in text
        assert "aurum_theme" not in answer.cookies


def test_a_program_without_the_token_gets_a_problem() -> None:
    answer = Client(enforce_csrf_checks=True).post("/preferences/", {}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert answer.json()["code"] == "csrf_failed"
