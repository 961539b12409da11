"""Makes the textbook's tables and people: `python -m tests.benchmarks.textbook.prepare`, prints the tokens as JSON."""

from __future__ import annotations

import json
import os
import sys

USERS = 10
ACCOUNTS = 100


def main() -> None:
    """Create tables, ten users with ten accounts each, one contract."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.textbook.settings")
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from rest_framework.authtoken.models import Token

    from tests.benchmarks.textbook.models import Account, Instrument

    call_command("migrate", run_syncdb=True, verbosity=0)
    Instrument.objects.create(symbol="SHFE.au2612", lower_limit="688.00", upper_limit="912.00")
    tokens = []
    for number in range(USERS):
        user = User.objects.create(username=f"u{number}")
        accounts = [Account.objects.create(user=user, cash="1000000000.00") for _ in range(ACCOUNTS // USERS)]
        tokens.append((Token.objects.create(user=user).key, [account.pk for account in accounts]))
    sys.stdout.write(json.dumps(tokens) + "\n")


if __name__ == "__main__":
    main()
