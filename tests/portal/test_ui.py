"""Layouts, error pages, vendored libraries, words of modules: what every page stands on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from portal import js_words, vendoring
from portal.catalogue.joined import joined_messages
from portal.lib.paths import REPOSITORY
from portal.ui_context import Ui

TEMPLATES = REPOSITORY / "templates"
PAGES = ("400.html", "403.html", "404.html", "500.html", "unavailable.html")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("language", "tag"), [("zh-hans", "zh-Hans"), ("en", "en")])
def test_an_error_page_needs_no_request_and_no_database(page: str, language: str, tag: str) -> None:
    with translation.override(language):
        html = render_to_string(page)
    assert f'<html lang="{tag}"' in html
    assert html.count("<h1>") == 1
    assert "href=" in html


@pytest.mark.parametrize("page", PAGES)
def test_an_error_page_speaks_chinese(page: str) -> None:
    with translation.override("zh-hans"):
        html = render_to_string(page)
    heading = re.search(r"<h1>(.*?)</h1>", html)
    assert heading is not None
    assert re.search(r"[\u4e00-\u9fff]", heading[1])


def test_no_template_carries_inline_style_or_script() -> None:
    offenders = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"))
        # The admin has a policy of its own.
        if path.is_relative_to(TEMPLATES / "admin"):
            continue
        if re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text):
            offenders.append(str(path.relative_to(TEMPLATES)))
        for tag in re.findall(r"<script\b[^>]*>", text):
            if "src=" not in tag and "application/json" not in tag:
                offenders.append(f"{path.relative_to(TEMPLATES)}: {tag}")
    assert offenders == []


def test_vendored_files_are_the_recorded_ones() -> None:
    assert vendoring.changed_files() == []
    assert {(item["name"], item["version"]) for item in vendoring.vendored_records()} == {
        ("htmx.org", "2.0.11"),
        ("lightweight-charts", "5.2.1"),
        ("uplot", "1.6.32"),
    }


def test_a_changed_vendored_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "vendor" / "thing" / "1.0"
    folder.mkdir(parents=True)
    (folder / "thing.js").write_text("changed")
    (folder / "extra.js").write_text("")
    (folder / "VENDORED.json").write_text('{"name": "thing", "sha256": {"thing.js": "00", "gone.js": "00"}}')
    monkeypatch.setattr(vendoring, "STATIC", tmp_path)
    monkeypatch.setattr(vendoring, "VENDOR", tmp_path / "vendor")
    assert vendoring.changed_files() == [
        "1.0: extra.js is not listed",
        "vendor/thing/1.0/thing.js differs from its recorded hash",
        "vendor/thing/1.0/gone.js is missing",
    ]


def test_every_word_of_the_terminal_has_its_chinese() -> None:
    translated = {message.key for message in joined_messages(REPOSITORY) if message.texts.get(0)}
    words = js_words.source_words("portal/js/terminal")
    assert len(words) > 150
    assert [word for word in words if ("page", word) not in translated and (None, word) not in translated] == []


def test_words_keep_their_places_for_figures() -> None:
    with translation.override("zh-hans"):
        words = js_words.words_for("portal/js/terminal")
    holes = re.compile(r"%\(\w+\)s")
    assert [
        (english, chinese)
        for english, chinese in words.items()
        if sorted(holes.findall(english)) != sorted(holes.findall(chinese))
    ] == []


def request_with(**cookies: str) -> HttpRequest:
    request = RequestFactory().get("/")
    request.COOKIES.update(cookies)
    return request


def test_preferences_come_from_the_cookie_before_sign_in() -> None:
    ui = Ui(request_with(aurum_theme="light", aurum_updown="green-up"))
    assert (ui.theme, ui.updown, ui.user_name, ui.tenant_name, ui.nav) == ("light", "green-up", "", "", [])


def test_an_unknown_saved_choice_is_no_choice() -> None:
    ui = Ui(request_with(aurum_theme='"><script>', aurum_updown="sideways"))
    assert (ui.theme, ui.updown) == ("", "red-up")


def test_the_page_language_is_a_language_tag() -> None:
    with translation.override("zh-hans"):
        assert Ui(request_with()).html_lang == "zh-Hans"
    with translation.override("en-gb"):
        assert Ui(request_with()).html_lang == "en"
