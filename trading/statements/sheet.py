"""A statement laid out: title, head, summary and sections of text. Page, PDF and CSV print this and add nothing.

A function of the canonical bytes and the base of profit alone.
"""

from __future__ import annotations

from typing import Final

import msgspec

from trading.engine.types import LONG
from trading.statements import model as m
from trading.statements import words as w
from trading.statements.words import Label

BASES: Final = ("date", "trade")

Cell = str | Label


class Column(msgspec.Struct, frozen=True):
    """One column. `kind`: text, figure, or profit (a figure with a sign that matters)."""

    label: Label
    kind: str = "text"


class Section(msgspec.Struct, frozen=True):
    """One table; `total` is empty or as long as the columns."""

    name: str
    title: Label
    columns: list[Column]
    rows: list[list[Cell]]
    total: list[Cell]


class Line(msgspec.Struct, frozen=True):
    """One line of the head or the summary."""

    label: Label
    text: str
    kind: str = "text"


class Sheet(msgspec.Struct, frozen=True):
    """The laid-out statement."""

    basis: str
    title: Label
    head: list[Line]
    summary: list[Line]
    sections: list[Section]
    sha256: str


def lay_out(body: bytes, *, basis: str, grouped: bool = True) -> Sheet:
    """Lay a statement out; `grouped` puts commas between thousands."""
    statement = m.parse(body)
    layout = _Layout(statement, by_date=basis == "date", grouped=grouped)
    sections = [layout.cash(), layout.trades(), layout.closed(), layout.lots(), layout.positions()]
    if statement.expired:
        sections.insert(2, layout.expired())
    if statement.messages:
        sections.insert(2, layout.messages())
    if statement.corrections:
        sections.insert(0, layout.corrections())
    return Sheet(basis, w.TITLES[basis], layout.head(), layout.summary(), sections, m.digest(body))


def day(number: int) -> str:
    """YYYYMMDD with dashes."""
    return f"{number // 10_000:04d}-{number // 100 % 100:02d}-{number % 100:02d}"


def purpose(hedge: bool | msgspec.UnsetType) -> Label:
    """What an account is for. A statement of the first form does not say it and was laid out as speculation."""
    return w.HEDGING if hedge is True else w.SPECULATION


class _Layout:
    def __init__(self, statement: m.Statement, *, by_date: bool, grouped: bool) -> None:
        self.statement = statement
        self.by_date = by_date
        self.comma = "," if grouped else ""
        self.contracts = {row.instrument_id: row for row in statement.contracts}

    def money(self, fen: int) -> str:
        sign = "-" if fen < 0 else ""
        return f"{sign}{abs(fen) // 100:{self.comma}}.{abs(fen) % 100:02d}"

    def price(self, contract: m.ContractRef, ticks: int, lots: int = 1) -> str:
        """A price, or the mean of a sum of price x lots, half up to two places more than the tick has."""
        places = 0
        while 10_000 % 10**places or contract.tick_e4 * 10**places % 10_000:
            places += 1
        if lots != 1:
            places += 2
        scale = 10**places
        value = (2 * ticks * contract.tick_e4 * scale + 10_000 * lots) // (2 * 10_000 * lots)
        whole = f"{value // scale:{self.comma}}"
        return f"{whole}.{value % scale:0{places}d}" if places else whole

    def head(self) -> list[Line]:
        item, paper = self.statement, self.statement.paper
        texts = {
            "tenant": paper.tenant_name, "client_number": paper.client_number, "client_name": paper.client_name,
            "account": str(item.account_id), "account_name": paper.account_name, "day": day(item.trading_day),
            "created": day(item.created_day), "version": str(item.version), "currency": item.currency,
        }  # fmt: skip
        return [Line(w.HEAD[name], text) for name, text in texts.items()]

    def summary(self) -> list[Line]:
        side = self.statement.by_date if self.by_date else self.statement.by_trade
        funds = self.statement.funds
        figures = [
            ("balance_bf", side.balance_bf_fen, "figure"), ("initial_margin", funds.initial_margin_fen, "figure"),
            ("deposit", side.deposit_fen, "figure"), ("withdraw", side.withdraw_fen, "figure"),
            ("correction", side.correction_fen, "profit"), ("close_profit", side.close_profit_fen, "profit"),
            ("mtm" if self.by_date else "floating", side.position_profit_fen, "profit"),
            ("fee", side.fee_fen, "figure"), ("balance_cf", side.balance_cf_fen, "figure"),
            ("equity", side.equity_fen, "figure"), ("margin", funds.margin_fen, "figure"),
            ("frozen", funds.frozen_fen, "figure"), ("available", funds.available_fen, "figure"),
        ]  # fmt: skip
        lines = [Line(w.SUMMARY[name], self.money(fen), kind) for name, fen, kind in figures]
        risk = f"{funds.risk_ppm // 10_000}.{funds.risk_ppm // 100 % 100:02d} %"
        lines.append(Line(w.SUMMARY["risk"], risk, "figure"))
        lines.append(Line(w.SUMMARY["call"], self.money(funds.margin_call_fen), "figure"))
        return lines + [Line(label, self.money(0), "figure") for label in w.ABSENT]

    def _section(self, name: str, columns: str, rows: list[list[Cell]], sums: dict[int, str]) -> Section:
        """`columns`: names; a trailing `#` makes a figure, `±` a profit."""
        found = []
        for text in columns.split():
            kind = {"#": "figure", "±": "profit"}.get(text[-1], "text")
            found.append(Column(w.COLUMNS[text.rstrip("#±")], kind))
        total: list[Cell] = []
        if rows and sums:
            total = ["" for _ in found]
            total[0] = w.TOTAL
            for place, text in sums.items():
                total[place] = text
        return Section(name, w.SECTIONS[name], found, rows, total)

    def corrections(self) -> Section:
        rows: list[list[Cell]] = [
            [str(row.version), day(row.booked_day), self.money(row.amount_fen), row.reason, row.maker, row.checker]
            for row in self.statement.corrections
        ]
        amount = self.money(sum(row.amount_fen for row in self.statement.corrections))
        return self._section("corrections", "version booked amount± reason maker checker", rows, {2: amount})

    def cash(self) -> Section:
        item = self.statement
        rows: list[list[Cell]] = []
        for row in item.cash:
            came = row.amount_fen if row.kind != m.WITHDRAW and row.amount_fen > 0 else 0
            went = row.amount_fen if row.kind == m.WITHDRAW else max(0, -row.amount_fen)
            note = f"{row.reference} · {day(row.corrected_day)} {row.note}" if row.corrected_day else row.reference
            rows.append([day(item.trading_day), w.CASH[row.kind], self.money(came), self.money(went), note])
        side = item.by_date
        put_right = [row.amount_fen for row in item.cash if row.kind == m.CORRECTION]
        sums = {
            2: self.money(side.deposit_fen + sum(fen for fen in put_right if fen > 0)),
            3: self.money(side.withdraw_fen - sum(fen for fen in put_right if fen < 0)),
        }
        columns = [
            Column(w.COLUMNS["date"]), Column(w.COLUMNS["type"]), Column(w.CASH[m.DEPOSIT], "figure"),
            Column(w.CASH[m.WITHDRAW], "figure"), Column(w.COLUMNS["note"]),
        ]  # fmt: skip
        total: list[Cell] = [w.TOTAL, "", sums[2], sums[3], ""] if rows else []
        return Section("cash", w.SECTIONS["cash"], columns, rows, total)

    def _name(self, instrument_id: int) -> list[Cell]:
        contract = self.contracts[instrument_id]
        return [contract.venue, contract.product, contract.symbol.rpartition(".")[2]]

    def _fen(self, row: m.TradeRow | m.ClosedRow) -> int:
        return row.close_profit_fen if self.by_date else row.close_profit_trade_fen

    def _profit(self, row: m.TradeRow | m.ClosedRow) -> str:
        return self.money(self._fen(row))

    def trades(self) -> Section:
        item = self.statement
        rows: list[list[Cell]] = [
            [
                day(item.trading_day), *self._name(row.instrument_id), w.BUY_SELL[row.side], purpose(row.hedge),
                self.price(self.contracts[row.instrument_id], row.price_ticks), str(row.qty),
                self.money(row.turnover_fen), w.OFFSETS[row.offset], self.money(row.fee_fen), self._profit(row),
                self.money(0), str(row.trade_id),
            ]
            for row in item.trades
        ]  # fmt: skip
        sums = {
            7: str(sum(row.qty for row in item.trades)),
            8: self.money(sum(row.turnover_fen for row in item.trades)),
            10: self.money(sum(row.fee_fen for row in item.trades)),
            11: self.money(sum(self._fen(row) for row in item.trades)),
            12: self.money(0),
        }
        columns = "date venue product symbol side purpose price# qty# turnover# offset fee# profit± premium# trade#"
        return self._section("trades", columns, rows, sums)

    def messages(self) -> Section:
        item = self.statement
        rows: list[list[Cell]] = [
            [*self._name(row.instrument_id), w.MESSAGES[row.kind], str(row.count), self.money(row.fee_fen)]
            for row in item.messages
        ]
        sums = {4: str(sum(row.count for row in item.messages)), 5: self.money(sum(r.fee_fen for r in item.messages))}
        return self._section("messages", "venue product symbol type count# fee#", rows, sums)

    def expired(self) -> Section:
        item = self.statement
        rows: list[list[Cell]] = [
            [
                day(row.last_trading_day), *self._name(row.instrument_id), w.HELD[row.side], str(row.qty),
                self.price(self.contracts[row.instrument_id], row.price_ticks),
                self.money(0 if self.by_date else row.close_profit_trade_fen),
            ]
            for row in item.expired
        ]  # fmt: skip
        profit = 0 if self.by_date else sum(row.close_profit_trade_fen for row in item.expired)
        sums = {5: str(sum(row.qty for row in item.expired)), 7: self.money(profit)}
        return self._section("expired", "last_day venue product symbol side qty# settlement# profit±", rows, sums)

    def closed(self) -> Section:
        item = self.statement
        side = item.by_date if self.by_date else item.by_trade
        rows: list[list[Cell]] = []
        for row in item.closed:
            contract = self.contracts[row.instrument_id]
            rows.append(
                [
                    day(item.trading_day), *self._name(row.instrument_id), day(row.opened_day), w.BUY_SELL[row.side],
                    str(row.qty), self.price(contract, row.open_ticks),
                    self.price(contract, contract.previous_settlement_ticks), self.price(contract, row.price_ticks),
                    self._profit(row), self.money(0),
                ]
            )  # fmt: skip
        sums = {6: str(sum(row.qty for row in item.closed)), 10: self.money(side.close_profit_fen), 11: self.money(0)}
        columns = "closed_on venue product symbol opened_on side qty# open_price# previous# price# profit± premium#"
        return self._section("closed", columns, rows, sums)

    def lots(self) -> Section:
        item = self.statement
        rows: list[list[Cell]] = []
        for row in item.lots:
            contract = self.contracts[row.instrument_id]
            rows.append(
                [
                    *self._name(row.instrument_id), day(row.opened_day), purpose(item.hedge), w.HELD[row.side],
                    str(row.qty),
                    self.price(contract, row.open_ticks), self.price(contract, contract.previous_settlement_ticks),
                    self.price(contract, contract.settlement_ticks), self.money(row.floating_fen),
                    self.money(row.position_profit_fen), self.money(row.margin_fen), self.money(0),
                ]
            )  # fmt: skip
        sums = {
            6: str(sum(row.qty for row in item.lots)),
            10: self.money(item.by_trade.position_profit_fen),
            11: self.money(item.by_date.position_profit_fen),
            12: self.money(sum(row.margin_fen for row in item.lots)),
            13: self.money(0),
        }
        columns = (
            "venue product symbol opened_on purpose side qty# open_price# previous# settlement# floating± mtm±"
            " margin# option_value#"
        )
        return self._section("lots", columns, rows, sums)

    def positions(self) -> Section:
        item = self.statement
        rows: list[list[Cell]] = []
        for row in item.positions:
            contract = self.contracts[row.instrument_id]
            mean = self.price(contract, row.open_cost_fen // contract.tick_value_fen, row.qty)
            long = [str(row.qty), mean] if row.side == LONG else ["0", ""]
            short = ["0", ""] if row.side == LONG else [str(row.qty), mean]
            rows.append(
                [
                    *self._name(row.instrument_id), *long, *short,
                    self.price(contract, contract.previous_settlement_ticks),
                    self.price(contract, contract.settlement_ticks),
                    self.money(row.position_profit_fen if self.by_date else row.floating_fen),
                    self.money(row.margin_fen), purpose(item.hedge), self.money(0), self.money(0),
                ]
            )  # fmt: skip
        side = item.by_date if self.by_date else item.by_trade
        sums = {
            3: str(sum(row.qty for row in item.positions if row.side == LONG)),
            5: str(sum(row.qty for row in item.positions if row.side != LONG)),
            9: self.money(side.position_profit_fen),
            10: self.money(sum(row.margin_fen for row in item.positions)),
            12: self.money(0),
            13: self.money(0),
        }
        profit = "mtm±" if self.by_date else "floating±"
        columns = (
            f"venue product symbol long# long_price# short# short_price# previous# settlement# {profit} margin#"
            " purpose option_value# premium#"
        )
        return self._section("positions", columns, rows, sums)
