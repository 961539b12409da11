"""`manage.py prove_money`: equity by date = equity by trade + floating, ledger = accounts, for any day and broker."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.tenancy.context import tenant_scope
from portal.lib.db import raw_connection
from trading.selectors.proof import Proof, proof_days, proof_of
from trading.shapes.numbers import money


class Command(BaseCommand):
    """`manage.py prove_money [--day YYYYMMDD] [--tenant CODE] [--json]`"""

    help = "Prove a day's money from stored data: statements, account days and ledger beside each other."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the day, the broker and the one-line form."""
        parser.add_argument("--day", type=int, default=None, help="YYYYMMDD (default: the last ended day)")
        parser.add_argument("--tenant", default=None, help="one broker's code (default: every broker with accounts)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prove, tell, and exit with 1 when something does not agree."""
        days = proof_days()
        day = options["day"] or (days[0] if days else 0)
        if day not in days:
            raise CommandError(f"{day} is no ended trading day")
        proofs: dict[str, Proof] = {}
        for tenant_id, code in _brokers(options["tenant"]):
            with tenant_scope(tenant_id=tenant_id):
                proof = proof_of(tenant_id=tenant_id, trading_day=day)
            if proof.accounts or options["tenant"] is not None:
                proofs[code] = proof
        holds = bool(proofs) and all(proof.holds for proof in proofs.values())
        if options["json"]:
            self.stdout.write(
                json.dumps({"day": day, "ok": holds, "brokers": {k: _told(p) for k, p in proofs.items()}})
            )
        else:
            for code, proof in proofs.items():
                self._tell(code, proof)
        if not holds:
            raise SystemExit(1)

    def _tell(self, code: str, proof: Proof) -> None:
        self.stdout.write(f"{code} {proof.trading_day}: {proof.accounts:,} accounts, {proof.missing} without a pair")
        for line in proof.lines:
            sign = "=" if line.holds else "≠"
            self.stdout.write(f"  {line.name:<10} {money(line.left_fen)} {sign} {money(line.right_fen)}")
        for bad in proof.bad:
            text = f"  account {bad.account_id}: {bad.name} {money(bad.left_fen)} ≠ {money(bad.right_fen)}"
            self.stdout.write(self.style.ERROR(text))


def _brokers(code: str | None) -> list[tuple[int, str]]:
    """Every broker, or the one of a code; only the core's role sees them all."""
    with raw_connection("core", application_name="aurum-prove-money") as connection:
        rows: list[Any] = connection.execute("SELECT id, code FROM accounts_tenant ORDER BY id").fetchall()
    found = [(int(number), str(name)) for number, name in rows if code in (None, name)]
    if not found:
        raise CommandError(f"there is no broker {code}")
    return found


def _told(proof: Proof) -> dict[str, Any]:
    return {
        "ok": proof.holds,
        "accounts": proof.accounts,
        "missing": proof.missing,
        "lines": {line.name: [line.left_fen, line.right_fen] for line in proof.lines},
        "bad": [[bad.account_id, bad.name, bad.left_fen, bad.right_fen] for bad in proof.bad],
    }
