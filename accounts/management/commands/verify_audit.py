"""Checks the audit chain of every tenant; exits with 1 where one is broken."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.audit import verify_chain
from accounts.models import Tenant
from accounts.tenancy.context import tenant_scope


class Command(BaseCommand):
    """`manage.py verify_audit [--json]`, under the core's role, which reads every tenant."""

    help = "Check that no audit entry of any tenant was changed, removed or slipped in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the form of the answer."""
        parser.add_argument("--json", action="store_true", help="print exactly one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk all chains, then say what was found."""
        chains = {}
        for tenant in Tenant.objects.order_by("id"):
            with tenant_scope(tenant_id=tenant.pk):
                chains[tenant.code] = verify_chain()
        broken = {code: chain.broken_at for code, chain in chains.items() if not chain.ok}
        if options["json"]:
            entries = sum(chain.entries for chain in chains.values())
            self.stdout.write(json.dumps({"ok": not broken, "entries": entries, "breaches": broken}))
        else:
            for code, chain in chains.items():
                word = "ok" if chain.ok else f"BROKEN at number {chain.broken_at}"
                self.stdout.write(f"{code}: {chain.entries} entries, {word}")
        if broken:
            sys.exit(1)
