"""Statements in the engine: confirmation before opening, corrections, and what of the money may leave."""

import pytest

from trading.engine import rejects, snapshot
from trading.engine.bounds import CASH_FEN_MAX
from trading.engine.commands import ConfirmStatement, CorrectStatement, MoveCash, ReplaceOrder, RollDay, SetTenantRules
from trading.engine.events import AccountSettled, OrderRejected, OrderReplaced
from trading.engine.statement_events import StatementConfirmed, StatementCorrected
from trading.engine.types import AUTO, CLOSE_YESTERDAY, GTC, WITHDRAW

from .support import DAY_1, DAY_2, DAY_3, GOLD, World

US, OTHER, FAR = 7001, 7002, 8001
PRICE = 40_000


@pytest.fixture
def world() -> World:
    world = World()
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=100_000_000)
    world.account(FAR, cash_fen=100_000_000, tenant_id=2)
    world.trade(US, FAR, 2, PRICE)
    return world


def rules(confirms: bool = True, ppm: int = 1_000_000, reserve: int = 0, **changes: object) -> SetTenantRules:
    fields = {"tenant_id": 1, "maker": "u2", "checker": "u3"} | changes
    return SetTenantRules(confirms=confirms, withdraw_ppm=ppm, reserve_fen=reserve, **fields)


def confirm(day: int = DAY_1, version: int = 1, **changes: object) -> ConfirmStatement:
    fields = {"tenant_id": 1, "account_id": US, "actor": "u9"} | changes
    return ConfirmStatement(trading_day=day, version=version, **fields)


def correct(amount_fen: int, day: int = DAY_1, reference: str = "c1", **changes: object) -> CorrectStatement:
    fields = {"tenant_id": 1, "account_id": US, "reason": "fee twice", "maker": "u2", "checker": "u3"} | changes
    return CorrectStatement(trading_day=day, amount_fen=amount_fen, reference=reference, **fields)


def roll(world: World, day: int) -> list:
    return world.do(RollDay(0, day, [(GOLD, PRICE)], "system"))


def opens(world: World, account_id: int = US, **terms: object) -> str:
    event = world.buy(account_id, 1, PRICE - 5, **terms)[0]
    return event.code if isinstance(event, OrderRejected) else ""


def test_opening_waits_for_the_confirmation_of_the_last_statement(world: World) -> None:
    world.do(rules())
    assert opens(world) == ""  # the day began before the rule
    roll(world, DAY_2)
    for offset in ({}, {"offset": AUTO}):
        event = world.buy(US, 1, PRICE - 5, **offset)[0]
        assert isinstance(event, OrderRejected)
        assert (event.code, event.figures) == (
            rejects.UNCONFIRMED,
            {"statement_trading_day": DAY_1, "version": 1},
        )
    assert rejects.CTP_ERROR_ID[rejects.UNCONFIRMED] == 42
    # Closing is free, other brokers are free, and a preview says the same.
    assert not isinstance(world.sell(US, 1, PRICE + 5, offset=CLOSE_YESTERDAY)[0], OrderRejected)
    assert not isinstance(world.sell(FAR, 1, PRICE + 5)[0], OrderRejected)
    (event,) = world.do(confirm())
    assert isinstance(event, StatementConfirmed)
    assert (event.trading_day, event.version, event.actor) == (DAY_1, 1, "u9")
    assert opens(world) == ""
    assert opens(world, OTHER) == rejects.UNCONFIRMED
    roll(world, DAY_3)
    assert opens(world) == rejects.UNCONFIRMED
    world.do(rules(confirms=False))
    assert opens(world) == ""
    assert world.machine.account_view(US).statement_version == 0


def test_a_carried_order_grows_only_after_the_confirmation(world: World) -> None:
    world.do(rules())
    order_id = world.buy(US, 2, PRICE - 5, time_in_force=GTC)[0].order_id
    roll(world, DAY_2)
    grown = ReplaceOrder(1, US, order_id, 3, PRICE - 5, "u9")
    assert world.refused(grown).code == rejects.UNCONFIRMED
    assert isinstance(world.do(ReplaceOrder(1, US, order_id, 1, PRICE - 5, "u9"))[0], OrderReplaced)  # less is free
    world.do(confirm())
    assert isinstance(world.do(grown)[0], OrderReplaced)


def test_a_confirmation_names_the_last_statement_in_its_last_version(world: World) -> None:
    assert world.refused(confirm()).code == rejects.STATEMENT_UNKNOWN
    world.do(rules())
    roll(world, DAY_2)
    assert world.refused(confirm(day=DAY_2)).code == rejects.STATEMENT_UNKNOWN
    assert world.refused(confirm(version=2)).code == rejects.STATEMENT_VERSION
    assert world.refused(confirm(tenant_id=2)).code == rejects.ACCOUNT_UNKNOWN
    assert world.refused(confirm(actor="")).code == rejects.FIELD_BAD
    world.do(correct(500))
    assert world.refused(confirm(version=1)).code == rejects.STATEMENT_VERSION
    world.do(confirm(version=2))
    assert world.refused(confirm(version=2)).figures == {"version": 2, "confirmed": 2}
    # A correction after that has a version to be read, and does not stop anybody who trades.
    world.do(correct(500, reference="c2"))
    assert opens(world) == ""
    assert world.machine.account_view(US).statement_version == 3
    world.do(confirm(version=3))


def test_a_correction_is_money_of_the_current_day(world: World) -> None:
    roll(world, DAY_2)
    before = world.machine.account_view(US)
    (event,) = world.do(correct(-123_45))
    assert isinstance(event, StatementCorrected)
    assert (event.trading_day, event.version, event.amount_fen) == (DAY_1, 2, -123_45)
    assert event.funds.cash_fen == before.funds.cash_fen - 123_45
    (event,) = world.do(correct(7, reference="c2"))
    assert event.version == 3
    day = next(e for e in roll(world, DAY_3) if isinstance(e, AccountSettled) and e.account_id == US)
    assert day.previous_cash_fen == before.funds.cash_fen - 123_38
    view = world.machine.account_view(US)
    assert view.pre_balance_fen == view.funds.cash_fen == day.funds.cash_fen


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (correct(0), rejects.AMOUNT_BAD),
        (correct(CASH_FEN_MAX + 1), rejects.AMOUNT_BAD),
        (correct(-(2**70)), rejects.AMOUNT_BAD),
        (correct(CASH_FEN_MAX), rejects.AMOUNT_BAD),  # with the cash that is there too much
        (correct(5, day=DAY_2), rejects.STATEMENT_UNKNOWN),
        (correct(5, day=0), rejects.STATEMENT_UNKNOWN),
        (correct(5, day=20261399), rejects.STATEMENT_UNKNOWN),
        (correct(5, checker="u2"), rejects.MAKER_IS_CHECKER),
        (correct(5, reason=" "), rejects.FIELD_BAD),
        (correct(5, reference=""), rejects.FIELD_BAD),
        (correct(5, account_id=1), rejects.ACCOUNT_UNKNOWN),
        (correct(5, tenant_id=2), rejects.ACCOUNT_UNKNOWN),
        (rules(checker="u2"), rejects.MAKER_IS_CHECKER),
        (rules(tenant_id=0), rejects.FIELD_BAD),
        (rules(ppm=1_000_001), rejects.FIELD_BAD),
        (rules(ppm=-1), rejects.FIELD_BAD),
        (rules(reserve=-1), rejects.FIELD_BAD),
        (rules(reserve=2**62), rejects.FIELD_BAD),
    ],
)
def test_refuses_what_makes_no_sense(world: World, command: object, code: str) -> None:
    roll(world, DAY_2)
    assert world.refused(command).code == code


def test_a_reference_is_good_once(world: World) -> None:
    roll(world, DAY_2)
    world.do(correct(5))
    assert world.refused(correct(5)).code == rejects.REFERENCE_USED
    assert world.refused(correct(5, account_id=OTHER)).code == rejects.REFERENCE_USED
    assert world.refused(MoveCash(1, US, 1, 5, "c1", "u2", "u3")).code == rejects.REFERENCE_USED


def test_a_correction_may_leave_less_than_nothing(world: World) -> None:
    roll(world, DAY_2)
    (event,) = world.do(correct(-200_000_000))
    assert event.funds.cash_fen < 0
    assert opens(world) == rejects.INSUFFICIENT_MARGIN


def withdraw(amount_fen: int, reference: str) -> MoveCash:
    return MoveCash(1, US, WITHDRAW, amount_fen, reference, "u2", "u3")


def test_gains_that_float_do_not_leave(world: World) -> None:
    # 2 lots at 800.00 bind 2 x 128,000.00; fees 2 x 10.00 are gone.
    assert world.machine.account_view(US).withdrawable_fen == 100_000_000 - 2_000 - 2 * 12_800_000
    world.trade(FAR, OTHER, 1, PRICE + 100)  # 2.00 up: a gain of 4,000.00 floats
    free = world.machine.account_view(US)
    assert free.position_profit_fen == 400_000
    assert free.withdrawable_fen == free.available_fen == 74_398_000
    world.trade(OTHER, FAR, 1, PRICE - 100)  # 2.00 down: a loss of 4,000.00 counts at once
    assert world.machine.account_view(US).withdrawable_fen == 74_398_000 - 400_000


def test_a_brokers_rule_bounds_what_may_leave(world: World) -> None:
    world.do(rules(confirms=False, ppm=100_000, reserve=1_000_000))
    # A tenth of the equity 999,980.00 is 99,998.00; 10,000.00 stay.
    view = world.machine.account_view(US)
    assert (view.withdraw_ppm, view.reserve_fen) == (100_000, 1_000_000)
    assert view.withdrawable_fen == 9_999_800 - 1_000_000
    refused = world.refused(withdraw(8_999_801, "w1"))
    assert (refused.code, refused.figures) == (
        rejects.WITHDRAW_OVER,
        {"amount": 8_999_801, "withdrawable": 8_999_800},
    )
    world.do(withdraw(8_999_800, "w2"))
    world.do(rules(confirms=False, ppm=1_000_000, reserve=10**12))
    assert world.machine.account_view(US).withdrawable_fen == 0


def test_a_snapshot_keeps_statements_and_rules(world: World) -> None:
    world.do(rules(ppm=900_000, reserve=5))
    roll(world, DAY_2)
    world.do(correct(9))
    again = snapshot.load(snapshot.dump(world.machine))
    assert again.state_hash() == world.machine.state_hash()
    assert again.account_view(US) == world.machine.account_view(US)
    assert again.account_view(US).statement_version == 2
