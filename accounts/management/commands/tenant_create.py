"""Makes a broker of a real installation, with its first administrator and a password that is printed once."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.audit import SystemActor
from accounts.services.platform import operator_create
from accounts.services.tenants import tenant_create
from portal.lib.errors import Refused


class Command(BaseCommand):
    """`manage.py tenant_create CODE NAME --admin LOGIN [--operator LOGIN] [--json]`."""

    help = "Make a broker with its first administrator; prints the one-time password once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take code, names and logins."""
        parser.add_argument("code", help="short name in lower case, for example northgold")
        parser.add_argument("name", help="the broker's name as its people read it")
        parser.add_argument("--name-en", default="")
        parser.add_argument("--admin", required=True, help="login of the broker's first administrator")
        words = "also make this login a platform operator; give two, what holds for all brokers needs a second one"
        parser.add_argument("--operator", action="append", default=[], help=words)
        parser.add_argument("--json", action="store_true", help="print exactly one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make everything in one transaction, then print."""
        try:
            result = self._make(options)
        except Refused as refused:
            raise CommandError(f"{refused.code}: {refused.detail}") from refused
        except ValidationError as refused:
            raise CommandError(" ".join(refused.messages)) from refused
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
            return
        self.stdout.write(f"Broker {result['tenant']} is made.")
        for person in result["users"]:
            self.stdout.write(f"  {person['role']}: {person['username']} / {person['password']}")
        self.stdout.write("The passwords are shown this once and must be changed at the first sign-in.")

    def _make(self, options: dict[str, Any]) -> dict[str, Any]:
        actor = SystemActor(name="tenant_create")
        with transaction.atomic():
            made = tenant_create(
                actor=actor,
                code=options["code"],
                name=options["name"],
                name_en=options["name_en"],
                admin_username=options["admin"],
            )
            users = [{"role": "broker_admin", "username": made.admin.username, "password": made.password}]
            for username in options["operator"]:
                user, password = operator_create(actor=actor, username=username)
                users.append({"role": "platform_operator", "username": user.username, "password": password})
        return {"tenant": made.tenant.code, "tenant_id": made.tenant.pk, "users": users}
