"""The transition tables: what leads to ACTIVE, what never leaves an end, what is refused."""

from __future__ import annotations

import itertools

import pytest

from cardsvc.errors import ReasonCode
from cardsvc.lifecycle import (
    APPLICATION_TRANSITIONS,
    CARD_TRANSITIONS,
    ENDED_STATES,
    ApplicationEvent,
    ApplicationState,
    CardEvent,
    CardState,
    IllegalTransition,
    advance_application,
    advance_card,
)


@pytest.mark.reason(ReasonCode.ILLEGAL_TRANSITION)
def test_every_step_that_is_not_in_the_table_is_refused() -> None:
    for state, event in itertools.product(CardState, CardEvent):
        if (state, event) not in CARD_TRANSITIONS:
            with pytest.raises(IllegalTransition):
                advance_card(state, event)
    for a_state, a_event in itertools.product(ApplicationState, ApplicationEvent):
        if (a_state, a_event) not in APPLICATION_TRANSITIONS:
            with pytest.raises(IllegalTransition):
                advance_application(a_state, a_event)


def test_a_card_ends_for_good() -> None:
    for end in ENDED_STATES - {CardState.DESTROYED}:
        assert [event for state, event in CARD_TRANSITIONS if state is end] == [CardEvent.DESTROY]
    assert not [step for step in CARD_TRANSITIONS if step[0] is CardState.DESTROYED]


def test_only_activation_and_resumption_lead_to_an_active_card() -> None:
    leading = {event for (_, event), to in CARD_TRANSITIONS.items() if to is CardState.ACTIVE}
    assert leading == {CardEvent.ACTIVATE, CardEvent.RESUME}


def test_a_torn_card_needs_a_whole_new_run() -> None:
    after = {event for (state, event) in CARD_TRANSITIONS if state is CardState.TORN}
    assert after == {CardEvent.RETRY, CardEvent.SPOIL}
