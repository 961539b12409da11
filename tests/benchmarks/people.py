"""People for the socket's run: 32 investors of one broker, a socket and a key each, who share out 100 funded accounts.

`python -m tests.benchmarks.people` runs inside an open installation whose core runs; prints (bearer, accounts) as JSON.
"""

from __future__ import annotations

import json
import os
import sys

import msgspec

USERS = 32
ACCOUNTS = 100
MID_TICKS = 40_000


def main() -> None:
    """Make the broker through the services and the market through the core."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ["AURUM_ROLE"] = "web"
    import django

    django.setup()
    from accounts.audit import SystemActor
    from accounts.models import Tenant, User
    from accounts.services.api_keys import apikey_create
    from accounts.services.holders import account_holder_register
    from accounts.services.people import client_create, membership_create
    from accounts.tenancy.context import tenant_scope, user_scope
    from trading.core.client import call
    from trading.core.rig.market import CASH_FEN, CONTRACT, FIRST_ACCOUNT_ID, INSTRUMENT_ID, TRADING_DAY
    from trading.engine import commands as cmd
    from trading.engine.types import DEPOSIT

    maker = SystemActor(name="bench")
    operator = User.objects.create(username="operator", is_platform_operator=True)
    with user_scope(user_id=operator.pk):
        tenant = Tenant.objects.create(code="bench", name="bench", name_en="bench")
    contract = msgspec.structs.replace(CONTRACT, previous_settlement_ticks=MID_TICKS)
    call(cmd.PutInstrument(0, contract, "system"))
    call(cmd.RollDay(0, TRADING_DAY, [(INSTRUMENT_ID, MID_TICKS)], "system"))
    keys = []
    for number in range(USERS):
        accounts = [FIRST_ACCOUNT_ID + n for n in range(number, ACCOUNTS, USERS)]
        for account_id in accounts:
            call(cmd.OpenAccount(tenant.pk, account_id, 0, "system"))
            call(cmd.MoveCash(tenant.pk, account_id, DEPOSIT, CASH_FEN, f"b-{account_id}", "maker", "checker"))
        with tenant_scope(tenant_id=tenant.pk):
            user = User.objects.create(username=f"bench{number}")
            membership_create(actor=maker, user_id=user.pk, role="investor")
            client = client_create(actor=maker, number=f"B{number}", name=f"bench {number}", user_id=user.pk)
            for account_id in accounts:
                account_holder_register(account_id=account_id, client_id=client.pk)
            key = apikey_create(actor=maker, user_id=user.pk, label="bench", scopes=["read", "trade"])
        keys.append((key.bearer, accounts))
    sys.stdout.write(json.dumps(keys) + "\n")


if __name__ == "__main__":
    main()
