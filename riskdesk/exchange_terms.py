"""What the exchange asks of contracts, followed from events: its dated rows, floors of ladders and roads, settlements.

Pure, and no rule of its own: the terms are kept in the counter's objects and the margin is made by the counter's
function, so the desk cannot say another figure than the engine that judges a liquidation by it.
"""

from __future__ import annotations

from collections.abc import Iterable

from riskdesk.opened_lots import OpenedLots
from trading.engine import events as ev
from trading.engine import parameter_events, venue_events
from trading.engine.counter.contracts import Contract
from trading.engine.counter.liquidations import lots_exchange_fen
from trading.engine.counter.parameter_book import ParameterBook
from trading.engine.instrument import Instrument
from trading.engine.parameters import ParameterRow


class ExchangeTerms:
    """Every contract at the exchange's own terms. Rows of brokers and their clients do not belong here."""

    def __init__(self) -> None:
        self.book = ParameterBook()
        self.contracts: dict[int, Contract] = {}

    def put_contract(self, spec: Instrument) -> None:
        """Take a contract, or its new terms."""
        contract = self.contracts.get(spec.instrument_id)
        if contract is None:
            self.contracts[spec.instrument_id] = Contract(spec, self.book)
        else:
            contract.put_spec(spec)

    def put_row(self, row: ParameterRow) -> None:
        """Take a dated row of the exchange; one that is known already changes nothing."""
        if not row.tenant_id and row.row_id not in self.book.by_id:
            self.book.put(row)

    def drop_row(self, row: ParameterRow) -> None:
        """Forget a row that was taken back before its day."""
        if row.row_id in self.book.by_id:
            self.book.drop(self.book.by_id[row.row_id])

    def put_floor(self, instrument_id: int, margin_floor_ppm: int) -> None:
        """Take the least margin that a ladder or the road to delivery asks of anybody."""
        if instrument_id in self.contracts:
            self.contracts[instrument_id].put_floor(margin_floor_ppm)

    def begin_day(self, day: int, settlements: Iterable[tuple[int, int]]) -> None:
        """Put the rows of a day in force and contracts on their settlement prices (contract, ticks)."""
        if day >= self.book.day:
            self.book.begin_day(day)
        for instrument_id, ticks in settlements:
            if instrument_id in self.contracts:
                self.contracts[instrument_id].put_settlement(ticks)

    def apply(self, event: ev.Event) -> list[int]:
        """Fold one event; gives the contracts whose margin it may have moved."""
        if isinstance(event, ev.InstrumentPut):
            self.put_contract(event.instrument)
            return [event.instrument.instrument_id]
        if isinstance(event, parameter_events.ParametersPut):
            self.put_row(event.row)
        elif isinstance(event, parameter_events.ParametersWithdrawn):
            self.drop_row(event.row)
        elif isinstance(event, venue_events.ContractsMoved):
            for row in event.rows:
                self.put_floor(row.instrument_id, row.margin_floor_ppm)
            return [row.instrument_id for row in event.rows]
        elif isinstance(event, ev.SettlementBegun):
            self.begin_day(event.next_trading_day, [(row[0], row[1]) for row in event.rows])
            return list(self.contracts)
        elif isinstance(event, ev.DayRolled):
            self.begin_day(event.trading_day, [(row[0], row[1]) for row in event.settlement])
            return list(self.contracts)
        return []

    def margin_fen(self, position: ev.PositionState, today: OpenedLots) -> int:
        """The exchange's margin of a position with its lots of today."""
        contract = self.contracts.get(position.instrument_id)
        if contract is None:
            return 0
        side = position.side
        return lots_exchange_fen(contract, side, position.yesterday_qty, ()) + today.margin_fen(contract, side)
