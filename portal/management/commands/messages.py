"""Joins the parts of the Chinese catalogue, compiles them, and names what has no translation yet."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.catalogue.joined import CatalogueConflict, joined_messages, missing_strings
from portal.catalogue.mo import write_mo
from portal.catalogue.po import PoError, write_po
from portal.lib.paths import REPOSITORY


class Command(BaseCommand):
    """`manage.py messages [--check]`"""

    help = "Join locale/parts/*.po into the Chinese catalogue and compile it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the mode that writes nothing."""
        parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a string is missing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Join, compile, report."""
        try:
            messages = joined_messages(REPOSITORY)
        except (PoError, CatalogueConflict) as problem:
            raise CommandError(str(problem)) from None
        if not options["check"]:
            folder = REPOSITORY / "locale" / "zh_Hans" / "LC_MESSAGES"
            write_po(folder / "django.po", messages, language="zh_Hans")
            count = write_mo(folder / "django.mo", messages)
            self.stdout.write(f"{count} translations compiled")
        missing = missing_strings(REPOSITORY, messages)
        for (context, text), place in sorted(missing.items(), key=lambda item: item[1]):
            self.stdout.write(f"missing: {place}: {text!r}" + (f" (context {context!r})" if context else ""))
        if missing and options["check"]:
            sys.exit(1)
