"""Every pair of state and trigger, allowed or not, for all three tables."""

from __future__ import annotations

import itertools
from enum import StrEnum

import pytest

from vmhosting.states import (
    ASKABLE,
    LIFE,
    LIFE_ENDED,
    OPERATION,
    OPERATION_OPEN,
    REQUEST,
    Life,
    LifeTrigger,
    NotAllowed,
    OperationKind,
    OperationState,
    OperationTrigger,
    RequestState,
    RequestTrigger,
    askable,
    life_after,
    operation_after,
    request_after,
)


@pytest.mark.parametrize(("state", "trigger"), list(itertools.product(Life, LifeTrigger)))
def test_every_pair_of_life_and_trigger(state: Life, trigger: LifeTrigger) -> None:
    if (state, trigger) in LIFE:
        assert life_after(state, trigger) is LIFE[(state, trigger)]
    else:
        with pytest.raises(NotAllowed, match=f"Life {state.value} does not take {trigger.value}"):
            life_after(state, trigger)


@pytest.mark.parametrize(("state", "trigger"), list(itertools.product(OperationState, OperationTrigger)))
def test_every_pair_of_operation_and_trigger(state: OperationState, trigger: OperationTrigger) -> None:
    if (state, trigger) in OPERATION:
        assert operation_after(state, trigger) is OPERATION[(state, trigger)]
    else:
        with pytest.raises(NotAllowed):
            operation_after(state, trigger)


@pytest.mark.parametrize(("state", "trigger"), list(itertools.product(RequestState, RequestTrigger)))
def test_every_pair_of_request_and_trigger(state: RequestState, trigger: RequestTrigger) -> None:
    if (state, trigger) in REQUEST:
        assert request_after(state, trigger) is REQUEST[(state, trigger)]
    else:
        with pytest.raises(NotAllowed):
            request_after(state, trigger)


def test_counts_of_allowed_pairs_are_the_known_ones() -> None:
    assert (len(LIFE), len(OPERATION), len(REQUEST)) == (26, 14, 3)


def test_ended_lives_take_no_trigger_and_offer_no_button() -> None:
    for state in LIFE_ENDED:
        assert [trigger for trigger in LifeTrigger if (state, trigger) in LIFE] == []
        assert askable(state) == frozenset()


def test_every_living_machine_can_be_deleted_except_one_that_only_was_asked_for() -> None:
    deletable = {state for state in Life if (state, LifeTrigger.DELETE) in LIFE}
    assert deletable == set(Life) - LIFE_ENDED - {Life.REQUESTED, Life.DELETING}
    assert {state for state, kinds in ASKABLE.items() if OperationKind.DELETE in kinds} == deletable


def test_every_life_is_reachable_from_a_request() -> None:
    assert reachable(Life.REQUESTED, LIFE) == set(Life)
    assert reachable(OperationState.QUEUED, OPERATION) == set(OperationState)


def test_closed_operations_take_no_trigger() -> None:
    for state in set(OperationState) - OPERATION_OPEN:
        assert [trigger for trigger in OperationTrigger if (state, trigger) in OPERATION] == []


def reachable(start: StrEnum, table: dict[tuple[StrEnum, StrEnum], StrEnum]) -> set[StrEnum]:
    found, waiting = {start}, [start]
    while waiting:
        state = waiting.pop()
        for (source, _), following in table.items():
            if source is state and following not in found:
                found.add(following)
                waiting.append(following)
    return found
