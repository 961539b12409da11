"""The slow model's dated rows: all that were ever put, searched from the first to the last.

What a search found holds until a row comes or goes or another day begins; then everything is searched again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trading.engine.instrument import Instrument, Rates
from trading.engine.parameters import ParameterRow

if TYPE_CHECKING:
    from .reference_state import RefAccount, RefContract

MILLION = 1_000_000


@dataclass(eq=False)
class RefRows:
    """Every row, and the day that the counter works with."""

    rows: list[ParameterRow] = field(default_factory=list)
    day: int = 0
    next_number: int = 1
    found: dict[tuple[int, str, int, int, bool], dict[str, ParameterRow]] = field(default_factory=dict)
    nets: dict[tuple[int, int, bool], tuple[str, ...]] = field(default_factory=dict)

    def put(self, row: ParameterRow) -> None:
        """Add a row."""
        self.rows.append(row)
        self._search_again()

    def withdraw(self, row: ParameterRow) -> None:
        """Take a row back."""
        self.rows.remove(row)
        self._search_again()

    def begin(self, day: int) -> None:
        """Work with another day from now on."""
        self.day = day
        self._search_again()

    def _search_again(self) -> None:
        self.found.clear()
        self.nets.clear()

    def latest(self, tenant_id: int, account_id: int, number: int, product: str, hedge: bool) -> ParameterRow | None:
        """The row of exactly this aim with the latest day that has come."""
        aim = (tenant_id, account_id, number, product, hedge)
        begun = [row for row in self.rows if row.key() == aim and row.effective_day <= self.day]
        return max(begun, key=lambda row: row.effective_day, default=None)

    def about(self, spec: Instrument, tenant_id: int, account_id: int, hedge: bool) -> dict[str, ParameterRow]:
        """The rows of one level about a contract, by what they aim at."""
        key = (spec.instrument_id, f"{spec.venue}.{spec.product}", tenant_id, account_id, hedge)
        if key not in self.found:
            self.found[key] = self._search(*key)
        return self.found[key]

    def _search(
        self, number: int, product: str, tenant_id: int, account_id: int, hedge: bool
    ) -> dict[str, ParameterRow]:
        aims = {
            "contract": (number, "", False),
            "product": (0, product, False),
            "contract hedge": (number, "", True),
            "product hedge": (0, product, True),
        }
        found = {}
        for name, (about, text, is_hedge) in aims.items():
            row = self.latest(tenant_id, account_id, about, text, is_hedge)
            if row is not None and (hedge or not is_hedge):
                found[name] = row
        return found


def levels_of(contract: RefContract, account: RefAccount) -> list[tuple[dict[str, ParameterRow], Rates | None]]:
    """Exchange, broker, client: the rows of each, with its undated rates."""
    rows, spec, tenant = contract.rows, contract.spec, account.tenant_id
    return [
        (rows.about(spec, 0, 0, account.hedge), spec.rates),
        (rows.about(spec, tenant, 0, account.hedge), contract.rates.get(tenant)),
        (rows.about(spec, tenant, account.number, account.hedge), None),
    ]


def heard(level: dict[str, ParameterRow], name: str) -> dict[str, ParameterRow]:
    """Who of a level has something to say on a field: hedging rows make the general ones silent."""
    speaking = {aim: row for aim, row in level.items() if getattr(row.fields, name) is not None}
    hedging = {aim: row for aim, row in speaking.items() if aim.endswith("hedge")}
    return hedging or speaking


def margin_rule(contract: RefContract, account: RefAccount, *, is_long: bool) -> tuple[int, int]:
    """(millionths, fen a lot): of each the highest that anybody asks for, the rules of the venue among them."""
    side = "long" if is_long else "short"
    asked = {"ppm": [contract.floor], "fen": [0]}
    for unit, answers in asked.items():
        name = f"{side}_margin_{unit}"
        exchange = 0
        for number, (level, undated) in enumerate(levels_of(contract, account)):
            speaking = heard(level, name)
            here = [
                getattr(row.fields, name) + (exchange if row.fields.margin_relative else 0) for row in speaking.values()
            ]
            # What the contract was listed with counts until a dated row of the contract says otherwise.
            quiet = "contract" not in speaking and not any(aim.endswith("hedge") for aim in speaking)
            if undated is not None and unit == "ppm" and quiet:
                here.append(undated.long_margin_ppm if is_long else undated.short_margin_ppm)
            if number == 0:
                exchange = max(here, default=0)
            answers.extend(here)
    return min(max(asked["ppm"]), MILLION), max(asked["fen"])


def nearest(contract: RefContract, account: RefAccount) -> list[ParameterRow | Rates]:
    """Who is asked for a fee, first to last."""
    asked: list[ParameterRow | Rates] = []
    for level, undated in reversed(levels_of(contract, account)):
        asked += [level[aim] for aim in ("contract hedge", "product hedge", "contract", "product") if aim in level]
        if undated is not None:
            asked.append(undated)
    return asked


def fee_rule(contract: RefContract, account: RefAccount, kind: str) -> tuple[int, int]:
    """(fen a lot, millionths of turnover) of "open", "close" or "close_today"."""
    for one in nearest(contract, account):
        fees = one.fees if isinstance(one, Rates) else one.fields
        fen, ppm = getattr(fees, f"{kind}_fen"), getattr(fees, f"{kind}_ppm")
        if fen is not None or ppm is not None:
            return fen or 0, ppm or 0
    raise AssertionError("every contract is listed with fees")


def message_fee(contract: RefContract, account: RefAccount, name: str) -> int:
    """What a message costs: "order_fen" or "cancel_fen"."""
    for one in nearest(contract, account):
        if isinstance(one, ParameterRow) and getattr(one.fields, name) is not None:
            return int(getattr(one.fields, name))
    return 0


def smallest(contract: RefContract, account: RefAccount, name: str) -> int | None:
    """The most careful word on a limit or a switch; None when nobody says anything."""
    found = [
        getattr(row.fields, name) for level, _ in levels_of(contract, account) for row in heard(level, name).values()
    ]
    return min(found, default=None)


def netting(contract: RefContract, account: RefAccount) -> tuple[str, ...]:
    """What a contract's margin is netted with: itself, its product, or nothing; the exchange must have begun it."""
    nets, key = contract.rows.nets, (contract.number, account.number, account.hedge)
    if key not in nets:
        nets[key] = _netting(contract, account)
    return nets[key]


def _netting(contract: RefContract, account: RefAccount) -> tuple[str, ...]:
    exchange, _ = levels_of(contract, account)[0]
    mode = smallest(contract, account, "larger_side") if heard(exchange, "larger_side") else 0
    if mode == 1:
        return ("contract", str(contract.number))
    return ("product", contract.spec.venue, contract.spec.product) if mode == 2 else ()


def limit_ppm(contract: RefContract) -> int:
    """The price limit: of contract and product the wider."""
    level = contract.rows.about(contract.spec, 0, 0, False)
    stated = {aim: row.fields.limit_ppm for aim, row in level.items() if row.fields.limit_ppm is not None}
    return max(stated.get("contract", contract.spec.limit_ppm), stated.get("product", 0))
