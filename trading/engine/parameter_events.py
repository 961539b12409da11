"""Dated rows and the purpose of an account as facts."""

from trading.engine.events import Event
from trading.engine.parameters import ParameterRow


class ParametersPut(Event, array_like=True, gc=False, frozen=True, tag=40):
    """A dated row was taken in; it holds from its effective day on."""

    row: ParameterRow


class ParametersWithdrawn(Event, array_like=True, gc=False, frozen=True, tag=42):
    """A dated row was taken back before its day."""

    row: ParameterRow
    reason: str
    maker: str
    checker: str


class HedgeSet(Event, array_like=True, gc=False, frozen=True, tag=43):
    """The account hedges from now on, or speculates."""

    account_id: int
    account_seq: int
    hedge: bool
    maker: str
    checker: str
