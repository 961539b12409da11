"""A broker's ladder of lines: by four eyes, one set of each basis in force, every step in the audit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accounts.models import AuditEntry
from portal.lib.errors import Refused
from riskdesk.choices import LinesState
from riskdesk.liquidation.ladder import FIRST_LINES, Lines
from riskdesk.models import RiskLines
from riskdesk.selectors.liquidations import lines_in_force
from riskdesk.services.lines import lines_approve, lines_propose, lines_refuse
from tests.services.people import acting
from tests.world import House
from trading.engine.types import BASIS_COMPANY, BASIS_EXCHANGE

OWN = Lines(BASIS_COMPANY, 750_000, 950_000, 1_000_000, 1_300_000, 850_000, True)


def test_lines_come_into_force_by_a_second_person_and_replace_those_before(house: House) -> None:
    with acting(house, "risk_officer") as maker:
        checker = replace(maker, user_id=house.people["back_office_checker"].pk)
        assert lines_in_force(BASIS_COMPANY) == FIRST_LINES[0]
        first = lines_propose(actor=maker, lines=OWN, reason="a hard winter")
        assert lines_in_force(BASIS_COMPANY) == FIRST_LINES[0]
        with pytest.raises(Refused, match="maker"):
            lines_approve(actor=maker, lines_id=first.pk)
        lines_approve(actor=checker, lines_id=first.pk)
        assert lines_in_force(BASIS_COMPANY) == OWN
        assert lines_in_force(BASIS_EXCHANGE) == FIRST_LINES[1]
        second = lines_propose(actor=checker, lines=FIRST_LINES[0], reason="")
        lines_approve(actor=maker, lines_id=second.pk)
        assert lines_in_force(BASIS_COMPANY) == FIRST_LINES[0]
        assert RiskLines.objects.get(pk=first.pk).state == LinesState.REPLACED
        with pytest.raises(Refused, match="wrong"):
            lines_approve(actor=maker, lines_id=first.pk)
        said = list(AuditEntry.objects.filter(action__startswith="risk_lines.").order_by("number"))
        assert [entry.action for entry in said] == [
            "risk_lines.propose", "risk_lines.in_force", "risk_lines.propose", "risk_lines.in_force",
        ]  # fmt: skip


def test_a_deadline_comes_into_force_with_the_lines_by_a_second_person(house: House) -> None:
    with acting(house, "risk_officer") as maker:
        row = lines_propose(actor=maker, lines=replace(OWN, pay_by_min=535), reason="")
        assert lines_in_force(BASIS_COMPANY).pay_by_min is None
        with pytest.raises(Refused, match="maker"):
            lines_approve(actor=maker, lines_id=row.pk)
        lines_approve(actor=replace(maker, user_id=house.people["back_office_checker"].pk), lines_id=row.pk)
        assert lines_in_force(BASIS_COMPANY).pay_by_min == 535
        said = AuditEntry.objects.get(action="risk_lines.in_force")
        assert said.after["pay_by_min"] == 535


def test_what_is_no_ladder_is_refused_and_kept_nowhere(house: House) -> None:
    with acting(house, "risk_officer") as maker:
        for lines in (replace(OWN, warn_ppm=0), replace(OWN, call_ppm=700_000), replace(OWN, target_ppm=1_300_000),
                      replace(OWN, pay_by_min=-1), replace(OWN, pay_by_min=1440)):  # fmt: skip
            with pytest.raises(Refused, match="invalid_field"):
                lines_propose(actor=maker, lines=lines, reason="")
        assert not RiskLines.objects.exists()


def test_a_refused_proposal_stays_refused_and_others_may_not_propose(house: House) -> None:
    with acting(house, "risk_officer") as maker:
        row = lines_propose(actor=maker, lines=OWN, reason="")
        lines_refuse(actor=maker, lines_id=row.pk, reason="not now")
        with pytest.raises(Refused):
            lines_approve(actor=replace(maker, user_id=house.people["back_office_checker"].pk), lines_id=row.pk)
        assert lines_in_force(BASIS_COMPANY) == FIRST_LINES[0]
    with acting(house, "investor") as client, pytest.raises(Refused):
        lines_propose(actor=client, lines=OWN, reason="")
