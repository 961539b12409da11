"""Rule: an order was refused because of a limit, money or a right. Slips of the finger are not worth an alert."""

from __future__ import annotations

from typing import Final

from riskdesk.choices import MAJOR, WARNING
from riskdesk.monitors.base import Finding
from riskdesk.picture import Risk
from trading.engine import rejects
from trading.engine.events import Event, OrderRejected

# What a risk officer wants to know of, with its severity. The rest (wrong tick, over-close, closed market) is the
# client's own business and is shown to him alone.
SEVERITY_BY_CODE: Final[dict[str, int]] = {
    rejects.INSUFFICIENT_MARGIN: WARNING,
    rejects.POSITION_LIMIT: WARNING,
    rejects.QTY_OVER_MAX: WARNING,
    rejects.ORDER_COUNT_LIMIT: WARNING,
    rejects.RATE_LIMITED: MAJOR,
    rejects.PRICE_BAND: WARNING,
    rejects.CLOSE_ONLY_ACCOUNT: MAJOR,
    rejects.ACCOUNT_BLOCKED: MAJOR,
    rejects.KILL_SWITCH: MAJOR,
}


class OrderRefusedMonitor:
    """Finds refused orders; one alert row per account and code, repeats raise its count."""

    rule = "order_refused"
    kinds: tuple[type[Event], ...] = (OrderRejected,)

    def on_event(self, event: Event, *, seq: int, at_ns: int) -> list[Finding]:
        """Find a refusal that matters."""
        if not isinstance(event, OrderRejected):
            return []
        severity = SEVERITY_BY_CODE.get(event.code)
        if severity is None:
            return []
        figures: dict[str, int | str] = dict(event.figures)
        figures |= {"instrument_id": event.instrument_id, "qty": event.qty}
        figures |= {"side": event.side, "order_id": event.order_id}
        return [
            Finding(
                rule=f"{self.rule}.{event.code}",
                severity=severity,
                tenant_id=event.tenant_id,
                account_id=event.account_id,
                seq=seq,
                at_ns=at_ns,
                figures=figures,
            )
        ]

    def on_risk(self, risk: Risk, *, seq: int, at_ns: int) -> list[Finding]:
        """Refusals say nothing about standing risk."""
        return []

    def restore(self, open_accounts: set[int]) -> None:
        """Nothing stands."""
