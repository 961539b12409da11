"""Forced liquidations as facts: opened, worked row by row, carried over a day, ended."""

from trading.engine.events import Event


class LiquidationOpened(Event, array_like=True, gc=False, frozen=True, tag=50):
    """The account's positions are being closed by force; the figures are those at this moment, by its basis."""

    account_id: int
    account_seq: int
    number: int
    reason: int
    basis: int
    trigger_seq: int
    lines_ppm: list[int]
    target_ppm: int
    equity_fen: int
    margin_fen: int
    degree_ppm: int
    rows: list[tuple[int, int, int, int]]  # as the command has them
    maker: str
    checker: str


class LiquidationStepped(Event, array_like=True, gc=False, frozen=True, tag=51):
    """A row of the plan is worked on with a new order; what is canceled for it and the order itself follow."""

    account_id: int
    account_seq: int
    number: int
    step: int
    row: int
    order_id: int
    instrument_id: int
    qty: int
    price_ticks: int
    actor: str


class LiquidationEnded(Event, array_like=True, gc=False, frozen=True, tag=52):
    """A liquidation is over; its working orders have been canceled."""

    account_id: int
    account_seq: int
    number: int
    outcome: int
    equity_fen: int
    margin_fen: int
    degree_ppm: int
    rows: list[tuple[int, int, int, int, int]]  # with the lots that were closed
    reason: str
    actor: str


class LiquidationCarried(Event, array_like=True, gc=False, frozen=True, tag=53):
    """A liquidation goes on after the day's end: its rows as the lots have rolled."""

    account_id: int
    account_seq: int
    number: int
    rows: list[tuple[int, int, int, int, int]]
