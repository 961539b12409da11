"""Every column, field and model of the admin has a name in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.admin import site
from django.contrib.admin.utils import flatten_fieldsets, label_for_field
from django.utils.translation import override

# Words that Chinese writes in Latin letters.
SAME = {"ID", "CPU", "SHA-256", "IP", "API", "UUID"}


def _names(page: Any) -> Iterator[Any]:
    yield from page.list_display
    if page.fieldsets:
        yield from flatten_fieldsets(page.fieldsets)
    else:
        yield from page.fields or [field.name for field in page.model._meta.fields if field.editable]


def _labels() -> Iterator[tuple[str, str]]:
    for model, page in site._registry.items():
        yield model._meta.label, str(model._meta.verbose_name)
        yield model._meta.label, str(model._meta.verbose_name_plural)
        for name in _names(page):
            yield f"{model._meta.label}.{name}", str(label_for_field(name, model, page))


def test_a_reader_of_chinese_finds_no_name_in_english() -> None:
    with override("zh-hans"):
        found = list(_labels())
    assert len(found) > 200
    english = {place: label for place, label in found if not re.search(r"[\u4e00-\u9fff]", label)}
    assert {place: label for place, label in english.items() if label not in SAME} == {}


def test_no_name_shows_the_unit_of_the_storage() -> None:
    with override("en"):
        units = [place for place, label in _labels() if re.search(r" (fen|ppm|ns|ticks)$", label)]
    assert units == []


def test_a_model_is_never_named_by_adding_an_s() -> None:
    with override("en"):
        names = {str(model._meta.verbose_name_plural) for model in site._registry}
    assert "addresses" in names
    assert not {name for name in names if name.endswith("ss")}


def _asked() -> Iterator[tuple[str, str]]:
    for model, page in site._registry.items():
        acts = {button.name: button.form for button in getattr(page, "buttons", ())}
        for act, form in {**acts, "add": getattr(page, "add_form", None)}.items():
            for name, field in form.base_fields.items() if form else ():
                yield f"{model._meta.label}.{act}.{name}", str(field.label or name)


def test_a_reader_of_chinese_is_asked_in_chinese() -> None:
    with override("zh-hans"):
        found = list(_asked())
    assert len(found) > 50
    english = {place: label for place, label in found if not re.search(r"[\u4e00-\u9fff]", label)}
    assert {place: label for place, label in english.items() if label not in SAME} == {}
