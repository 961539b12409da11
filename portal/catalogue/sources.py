"""Collects the English strings that code, templates and browser modules mark for translation."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

APPS: Final = ("portal", "accounts", "trading", "riskdesk", "vmhosting")
Key = tuple[str | None, str]

_PLAIN: Final = frozenset({"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"})
_WITH_CONTEXT: Final = frozenset({"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"})
_TAG: Final = re.compile(r"""\{%\s*trans(?:late)?\s+("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')(.*?)%\}""", re.S)
_UNDERSCORE: Final = re.compile(r"""_\(("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\)""")
_CONTEXT: Final = re.compile(r"""\bcontext\s+("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_BLOCK: Final = re.compile(r"\{%\s*blocktrans(?:late)?\b(.*?)%\}(.*?)\{%\s*endblocktrans(?:late)?\s*%\}", re.S)
_PLURAL: Final = re.compile(r"\{%\s*plural\s*%\}")
_VARIABLE: Final = re.compile(r"\{\{\s*(\w+)[^}]*\}\}")
_SCRIPT: Final = re.compile(r'\bt\(\s*("(?:[^"\\]|\\.)*")')


def source_strings(root: Path) -> dict[Key, str]:
    """Return every marked string with the first place it stands at."""
    found: dict[Key, str] = {}
    for path in _files(root):
        for key in _strings_of(path):
            found.setdefault(key, str(path.relative_to(root)))
    return found


def _files(root: Path) -> Iterator[Path]:
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            if "/migrations/" not in path.as_posix() and "/guest/" not in path.as_posix():
                yield path
    yield from sorted((root / "templates").rglob("*.html"))
    yield from sorted((root / "templates").rglob("*.txt"))
    for app in APPS:
        yield from sorted((root / app / "static" / app / "js").rglob("*.js"))


def _strings_of(path: Path) -> Iterator[Key]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from _in_python(text)
    elif path.suffix == ".js":
        yield from ((None, json.loads(literal)) for literal in _SCRIPT.findall(text))
    else:
        yield from _in_template(text)


def _in_python(text: str) -> Iterator[Key]:
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        strings = [value for value in texts if isinstance(value, str)]
        if name in _PLAIN and strings:
            yield None, strings[0]
        elif name in _WITH_CONTEXT and len(strings) >= 2:
            yield strings[0], strings[1]


def _in_template(text: str) -> Iterator[Key]:
    for literal, rest in _TAG.findall(text):
        context = _CONTEXT.search(rest)
        # Django doubles the percent signs of a template's strings before it looks them up.
        yield (_plain(context[1]) if context else None), _plain(literal).replace("%", "%%")
    for literal in _UNDERSCORE.findall(text):
        yield None, _plain(literal)
    for head, body in _BLOCK.findall(text):
        context = _CONTEXT.search(head)
        singular = _PLURAL.split(body)[0]
        if re.search(r"\btrimmed\b", head):
            singular = " ".join(line.strip() for line in singular.splitlines() if line.strip())
        yield (_plain(context[1]) if context else None), _VARIABLE.sub(r"%(\1)s", singular.replace("%", "%%"))


def _plain(literal: str) -> str:
    return str(ast.literal_eval(literal))
