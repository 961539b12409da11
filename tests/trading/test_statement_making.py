"""Statements out of the journal: the golden vector, random life, interruption, corrections, and the comparison."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.trading.feed import AG, AU, Feed, follow, gold, silver, write_journal
from trading.core.journal import Batch
from trading.engine import commands as cmd
from trading.engine import types as t
from trading.engine.ladders import Delivery, DeliveryStep
from trading.engine.parameters import Parameters
from trading.projections.follower import ProjectionFollower
from trading.services.housekeeping import StatementDuty
from trading.services.statement_checking import statements_check
from trading.services.statement_making import statements_make
from trading.statements import model as m
from trading.statements.sheet import lay_out

D1, D2, D3 = 20261123, 20261124, 20261125


def project(feed: Feed, db_core: psycopg.Connection[Any], *, follower: ProjectionFollower | None = None) -> None:
    batches = feed.batches()
    write_journal(db_core, batches)
    follow(follower or ProjectionFollower(), batches, db_core, per_flush=20)


def make(db_core: psycopg.Connection[Any]) -> int:
    return sum(statements_make(db_core))


def statement(db_core: psycopg.Connection[Any], account_id: int, day: int, version: int = 1) -> m.Statement:
    row = db_core.execute(
        "select body, sha256 from trading_statement where account_id = %s and trading_day = %s and version = %s",
        [account_id, day, version],
    ).fetchone()
    assert row is not None
    assert m.digest(bytes(row[0])) == row[1]
    return m.parse(row[0])


def ticks(price: float) -> int:
    return round(price * 50)


@pytest.fixture
def golden(tenants: None, db_core: psycopg.Connection[Any]) -> Feed:
    """The two days of the golden vector, between accounts of two brokers."""
    feed = Feed()
    feed.do(cmd.PutInstrument(0, gold(), "u1"))
    feed.do(cmd.RollDay(0, D1, [(AU, ticks(800.00))], "u1"))
    for account_id, tenant_id in ((7001, 2), (7002, 3)):
        feed.do(cmd.OpenAccount(tenant_id, account_id, 0, "system"))
        feed.deposit(account_id, 500_000_000)
    feed.order(7002, t.SELL, 3, ticks(801.00))
    feed.order(7001, t.BUY, 3, ticks(801.00))
    feed.order(7002, t.BUY, 1, ticks(803.00), offset=t.CLOSE_TODAY)
    feed.order(7001, t.SELL, 1, ticks(803.00), offset=t.CLOSE_TODAY)
    feed.do(cmd.RollDay(0, D2, [(AU, ticks(802.40))], "u1"))
    feed.order(7002, t.SELL, 1, ticks(806.00))
    feed.order(7001, t.BUY, 1, ticks(806.00))
    feed.order(7002, t.BUY, 1, ticks(805.00), offset=t.CLOSE_YESTERDAY)
    feed.order(7001, t.SELL, 1, ticks(805.00), offset=t.CLOSE_YESTERDAY)
    feed.do(cmd.RollDay(0, D3, [(AU, ticks(799.00))], "u1"))
    project(feed, db_core)
    return feed


def test_the_golden_vector_stands_in_the_statements(golden: Feed, db_core: psycopg.Connection[Any]) -> None:
    assert make(db_core) == 4
    one = statement(db_core, 7001, D1)
    assert one.by_date == m.Summary(0, 500_000_000, 0, 0, 200_000, 280_000, 3_000, 500_477_000, 500_477_000)
    assert one.by_trade == m.Summary(0, 500_000_000, 0, 0, 200_000, 280_000, 3_000, 500_197_000, 500_477_000)
    assert one.funds == m.Funds(0, 25_676_800, 0, 474_800_200, 51_305, 0)
    assert [(row.kind, row.amount_fen) for row in one.cash] == [("deposit", 500_000_000)]
    assert [(row.side, row.offset, row.qty, row.turnover_fen, row.fee_fen) for row in one.trades] == [
        (t.BUY, t.OPEN, 3, 240_300_000, 3_000),
        (t.SELL, t.CLOSE_TODAY, 1, 80_300_000, 0),
    ]
    assert [(row.opened_day, row.open_ticks, row.price_ticks, row.close_profit_fen) for row in one.closed] == [
        (D1, ticks(801.00), ticks(803.00), 200_000)
    ]
    assert one.lots == [
        m.LotRow(AU, t.LONG, 2, D1, ticks(801.00), 280_000, 280_000, 25_676_800),
    ]
    assert one.positions == [m.PositionRow(AU, t.LONG, 2, 160_200_000, 280_000, 280_000, 25_676_800)]
    (contract,) = one.contracts
    assert (contract.previous_settlement_ticks, contract.settlement_ticks) == (ticks(800.00), ticks(802.40))

    two = statement(db_core, 7001, D2)
    # By date 2,600.00 closed and 10,400.00 marked against us; by trade 4,000.00 closed and 9,000.00 floating.
    assert two.by_date == m.Summary(500_477_000, 0, 0, 0, 260_000, -1_040_000, 2_000, 499_695_000, 499_695_000)
    assert two.by_trade == m.Summary(500_197_000, 0, 0, 0, 400_000, -900_000, 2_000, 500_595_000, 499_695_000)
    assert two.funds.initial_margin_fen == 25_676_800
    assert two.funds.margin_fen == 25_568_000
    assert [(row.opened_day, row.close_profit_fen, row.close_profit_trade_fen) for row in two.closed] == [
        (D1, 260_000, 400_000)
    ]
    assert [(row.opened_day, row.position_profit_fen, row.floating_fen) for row in two.lots] == [
        (D1, -340_000, -200_000),
        (D2, -700_000, -700_000),
    ]
    assert (two.paper.tenant_name, two.created_day) == ("b2", D1)


def test_makes_each_statement_once(
    golden: Feed, db_core: psycopg.Connection[Any], db_owner: psycopg.Connection[Any]
) -> None:
    assert make(db_core) == 4
    before = db_core.execute("select id, sha256 from trading_statement order by id").fetchall()
    assert make(db_core) == 0
    # Its end forgotten, a day is made once more, and what stands is left alone.
    db_owner.execute("delete from trading_statement_day where trading_day = %s", [D2])
    make(db_core)
    assert db_core.execute("select id, sha256 from trading_statement order by id").fetchall() == before


@pytest.fixture
def settled(busy: Feed, db_core: psycopg.Connection[Any]) -> Feed:
    """Random life of two days, and a third that is settled in steps."""
    feed = busy
    feed.do(cmd.SetKill(0, t.KILL_INSTRUMENT, AG, False, "test", "u1"))
    feed.noise(80, seed=9)
    feed.do(cmd.BeginSettlement(0, 20261126, [], "u1"))
    feed.do(cmd.SettleAccounts(0, 0, 2, "u1"))
    feed.do(cmd.SettleAccounts(0, 7002, 500, "u1"))
    feed.do(cmd.EndSettlement(0, "u1"))
    feed.noise(10, seed=11)
    return feed


def test_every_statement_of_random_life_is_what_the_journal_gives(
    settled: Feed, db_core: psycopg.Connection[Any]
) -> None:
    project(settled, db_core)
    assert make(db_core) == 15
    checked = statements_check(db_core)
    assert (checked.days, checked.statements, checked.breaches) == (3, 15, [])
    # Lots of the last statements are the engine's own, one by one.
    for account_id in (7001, 7002, 7003, 7004, 7005):
        # What random life did after the last settlement is told apart by its day.
        view = settled.machine.account_view(account_id)
        assert view is not None
        stands = statement(db_core, account_id, D3)
        assert stands.by_date.balance_cf_fen == view.pre_balance_fen
        assert stands.closed or stands.trades


def test_lots_are_the_engines_own(settled: Feed, db_core: psycopg.Connection[Any]) -> None:
    feed = settled
    feed.roll(20261127, gold_ticks=40_000, silver_ticks=8_000)
    project(feed, db_core)
    make(db_core)
    held = 0
    for account_id in (7001, 7002, 7003, 7004, 7005):
        view = feed.machine.account_view(account_id)
        assert view is not None
        lots = [(lot.instrument_id, lot.side, lot.qty, lot.price_ticks, lot.opened_day) for lot in view.lots]
        mine = [
            (lot.instrument_id, lot.side, lot.qty, lot.open_ticks, lot.opened_day)
            for lot in statement(db_core, account_id, 20261126).lots
        ]
        assert joined(mine) == joined(lots)
        held += len(mine)
    assert held > 5


def joined(lots: list[tuple[int, ...]]) -> list[list[int]]:
    """Neighbours of one price and day as one: the engine joins them."""
    rows: list[list[int]] = []
    for key, side, qty, price, day in lots:
        if rows and rows[-1][:2] + rows[-1][3:] == [key, side, price, day]:
            rows[-1][2] += qty
        else:
            rows.append([key, side, qty, price, day])
    return rows


def test_goes_on_where_it_was_cut_off_and_gives_the_same_bytes(
    settled: Feed, db_core: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trading.services.statement_making.SLICE_STATEMENTS", 2)
    project(settled, db_core)
    work = statements_make(db_core)
    while next(work) == 0:
        pass
    work.close()
    # What is still being made is neither missed nor without origin.
    assert statements_check(db_core).breaches == []
    assert db_core.execute("select count(*) from trading_statement").fetchone() == (2,)
    assert db_core.execute("select count(*) from trading_statement_day where trading_day > 0").fetchone() == (0,)
    make(db_core)
    assert db_core.execute("select count(*) from trading_statement").fetchone() == (15,)
    assert statements_check(db_core).breaches == []


def test_a_correction_is_a_new_version_and_a_posting_of_today(golden: Feed, db_core: psycopg.Connection[Any]) -> None:
    make(db_core)
    feed = golden
    feed.do(cmd.CorrectStatement(2, 7001, D1, 1_000, "手续费多收", "k1", "u2", "u3"))
    feed.do(cmd.CorrectStatement(2, 7001, D1, -250, "again", "k2", "u2", "u3"))
    feed.do(cmd.RollDay(0, 20261126, [(AU, ticks(799.00))], "u1"))
    project(feed, db_core)
    make(db_core)
    first, second, third = (statement(db_core, 7001, D1, version) for version in (1, 2, 3))
    assert first.corrections == []
    (row,) = second.corrections
    assert (row.version, row.amount_fen, row.reason, row.booked_day, row.maker) == (2, 1_000, "手续费多收", D3, "u2")
    assert [row.amount_fen for row in third.corrections] == [1_000, -250]
    assert (third.by_date, third.trades) == (first.by_date, first.trades)
    today = statement(db_core, 7001, D3)
    assert [(row.kind, row.amount_fen, row.corrected_day) for row in today.cash] == [
        ("correction", 1_000, D1),
        ("correction", -250, D1),
    ]
    assert today.by_date.correction_fen == 750
    assert today.by_date.balance_bf_fen == 499_695_000
    assert today.by_date.balance_cf_fen == 499_695_750
    assert statements_check(db_core).breaches == []
    postings = db_core.execute(
        "select debit, credit, amount_fen from trading_posting where kind = 6 order by journal_seq"
    ).fetchall()
    assert postings == [("correction:2", "client:7001", 1_000), ("client:7001", "correction:2", 250)]


def change(db_owner: psycopg.Connection[Any], statement: str) -> None:
    db_owner.execute("alter table trading_statement disable trigger insert_only")
    assert db_owner.execute(statement).rowcount >= 1
    db_owner.execute("alter table trading_statement enable trigger insert_only")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            "update trading_statement set body = convert_to(replace(convert_from(body, 'UTF8'), '500477000',"
            " '500477001'), 'UTF8') where account_id = 7001 and trading_day = 20261123",
            "stored with other bytes",
        ),
        ("update trading_statement set sha256 = repeat('0', 64) where account_id = 7001", "another hash"),
        ("update trading_statement set equity_fen = equity_fen + 1 where account_id = 7002", "the row's figures"),
        ("delete from trading_statement where account_id = 7002 and trading_day = 20261124", "is missing"),
        ("update trading_statement set version = 4 where account_id = 7002 and trading_day = 20261124", "no origin"),
        ("update trading_statement set body = 'nothing' where account_id = 7001", "stored with other bytes"),
    ],
)
def test_the_comparison_finds_damage(
    golden: Feed, db_core: psycopg.Connection[Any], db_owner: psycopg.Connection[Any], damage: str, said: str
) -> None:
    make(db_core)
    assert statements_check(db_core).breaches == []
    change(db_owner, damage)
    breaches = statements_check(db_core).breaches
    assert breaches
    assert any(said in text for text in breaches)
    # One day, one account: what lies elsewhere is not told.
    assert statements_check(db_core, trading_day=D3).breaches == []


def test_the_web_may_not_write_statements(golden: Feed, db_core: psycopg.Connection[Any]) -> None:
    make(db_core)
    granted = db_core.execute(
        "select privilege_type from information_schema.role_table_grants where table_name = 'trading_statement'"
        " and grantee like '%web'"
    ).fetchall()
    assert granted in ([("SELECT",)], [])
    with pytest.raises(psycopg.Error):
        db_core.execute("update trading_statement set equity_fen = 0")


def test_the_followers_process_makes_them_by_itself(golden: Feed, db_core: psycopg.Connection[Any]) -> None:
    duty = StatementDuty()
    made = sum(duty.run(now_s=number / 10) for number in range(200))
    assert made == 4
    assert duty.run(now_s=100.0) == 0
    duty.close()
    assert statements_check(db_core).breaches == []


def test_silver_is_in_the_books_too(settled: Feed, db_core: psycopg.Connection[Any]) -> None:
    project(settled, db_core)
    make(db_core)
    symbols = {row.symbol for account in (7001, 7002, 7003) for row in statement(db_core, account, D1).contracts}
    assert symbols == {gold().symbol, silver().symbol}


def test_a_day_that_ends_inside_a_batch_loses_nothing(settled: Feed, db_core: psycopg.Connection[Any]) -> None:
    (batch,) = [whole(settled)]
    write_journal(db_core, [batch])
    follow(ProjectionFollower(), [batch], db_core, per_flush=1)
    assert make(db_core) == 15
    assert statements_check(db_core).breaches == []


def whole(feed: Feed) -> Batch:
    batches = feed.batches()
    records = [record for batch in batches for record in batch.records]
    return Batch(batches[0].first_seq, batches[-1].last_seq, batches[0].epoch, records, batches[-1].committed_ns)


def test_fees_for_messages_and_the_larger_side_stand_in_it(tenants: None, db_core: psycopg.Connection[Any]) -> None:
    feed = Feed()
    feed.open_market(accounts={7001: 2, 7003: 3})
    row = Parameters(order_fen=100, cancel_fen=250, larger_side=1)
    feed.do(cmd.PutParameters(0, 0, AU, "", False, 20261124, row, "notice 7", "u2", "u3"))
    feed.roll(20261124, gold_ticks=40_000)
    for side, other in ((t.SELL, t.BUY), (t.BUY, t.SELL)):  # both sides held, long and short
        feed.order(7003, side, 2 if side == t.SELL else 1, 40_000)
        feed.order(7001, other, 2 if side == t.SELL else 1, 40_000)
    resting = feed.order(7001, t.BUY, 1, 39_900)[0]
    feed.do(cmd.CancelOrder(2, 7001, resting.order_id, "", "u1"))
    feed.roll(20261125, gold_ticks=40_010)
    project(feed, db_core)
    make(db_core)
    one = statement(db_core, 7001, 20261124)
    assert one.messages == [m.MessageRow(AU, 1, 3, 300), m.MessageRow(AU, 2, 1, 250)]
    assert one.by_date.fee_fen == sum(row.fee_fen for row in one.trades) + 550
    margins = {row.side: row.margin_fen for row in one.positions}
    assert one.funds.margin_fen == max(margins.values()) < sum(margins.values())
    assert statements_check(db_core).breaches == []


@pytest.mark.parametrize("in_steps", [False, True])
def test_lots_that_expired_stand_in_the_next_days_statement(
    tenants: None, db_core: psycopg.Connection[Any], in_steps: bool
) -> None:
    feed = Feed()
    feed.open_market(accounts={7001: 2, 7003: 3})
    feed.do(cmd.PutInstrument(0, gold(last_trading_day=D1), "u1"))
    feed.do(cmd.PutDelivery(0, AU, Delivery([DeliveryStep(D1, 170_000)]), "u2", "u3"))
    feed.order(7003, t.SELL, 3, 40_100)
    feed.order(7001, t.BUY, 3, 40_100)
    prices = [(AU, 40_300), (AG, 8_000)]
    if in_steps:
        feed.do(cmd.BeginSettlement(0, D2, prices, "system"))
        feed.do(cmd.SettleAccounts(0, 0, 500, "system"))
        feed.do(cmd.EndSettlement(0, "system"))
    else:
        feed.do(cmd.RollDay(0, D2, prices, "system"))
    feed.do(cmd.RollDay(0, D3, prices[1:], "system"))
    project(feed, db_core)
    assert make(db_core) == 4
    one, two = statement(db_core, 7001, D1), statement(db_core, 7001, D2)
    assert (one.expired, [row.qty for row in one.lots]) == ([], [3])
    assert two.expired == [m.ExpiredRow(AU, t.LONG, 3, 40_300, D1, 1_200_000)]
    assert two.closed == [m.ClosedRow(0, AU, t.SELL, 3, D1, 40_100, 40_300, 0, 1_200_000)]
    assert (two.lots, two.positions, two.funds.margin_fen) == ([], [], 0)
    assert (two.by_date.close_profit_fen, two.by_trade.close_profit_fen) == (0, 1_200_000)
    assert two.by_trade.balance_cf_fen == one.by_trade.balance_cf_fen + 1_200_000 == two.by_date.balance_cf_fen
    assert statement(db_core, 7003, D2).expired[0].close_profit_trade_fen == -1_200_000
    sections = {section.name: section for section in lay_out(m.canonical(two), basis="trade").sections}
    assert sections["expired"].rows[0][-3:] == ["3", "806.00", "12,000.00"]
    assert statements_check(db_core).breaches == []


@pytest.fixture
def hedger(tenants: None, db_core: psycopg.Connection[Any]) -> Feed:
    """7001 speculates, closes, and hedges from the middle of the first day on; 7002 speculates all the time."""
    feed = Feed()
    feed.open_market(accounts={7001: 2, 7002: 3})
    feed.order(7002, t.SELL, 1, 40_000)
    feed.order(7001, t.BUY, 1, 40_000)
    feed.order(7002, t.BUY, 1, 40_000, offset=t.CLOSE_TODAY)
    feed.order(7001, t.SELL, 1, 40_000, offset=t.CLOSE_TODAY)
    feed.do(cmd.SetHedge(2, 7001, True, "u2", "u3"))
    for day in (D2, D3):
        feed.order(7002, t.SELL, 2, 40_000)
        feed.order(7001, t.BUY, 2, 40_000)
        feed.roll(day)
    project(feed, db_core)
    return feed


def test_a_statement_says_what_the_account_was_for_at_each_moment(
    hedger: Feed, db_core: psycopg.Connection[Any]
) -> None:
    assert make(db_core) == 4
    one, two = statement(db_core, 7001, D1), statement(db_core, 7001, D2)
    assert ([row.hedge for row in one.trades], one.hedge) == ([False, False, True], True)
    assert ([row.hedge for row in two.trades], two.hedge) == ([True], True)
    other = statement(db_core, 7002, D2)
    assert ([row.hedge for row in other.trades], other.hedge) == ([False], False)
    assert statements_check(db_core).breaches == []


def test_old_statements_stay_as_they_are_and_the_next_ones_know_the_purpose(
    hedger: Feed, db_core: psycopg.Connection[Any], db_owner: psycopg.Connection[Any]
) -> None:
    assert make(db_core) == 4
    # As an installation of the version before has it: the first day in form 1, nothing kept of who hedged.
    for account_id in (7001, 7002):
        body = m.canonical(m.in_form(statement(db_core, account_id, D1), 1))
        assert b"hedge" not in body
        change(
            db_owner,
            f"update trading_statement set body = decode('{body.hex()}', 'hex'), sha256 = '{m.digest(body)}'"
            f" where account_id = {account_id} and trading_day = {D1}",
        )
    second = {account_id: m.canonical(statement(db_core, account_id, D2)) for account_id in (7001, 7002)}
    change(db_owner, f"delete from trading_statement where trading_day = {D2}")
    db_owner.execute("delete from trading_statement_day where trading_day = %s", [D2])
    db_owner.execute("update trading_statement_day set hedging = null")
    assert make(db_core) == 2
    assert {key: m.canonical(statement(db_core, key, D2)) for key in second} == second
    assert statements_check(db_core).breaches == []
    db_owner.execute("delete from trading_statement_day")  # made again in full: what stands is left alone
    make(db_core)
    assert statement(db_core, 7001, D1).form == 1
    assert statements_check(db_core).breaches == []
