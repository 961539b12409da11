"""Catalogues: parts joined, compiled so that Python's gettext reads them, compared with the sources."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest

from portal.catalogue.joined import CatalogueConflict, joined_messages
from portal.catalogue.mo import write_mo
from portal.catalogue.po import PoError, read_po, write_po
from portal.catalogue.sources import source_strings

PART = """
msgid ""
msgstr "Language: zh_Hans\\n"

# why
msgid "Buy"
msgstr "买入"

msgctxt "order"
msgid "Open"
msgstr "开仓"

msgid ""
"Long "
"text\\n"
msgstr "长文\\n"

#, fuzzy
msgid "Unsure"
msgstr "不确定"

msgid "%(n)s lot"
msgid_plural "%(n)s lots"
msgstr[0] "%(n)s 手"
"""


@pytest.fixture
def part(tmp_path: Path) -> Path:
    file = tmp_path / "locale" / "parts" / "a.po"
    file.parent.mkdir(parents=True)
    file.write_text(PART, encoding="utf-8")
    return file


def test_pythons_gettext_reads_what_we_compile(part: Path, tmp_path: Path) -> None:
    assert write_mo(tmp_path / "a.mo", read_po(part)) == 4
    with (tmp_path / "a.mo").open("rb") as stream:
        words = gettext.GNUTranslations(stream)
    assert words.gettext("Buy") == "买入"
    assert words.pgettext("order", "Open") == "开仓"
    assert words.gettext("Long text\n") == "长文\n"
    assert words.ngettext("%(n)s lot", "%(n)s lots", 5) == "%(n)s 手"
    assert words.gettext("Unsure") == "Unsure"


def test_writes_what_it_reads(part: Path, tmp_path: Path) -> None:
    messages = read_po(part)
    write_po(tmp_path / "b.po", messages, language="zh_Hans")
    assert [(m.key, m.texts) for m in read_po(tmp_path / "b.po")] == [(m.key, m.texts) for m in messages]


def test_refuses_two_translations_of_one_string(part: Path, tmp_path: Path) -> None:
    part.with_name("b.po").write_text('msgid "Buy"\nmsgstr "购买"\n', encoding="utf-8")
    with pytest.raises(CatalogueConflict, match=r"b.po:1 and a.po:\d+ translate 'Buy' differently"):
        joined_messages(tmp_path)


def test_names_the_line_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "a.po").write_text('msgid "a"\nmsgstr b\n', encoding="utf-8")
    with pytest.raises(PoError, match=r"a\.po:2"):
        read_po(tmp_path / "a.po")


def test_finds_marked_strings_in_code_templates_and_modules(tmp_path: Path) -> None:
    (tmp_path / "trading").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "portal" / "static" / "portal" / "js").mkdir(parents=True)
    (tmp_path / "trading" / "a.py").write_text('x = _("Code")\ny = pgettext("ctx", "Context")\nz = _(variable)\n')
    (tmp_path / "templates" / "a.html").write_text(
        '{% translate "Page" %}{% blocktranslate with n=1 %}{{ n }} of 5 %{% endblocktranslate %}'
        "{% translate 'Word' context 'c' %}"
    )
    (tmp_path / "portal" / "static" / "portal" / "js" / "a.js").write_text('t("Script")')
    assert set(source_strings(tmp_path)) == {
        (None, "Code"), ("ctx", "Context"), (None, "Page"), (None, "%(n)s of 5 %%"), ("c", "Word"), (None, "Script"),
    }  # fmt: skip
