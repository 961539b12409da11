"""Confirming a statement over the socket: refused opening, the agreement, the frames, and what is not understood."""

from __future__ import annotations

from tests.sockets.memory import Door, investor, order_request
from tests.sockets.test_session import ready, told
from trading.engine import commands as cmd

DAY, NEXT = "2026-11-23", "2026-11-24"


def end_the_day(door: Door) -> None:
    door.core.do(
        cmd.SetTenantRules(1, True, 1_000_000, 0, "u2", "u3"),
        cmd.RollDay(0, 20261124, [(1, 40_000), (2, 3_000)], "system"),
    )


@told
async def test_opening_is_free_after_the_confirmation(door: Door) -> None:
    client = await ready(door)
    await client.say(op="subscribe", id=1, channels=["account.7001"])
    end_the_day(door)
    await client.hear()
    (refused,) = [frame for frame in await client.say(**order_request(id=2, trading_day=NEXT)) if frame.get("id") == 2]
    assert (refused["ok"], refused["error"]["code"]) == (False, "settlement_not_confirmed")
    assert refused["error"]["figures"] == {"statement_trading_day": DAY, "version": 1}
    frames = await client.say(op="statement.confirm", id=3, account=7001, trading_day=DAY, version=1)
    assert next(frame for frame in frames if frame.get("id") == 3)["ok"] is True
    (event,) = [frame["data"] for frame in frames if frame.get("ch") == "account.7001"]
    assert (event["event"], event["statement"]) == ("statement_confirmed", {"trading_day": DAY, "version": 1})
    answers = await client.say(**order_request(id=4, trading_day=NEXT, client_order_id="a-2"))
    assert next(frame for frame in answers if frame.get("id") == 4)["ok"] is True


@told
async def test_a_correction_is_told_with_its_money(door: Door) -> None:
    client = await ready(door)
    await client.say(op="subscribe", id=1, channels=["account.7001"])
    end_the_day(door)
    await client.hear()
    door.core.do(cmd.CorrectStatement(1, 7001, 20261123, -1_050, "a fee was missing", "k1", "u2", "u3"))
    (event,) = [frame["data"] for frame in await client.hear() if frame.get("ch") == "account.7001"]
    assert event["event"] == "statement_corrected"
    assert (event["amount"], event["reason"]) == ("-10.50", "a fee was missing")
    assert event["statement"] == {"trading_day": DAY, "version": 2}
    assert event["funds"]["cash"] == "99999989.50"


@told
async def test_what_is_wrong_is_refused_and_changes_nothing(door: Door) -> None:
    client = await ready(door)
    end_the_day(door)
    before = door.core.machine.account_view(7001)
    for fields, code in (
        ({"version": 2}, "statement_version"),
        ({"trading_day": NEXT}, "statement_not_found"),
        ({"account": 7002}, "account_not_found"),
        ({"trading_day": "2026-13-01"}, "invalid_field"),
        ({"version": 0}, "invalid_field"),
    ):
        request = {"account": 7001, "trading_day": DAY, "version": 1} | fields
        (answer,) = await client.say(op="statement.confirm", id=5, **request)
        assert (answer["ok"], answer["error"]["code"]) == (False, code), fields
    assert door.core.machine.account_view(7001) == before
    assert (before.statement_version, before.confirmed_version) == (1, 0)


@told
async def test_who_may_only_look_confirms_nothing(door: Door) -> None:
    from accounts.permissions import Right

    door.core.open(7001)
    end_the_day(door)
    client = door.enter(investor(7001, rights=frozenset({Right.TRADE_VIEW, Right.ACCOUNT_VIEW})))
    await client.hear()
    (answer,) = await client.say(op="statement.confirm", id=6, account=7001, trading_day=DAY, version=1)
    assert answer["error"]["code"] == "right_missing"
