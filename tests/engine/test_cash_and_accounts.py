"""Money in and out, opening accounts, a broker's own rates."""

import pytest

from trading.engine import rejects
from trading.engine.commands import MoveCash, OpenAccount, RollDay
from trading.engine.events import AccountOpened, CashMoved, TenantRatesChanged
from trading.engine.instrument import Fees, Rates
from trading.engine.types import BLOCKED, DEPOSIT, WITHDRAW

from .support import DAY_2, GOLD, SetAccountStatus, SetTenantRates, World

US, OTHER, FAR = 7001, 7002, 8001


@pytest.fixture
def world() -> World:
    world = World()
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=100_000_000)
    world.account(FAR, cash_fen=100_000_000, tenant_id=2)
    return world


def move(kind: int, amount_fen: int, reference: str = "ref", **changes: object) -> MoveCash:
    fields = {"tenant_id": 1, "account_id": US, "maker": "u2", "checker": "u3"}
    return MoveCash(kind=kind, amount_fen=amount_fen, reference=reference, **(fields | changes))


def test_an_account_opens_once(world: World) -> None:
    (event,) = world.do(OpenAccount(1, 7005, 0, "u1"))
    assert isinstance(event, AccountOpened)
    assert (event.account_seq, event.funds.cash_fen) == (1, 0)
    for tenant_id in (1, 2):
        assert world.refused(OpenAccount(tenant_id, 7005, 0, "u1")).code == rejects.ACCOUNT_EXISTS


@pytest.mark.parametrize(
    "command",
    [
        OpenAccount(0, 7005, 0, "u1"),
        OpenAccount(-1, 7005, 0, "u1"),
        OpenAccount(1, 0, 0, "u1"),
        OpenAccount(1, 2**63, 0, "u1"),
        OpenAccount(1, 7005, -1, "u1"),
        OpenAccount(1, 7005, 0, ""),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(world: World, command: OpenAccount) -> None:
    assert world.refused(command).code == rejects.FIELD_BAD


def test_money_moves_in_and_out(world: World) -> None:
    (event,) = world.do(move(DEPOSIT, 5, "a"))
    assert isinstance(event, CashMoved)
    assert (event.amount_fen, event.funds.cash_fen) == (5, 100_000_005)
    (event,) = world.do(move(WITHDRAW, 100_000_005, "b"))
    assert event.funds.cash_fen == 0
    view = world.machine.account_view(US)
    assert (view.deposits_fen, view.withdrawals_fen) == (100_000_005, 100_000_005)


def test_a_reference_is_used_once_for_each_tenant_and_for_ever(world: World) -> None:
    world.do(move(DEPOSIT, 5))
    assert world.refused(move(DEPOSIT, 5)).code == rejects.REFERENCE_USED
    assert world.refused(move(WITHDRAW, 7, account_id=OTHER)).code == rejects.REFERENCE_USED
    world.do(RollDay(0, DAY_2, [], "system"))
    assert world.refused(move(DEPOSIT, 5)).code == rejects.REFERENCE_USED
    (event,) = world.do(move(DEPOSIT, 5, tenant_id=2, account_id=FAR))
    assert isinstance(event, CashMoved)


def test_maker_and_checker_are_two_people(world: World) -> None:
    assert world.refused(move(DEPOSIT, 5, checker="u2")).code == rejects.MAKER_IS_CHECKER
    assert world.refused(move(DEPOSIT, 5, checker="")).code == rejects.FIELD_BAD


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1, 2**63, -(2**63)])
def test_an_amount_is_positive_and_bounded(world: World, amount: int) -> None:
    for kind in (DEPOSIT, WITHDRAW):
        assert world.refused(move(kind, amount)).code == rejects.AMOUNT_BAD


def test_an_account_cannot_hold_more_than_the_bound(world: World) -> None:
    event = world.refused(move(DEPOSIT, 10**15))
    assert (event.code, event.figures) == (
        rejects.AMOUNT_BAD,
        {"amount": 10**15, "highest": 10**15 - 100_000_000},
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": 3}, rejects.FIELD_BAD),
        ({"reference": ""}, rejects.FIELD_BAD),
        ({"reference": "x" * 65}, rejects.FIELD_BAD),
        ({"reference": "a\x00b"}, rejects.FIELD_BAD),
        ({"account_id": 9999}, rejects.ACCOUNT_UNKNOWN),
        ({"account_id": FAR}, rejects.ACCOUNT_UNKNOWN),
        ({"tenant_id": 2}, rejects.ACCOUNT_UNKNOWN),
    ],
)
def test_a_movement_that_makes_no_sense_is_refused(world: World, changes: dict, code: str) -> None:
    fields = {"kind": DEPOSIT, "amount_fen": 5, "reference": "r"}
    assert world.refused(move(**(fields | changes))).code == code


def test_what_is_needed_cannot_leave(world: World) -> None:
    world.trade(US, OTHER, 2, 40_000)
    world.buy(US, 1, 39_000)
    # 2 lots held, 1 working, fees 2 paid and 1 frozen.
    free = 100_000_000 - 2 * 12_800_000 - 12_800_000 - 3_000
    event = world.refused(move(WITHDRAW, free + 1))
    assert (event.code, event.figures) == (rejects.WITHDRAW_OVER, {"amount": free + 1, "withdrawable": free})
    (event,) = world.do(move(WITHDRAW, free))
    assert world.machine.account_view(US).available_fen == 0


def test_floating_gains_cannot_leave_and_floating_losses_hold_money_back(world: World) -> None:
    world.trade(US, OTHER, 2, 40_000)
    world.trade(FAR, OTHER, 1, 40_100)
    us, other = world.machine.account_view(US), world.machine.account_view(OTHER)
    assert us.withdrawable_fen == 100_000_000 - 25_600_000 - 2_000
    assert other.withdrawable_fen == 100_000_000 - 25_600_000 - 12_832_000 - 3_000 - 400_000


def test_a_blocked_account_pays_in_but_nothing_leaves(world: World) -> None:
    world.do(SetAccountStatus(1, US, BLOCKED, False, "", "u5"))
    assert world.refused(move(WITHDRAW, 1)).code == rejects.ACCOUNT_BLOCKED
    (event,) = world.do(move(DEPOSIT, 1))
    assert isinstance(event, CashMoved)


def rates(ppm: int, **fees: int) -> Rates:
    return Rates(ppm, ppm, Fees(**fees))


def test_a_brokers_rates_count_at_once_for_new_lots_and_at_settlement_for_held_ones(world: World) -> None:
    world.trade(US, FAR, 1, 40_000)
    (event,) = world.do(SetTenantRates(1, GOLD, rates(200_000, open_fen=1_500, close_fen=1_500), "u2", "u3"))
    assert isinstance(event, TenantRatesChanged)
    assert world.machine.account_view(US).funds.margin_fen == 12_800_000
    world.sell(FAR, 1, 40_000)
    accepted, trade = world.buy(US, 1, 40_000)
    assert (accepted.funds.frozen_margin_fen, accepted.funds.frozen_fee_fen) == (16_000_000, 1_500)
    assert trade.taker.funds.margin_fen == 12_800_000 + 16_000_000
    assert (trade.taker.fee_fen, trade.maker.fee_fen) == (1_500, 1_000)
    world.do(RollDay(0, DAY_2, [(GOLD, 40_000)], "system"))
    assert world.machine.account_view(US).funds.margin_fen == 32_000_000
    assert world.machine.account_view(FAR).funds.margin_fen == 25_600_000


def test_the_higher_margin_wins(world: World) -> None:
    world.do(SetTenantRates(1, GOLD, rates(100_000), "u2", "u3"))
    (accepted,) = world.buy(US, 1, 40_000)
    assert (accepted.funds.frozen_margin_fen, accepted.funds.frozen_fee_fen) == (12_800_000, 0)


def test_an_order_gives_back_what_it_froze_whatever_the_rates_are_now(world: World) -> None:
    world.buy(US, 3, 40_000)
    world.do(SetTenantRates(1, GOLD, rates(300_000, open_fen=9), "u2", "u3"))
    _, trade = world.sell(FAR, 1, 40_000)
    assert trade.maker.funds.frozen_margin_fen == 2 * 12_800_000
    assert trade.maker.funds.margin_fen == 24_000_000
    assert trade.maker.fee_fen == 9


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (rates(0), rejects.FIELD_BAD),
        (rates(10_000_000), rejects.FIELD_BAD),
        (rates(160_000, open_fen=-1), rejects.FIELD_BAD),
        (rates(160_000, close_ppm=2_000_000), rejects.FIELD_BAD),
        (rates(160_000, close_today_fen=2**62), rejects.FIELD_BAD),
    ],
)
def test_rates_without_sense_are_refused(world: World, bad: Rates, code: str) -> None:
    assert world.refused(SetTenantRates(1, GOLD, bad, "u2", "u3")).code == code


def test_rates_need_two_people_a_tenant_and_a_contract(world: World) -> None:
    good = rates(160_000)
    assert world.refused(SetTenantRates(1, GOLD, good, "u2", "u2")).code == rejects.MAKER_IS_CHECKER
    assert world.refused(SetTenantRates(0, GOLD, good, "u2", "u3")).code == rejects.FIELD_BAD
    assert world.refused(SetTenantRates(1, 99, good, "u2", "u3")).code == rejects.INSTRUMENT_UNKNOWN
