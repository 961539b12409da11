"""Public market data of one contract in one web process: every frame is encoded once, whoever watches."""

from __future__ import annotations

import json
from typing import Final, Protocol

from trading.choices import OFFSET_WORDS, PHASE_WORDS, SIDE_WORDS
from trading.core.protocol import DepthFrame, MarketTrade
from trading.engine.types import CONTINUOUS
from trading.engine.venue_events import ContractTerms
from trading.engine.views import InstrumentStats
from trading.shapes.contracts import Contract
from trading.shapes.numbers import money, time_text
from trading.sockets.depth import DepthPicture

MS: Final = 1_000_000
BOOK5_EVERY_NS: Final = 250 * MS
TICKER_EVERY_NS: Final = 50 * MS
BARS_EVERY_NS: Final = 250 * MS
MINUTE_NS: Final = 60_000 * MS

KINDS: Final = ("book", "book5", "trades", "ticker", "bars")


class Watcher(Protocol):
    """A socket as a market channel sees it."""

    lagging: bool

    def push(self, frame: bytes) -> None:
        """Queue one frame."""

    def skip(self, channel: str) -> None:
        """Note that a frame of this channel was left out while the reader lags."""


class Channel:
    """One public channel: its watchers and the number of its last frame."""

    __slots__ = ("name", "seq", "watchers")

    def __init__(self, name: str) -> None:
        self.name = name
        self.seq = 0
        self.watchers: set[Watcher] = set()

    def publish(self, frame: bytes) -> None:
        """Hand one encoded frame to everybody who keeps up."""
        for watcher in self.watchers:
            if watcher.lagging:
                watcher.skip(self.name)
            else:
                watcher.push(frame)


class MinuteBar:
    """The bar that is being built."""

    __slots__ = ("close", "high", "low", "open", "open_interest", "seq", "start_ns", "volume")

    def __init__(self, *, start_ns: int, price: int) -> None:
        self.start_ns = start_ns
        self.open = self.high = self.low = self.close = price
        self.volume = 0
        self.open_interest = 0
        self.seq = 0

    def add(self, trade: MarketTrade) -> None:
        """Take one trade in."""
        price = trade.price_ticks
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.volume += trade.qty
        self.open_interest = trade.open_interest
        self.seq = trade.seq

    def json(self, contract: Contract, *, final: bool) -> str:
        """Return the bar as JSON text."""
        price = contract.price
        return (
            f'{{"start":"{time_text(self.start_ns)}","start_s":{self.start_ns // 1_000_000_000},'
            f'"open":"{price(self.open)}","high":"{price(self.high)}","low":"{price(self.low)}",'
            f'"close":"{price(self.close)}","volume":{self.volume},"open_interest":{self.open_interest},'
            f'"final":{"true" if final else "false"}}}'
        )


class MarketFeed:
    """Everything public about one contract."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.depth = DepthPicture(contract)
        self.stats: InstrumentStats | None = None
        self.stats_seq = 0
        self.phase = CONTINUOUS
        self._phase_seq = 0
        self.one_sided = 0
        self.ladder = (0, 0)  # step of the ladder of one-sided markets, and its direction
        self.expired = False
        self.bar: MinuteBar | None = None
        self.bar_through_seq = 0
        self.channels = {kind: Channel(_channel_name(kind, contract.symbol)) for kind in KINDS}
        self._sent_ns = {"book5": 0, "ticker": 0, "bars": 0}
        self._due = {"book5": False, "ticker": False, "bars": False}
        self._last = self._open = self._high = self._low = 0
        self._volume = self._turnover_fen = self._open_interest = 0
        self._traded_seq = 0
        self.day = 0
        # None while they are not known.
        self._previous_open_interest: int | None = None
        self._settlement: int | None = None
        self._quote: tuple[object, ...] = ()
        # Trades heard before the stored bar was read; None once it was.
        self._bar_backlog: list[MarketTrade] | None = []

    @property
    def last_ticks(self) -> int:
        """The last price, or the previous settlement before the first trade."""
        return self._last or self.contract.instrument.previous_settlement_ticks

    def load_stats(self, stats: InstrumentStats, *, seq: int) -> None:
        """Take over the core's figures of the day as of a number; later trades are added."""
        self.stats, self.stats_seq = stats, seq
        self.one_sided, self.expired = stats.one_sided, stats.expired
        self.ladder = (stats.ladder_step, stats.ladder_side)
        self._last, self._open, self._high, self._low = stats.last, stats.open, stats.high, stats.low
        self._volume, self._turnover_fen, self._open_interest = stats.volume, stats.turnover_fen, stats.open_interest
        self.put_phase(stats.phase, seq=seq)
        self._due["ticker"] = True

    def put_terms(self, row: ContractTerms, *, seq: int) -> None:
        """Take what venue rules make of the contract as of a number."""
        self.one_sided, self.ladder, self.expired = row.one_sided, (row.step, row.side), row.expired
        if row.expired:
            self._open_interest = 0  # all lots have gone with their contract
        self._due["ticker"] = True
        self.put_phase(row.phase, seq=seq)

    def put_phase(self, phase: int, *, seq: int) -> None:
        """Take the phase as of a number; an answer that was overtaken by newer news changes nothing."""
        if seq >= self._phase_seq:
            self.phase, self._phase_seq = phase, seq
            self._due["ticker"] = True

    def expect_day(self, trading_day: int) -> bool:
        """A trading day is running; True when what is stored of it is still to be loaded."""
        if self.day != trading_day:
            self.day = trading_day
            self._previous_open_interest = self._settlement = None
        return self._previous_open_interest is None

    def load_day(self, trading_day: int, *, previous_open_interest: int, settlement: int | None) -> None:
        """Take over what is stored of a trading day, unless another has begun; what was heard since stays."""
        if self.day == trading_day:
            self._previous_open_interest = previous_open_interest
            self._settlement = settlement if self._settlement is None else self._settlement
            self._due["ticker"] = True

    def put_settlement(self, ticks: int) -> None:
        """The day's settlement price is known."""
        self._settlement = ticks
        self._due["ticker"] = True

    def load_bar(self, bar: MinuteBar | None, *, through_seq: int) -> None:
        """Take over the stored minute as of a number and add the trades heard since."""
        backlog, self._bar_backlog = self._bar_backlog or [], None
        self.bar, self.bar_through_seq = bar, through_seq
        for trade in backlog:
            if trade.seq > through_seq:
                self._add_to_bar(trade)

    def put_depth(self, frame: DepthFrame) -> None:
        """Take a newer depth and tell the book's watchers."""
        delta = self.depth.put(seq=frame.seq, bids=frame.bids, asks=frame.asks, ts_ns=frame.market_ns)
        if delta is None:
            return
        channel = self.channels["book"]
        channel.seq = frame.seq
        if channel.watchers:
            channel.publish(delta)
        self._due["book5"] = True
        best = (frame.bids[:1], frame.asks[:1])
        if best != self._quote:
            self._quote = best
            self._due["ticker"] = True

    def put_trade(self, trade: MarketTrade) -> None:
        """Take one trade in and tell the trades' watchers."""
        if trade.seq > self.stats_seq:
            self._count(trade)
        if self._bar_backlog is not None:
            self._bar_backlog.append(trade)
        elif trade.seq > self.bar_through_seq:
            self._add_to_bar(trade)
        channel = self.channels["trades"]
        prev, channel.seq = channel.seq, trade.trade_id
        if channel.watchers:
            channel.publish(self._trade_frame(trade, prev=prev))

    def flush(self, *, at_ns: int) -> None:
        """Send what is due of the conflated channels; called a few times a second."""
        for kind, every_ns in (("ticker", TICKER_EVERY_NS), ("book5", BOOK5_EVERY_NS), ("bars", BARS_EVERY_NS)):
            if not self._due[kind] or at_ns - self._sent_ns[kind] < every_ns:
                continue
            self._due[kind] = False
            self._sent_ns[kind] = at_ns
            channel = self.channels[kind]
            if channel.watchers:
                frame = self.snapshot(kind)
                if frame is not None:
                    channel.publish(frame)

    def snapshot(self, kind: str) -> bytes | None:
        """Return a channel's whole present state as one frame; None where there is no state (trades, no bar yet)."""
        if kind == "book":
            return self.depth.full()
        if kind == "book5":
            return self.depth.full5()
        if kind == "ticker":
            seq = max(self.stats_seq, self._traded_seq, self.depth.seq, self._phase_seq)
            return self._frame("ticker", seq=seq, data=json.dumps(self.ticker()))
        if kind == "bars" and self.bar is not None:
            return self._frame("bars", seq=self.bar.seq, data=self.bar.json(self.contract, final=False))
        return None

    def ticker(self) -> dict[str, object]:
        """Return the ticker's figures."""
        contract, price = self.contract, self.contract.price
        settlement = contract.instrument.previous_settlement_ticks
        bids, asks = self.depth.bids, self.depth.asks
        held = self._previous_open_interest
        return {
            "symbol": contract.symbol,
            "phase": PHASE_WORDS[self.phase],
            "one_sided": SIDE_WORDS.get(self.one_sided),
            "ladder_step": self.ladder[0],
            "ladder_side": SIDE_WORDS.get(self.ladder[1]),
            "expired": self.expired,
            "last": _price(contract, self._last),
            "change": contract.price(self._last - settlement) if self._last else None,
            "open": _price(contract, self._open),
            "high": _price(contract, self._high),
            "low": _price(contract, self._low),
            "volume": self._volume,
            "turnover": money(self._turnover_fen),
            "average_price": contract.day_average(volume=self._volume, turnover_fen=self._turnover_fen),
            "open_interest": self._open_interest,
            "open_interest_change": None if held is None else self._open_interest - held,
            "bid": price(bids[0][0]) if bids else None,
            "bid_qty": bids[0][1] if bids else 0,
            "ask": price(asks[0][0]) if asks else None,
            "ask_qty": asks[0][1] if asks else 0,
            "upper_limit": price(contract.upper_ticks),
            "lower_limit": price(contract.lower_ticks),
            "previous_settlement": price(settlement),
            "settlement": None if self._settlement is None else price(self._settlement),
        }

    def _count(self, trade: MarketTrade) -> None:
        price = trade.price_ticks
        self._traded_seq = trade.seq
        self._open = self._open or price
        self._high = max(self._high, price)
        self._low = min(self._low or price, price)
        self._last = price
        self._volume += trade.qty
        self._turnover_fen += price * trade.qty * self.contract.instrument.tick_value_fen
        self._open_interest = trade.open_interest
        self._due["ticker"] = True

    def _add_to_bar(self, trade: MarketTrade) -> None:
        start_ns = trade.market_ns - trade.market_ns % MINUTE_NS
        bar = self.bar
        if bar is not None and start_ns > bar.start_ns:
            channel = self.channels["bars"]
            if channel.watchers:
                channel.publish(self._frame("bars", seq=bar.seq, data=bar.json(self.contract, final=True)))
            bar = None
        if bar is None:
            bar = self.bar = MinuteBar(start_ns=start_ns, price=trade.price_ticks)
        bar.add(trade)
        self._due["bars"] = True

    def _trade_frame(self, trade: MarketTrade, *, prev: int) -> bytes:
        return (
            f'{{"ch":"{self.channels["trades"].name}","seq":{trade.trade_id},"prev":{prev},"type":"event",'
            f'"ts_ns":{trade.market_ns},"data":{{"id":"{trade.trade_id}",'
            f'"price":"{self.contract.price(trade.price_ticks)}","qty":{trade.qty},'
            f'"side":"{SIDE_WORDS[trade.taker_side]}","taker_effect":"{OFFSET_WORDS[trade.taker_offset]}",'
            f'"maker_effect":"{OFFSET_WORDS[trade.maker_offset]}","open_interest":{trade.open_interest},'
            f'"journal_seq":{trade.seq},"at":"{time_text(trade.market_ns)}"}}}}'
        ).encode()

    def _frame(self, kind: str, *, seq: int, data: str) -> bytes:
        channel = self.channels[kind]
        channel.seq = seq
        return (
            f'{{"ch":"{channel.name}","seq":{seq},"prev":null,"type":"snapshot","ts_ns":{self.depth.ts_ns},'
            f'"data":{data}}}'
        ).encode()


def _channel_name(kind: str, symbol: str) -> str:
    return f"bars.{symbol}.1m" if kind == "bars" else f"{kind}.{symbol}"


def _price(contract: Contract, ticks: int) -> str | None:
    return contract.price(ticks) if ticks else None
