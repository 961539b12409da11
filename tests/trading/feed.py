"""A market in memory: commands go through the real engine, come out as journal batches, and into the tables."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import psycopg
from msgspec.structs import astuple

from trading.core.followers import Follower
from trading.core.journal import (
    Batch,
    Record,
    decode_records,
    encode_records,
    head_of,
    read_head,
    sealed_row,
)
from trading.engine import commands as cmd
from trading.engine import types as t
from trading.engine.events import Event
from trading.engine.instrument import Fees, Instrument, Rates
from trading.engine.machine import Machine

SECOND = 1_000_000_000
START_NS = 1_795_395_600 * SECOND  # 2026-11-23 09:00 in Shanghai
DAY_ONE = 20261123
AU, AG = 1, 2


def gold(**changes: Any) -> Instrument:
    """SHFE gold with fees by lot: 10 CNY to open and close, nothing to close today's lots."""
    values: dict[str, Any] = {
        "instrument_id": AU,
        "symbol": "SHFE.au2612",
        "venue": "SHFE",
        "product": "au",
        "name_zh": "沪金2612",
        "name_en": "Gold 2612",
        "multiplier": 1000,
        "tick_e4": 200,
        "tick_value_fen": 2000,
        "rates": Rates(160_000, 160_000, Fees(open_fen=1000, close_fen=1000)),
        "limit_ppm": 140_000,
        "band_rounds_down": True,
        "close_means_yesterday": True,
        "max_order_qty": 500,
        "previous_settlement_ticks": 40_000,
        "last_trading_day": 20261215,
    }
    return Instrument(**{**values, **changes})


def silver() -> Instrument:
    """SHFE silver with fees by turnover."""
    return gold(
        instrument_id=AG,
        symbol="SHFE.ag2612",
        product="ag",
        name_zh="沪银2612",
        name_en="Silver 2612",
        multiplier=15,
        tick_e4=10_000,
        tick_value_fen=1500,
        rates=Rates(210_000, 220_000, Fees(open_ppm=50, close_ppm=50, close_today_ppm=25)),
        previous_settlement_ticks=8_000,
        last_trading_day=20261215,
    )


@dataclass
class Feed:
    """The engine and what it has journaled and not yet handed out."""

    machine: Machine = field(default_factory=Machine)
    at_ns: int = START_NS
    first_seq: int = 1
    records: list[Record] = field(default_factory=list)
    orders: int = 0

    def do(self, command: cmd.AnyCommand) -> list[Event]:
        """Apply one command and journal it."""
        self.at_ns += 1_000_000
        events = self.machine.apply(command, self.at_ns, self.at_ns)
        if self.machine.seq == self.first_seq + len(self.records):
            self.records.append(Record(command, self.at_ns, self.at_ns, events))
        return events

    def open_market(self, *, accounts: dict[int, int], cash_fen: int = 500_000_000_00) -> None:
        """Contracts, the first day, and funded accounts (account number → tenant)."""
        self.do(cmd.PutInstrument(0, gold(), "u1"))
        self.do(cmd.PutInstrument(0, silver(), "u1"))
        self.do(cmd.RollDay(0, DAY_ONE, [(AU, 40_000), (AG, 8_000)], "u1"))
        for account_id, tenant_id in accounts.items():
            self.do(cmd.OpenAccount(tenant_id, account_id, 0, "system"))
            self.deposit(account_id, cash_fen)

    def deposit(self, account_id: int, amount_fen: int) -> list[Event]:
        """Pay in."""
        tenant_id = self.machine.state.accounts[account_id].tenant_id
        reference = f"d-{account_id}-{self.machine.seq}"
        return self.do(cmd.MoveCash(tenant_id, account_id, t.DEPOSIT, amount_fen, reference, "u2", "u3"))

    def order(
        self,
        account_id: int,
        side: int,
        qty: int,
        price: int,
        *,
        offset: int = t.OPEN,
        kind: int = t.LIMIT,
        tif: int = t.DAY,
        instrument: int = AU,
        name: str = "",
    ) -> list[Event]:
        """Enter an order."""
        self.orders += 1
        tenant_id = self.machine.state.accounts[account_id].tenant_id
        return self.do(
            cmd.PlaceOrder(
                tenant_id,
                account_id,
                name or f"c-{self.orders}",
                self.machine.trading_day,
                instrument,
                side,
                offset,
                kind,
                tif,
                qty,
                price,
                "u9",
            )
        )

    def roll(self, next_day: int, *, gold_ticks: int = 40_000, silver_ticks: int = 8_000) -> list[Event]:
        """End the day."""
        return self.do(cmd.RollDay(0, next_day, [(AU, gold_ticks), (AG, silver_ticks)], "u1"))

    def noise(self, count: int, *, seed: int) -> None:
        """Random orders, cancels and replaces of all accounts, many of them refused."""
        dice = random.Random(seed)
        accounts = self.machine.account_ids()
        for _ in range(count):
            self._one(dice, dice.choice(accounts))

    def _one(self, dice: random.Random, account_id: int) -> None:
        what = dice.random()
        view = self.machine.account_view(account_id)
        assert view is not None
        if what < 0.15 and view.orders:
            order = dice.choice(view.orders)
            self.do(cmd.CancelOrder(view.tenant_id, account_id, order.order_id, "", "u9"))
        elif what < 0.25 and view.orders:
            order = dice.choice(view.orders)
            price = order.price_ticks + dice.randint(-2, 2)
            self.do(cmd.ReplaceOrder(view.tenant_id, account_id, order.order_id, dice.randint(1, 9), price, "u9"))
        else:
            instrument = dice.choice([AU, AU, AG])
            middle = 40_000 if instrument == AU else 8_000
            self.order(
                account_id,
                dice.choice([t.BUY, t.SELL]),
                dice.choice([1, 2, 3, 5, 0]) if dice.random() < 0.3 else dice.randint(1, 6),
                middle + dice.randint(-6, 6) if dice.random() < 0.97 else middle * 2,
                offset=dice.choice([t.OPEN, t.AUTO, t.AUTO, t.CLOSE, t.CLOSE_TODAY, t.CLOSE_YESTERDAY]),
                kind=t.MARKET if dice.random() < 0.05 else t.LIMIT,
                tif=dice.choice([t.DAY, t.DAY, t.DAY, t.IOC, t.FOK]),
                instrument=instrument,
            )

    def batches(self, *, size: int = 7) -> list[Batch]:
        """Hand out what was journaled since the last call, in rows of `size` commands, as they come off the wire."""
        records: list[Record] = decode_records(encode_records(self.records))
        made = []
        for start in range(0, len(records), size):
            part = records[start : start + size]
            first = self.first_seq + start
            for seq, record in enumerate(part, first):
                record.seq = seq
            made.append(Batch(first, first + len(part) - 1, 1, part, part[-1].at_ns))
        self.first_seq += len(records)
        self.records = []
        return made


def follow(
    follower: Follower, batches: list[Batch], connection: psycopg.Connection[Any], *, per_flush: int = 3
) -> None:
    """Run a follower over batches as its thread does: position, effects and move in one transaction each."""
    with connection.transaction(), connection.cursor() as cursor:
        position = follower.position(cursor)
        follower.prepare(cursor)
    todo = [batch for batch in batches if batch.first_seq > position]
    for start in range(0, len(todo), per_flush):
        part = todo[start : start + per_flush]
        with connection.transaction(), connection.cursor() as cursor:
            follower.handle(part, cursor)
            follower.move(part, cursor)
        follower.committed(part, committed_ns=part[-1].records[-1].at_ns + 5_000_000)


def write_journal(connection: psycopg.Connection[Any], batches: list[Batch]) -> None:
    """Put batches into the journal's table, chained as the core chains them."""
    head = read_head(connection)
    connection.execute("update trading_epoch set epoch = 1")
    for batch in batches:
        payload = encode_records([[r.command, r.at_ns, r.market_ns, r.events] for r in batch.records])
        row = sealed_row(
            prev_hash=head.hash,
            first_seq=batch.first_seq,
            last_seq=batch.last_seq,
            epoch=1,
            engine_version=t.ENGINE_VERSION,
            at_ns=batch.records[-1].at_ns,
            payload=payload,
        )
        connection.execute(
            "insert into trading_journal (first_seq, last_seq, epoch, engine_version, at_ns, prev_hash, hash, payload)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s)",
            astuple(row),
        )
        head = head_of(row)
