"""The life of an application and of a card, each as one transition table.

``advance`` is the only way from one state to the next. What is not in a table is illegal and
is refused with ``IllegalTransition``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum, unique
from typing import TypeVar

from cardsvc.errors import IssuanceError, ReasonCode


@unique
class ApplicationState(StrEnum):
    """Where a request for a card stands."""

    REQUESTED = "requested"
    RETURNED = "returned"
    REJECTED = "rejected"
    APPROVED = "approved"
    FULFILLED = "fulfilled"
    WITHDRAWN = "withdrawn"


OPEN_APPLICATIONS = frozenset(
    {ApplicationState.REQUESTED, ApplicationState.RETURNED, ApplicationState.APPROVED}
)
"""Still to lead to a card."""


@unique
class ApplicationEvent(StrEnum):
    """What can happen to an application."""

    RETURN = "return"
    RESUBMIT = "resubmit"
    REJECT = "reject"
    APPROVE = "approve"
    FULFIL = "fulfil"
    WITHDRAW = "withdraw"


@unique
class CardState(StrEnum):
    """Where a card stands. Only ``ACTIVE`` is ever granted anything."""

    PERSONALISING = "personalising"
    TORN = "torn"
    PERSONALISED = "personalised"
    ISSUED = "issued"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    REPLACED = "replaced"
    SPOILED = "spoiled"
    DESTROYED = "destroyed"


ENDED_STATES = frozenset(
    {CardState.REVOKED, CardState.REPLACED, CardState.SPOILED, CardState.DESTROYED}
)
"""A card in one of these never becomes valid again."""

HANDED_OVER_STATES = frozenset({CardState.ISSUED, CardState.ACTIVE, CardState.SUSPENDED})
"""The holder has the card, and it may be or become valid."""


@unique
class CardEvent(StrEnum):
    """What can happen to a card."""

    TEAR = "tear"
    RETRY = "retry"
    VERIFY_CONTENT = "verify_content"
    HAND_OVER = "hand_over"
    ACTIVATE = "activate"
    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"
    REPLACE = "replace"
    SPOIL = "spoil"
    DESTROY = "destroy"


class IllegalTransition(IssuanceError):
    """The table has no such step."""

    def __init__(self, state: StrEnum, event: StrEnum) -> None:
        super().__init__(ReasonCode.ILLEGAL_TRANSITION, f"{event.value} from {state.value}")
        self.state = state
        self.event = event


_A, _AE = ApplicationState, ApplicationEvent
APPLICATION_TRANSITIONS: Mapping[tuple[ApplicationState, ApplicationEvent], ApplicationState] = {
    (_A.REQUESTED, _AE.RETURN): _A.RETURNED,
    (_A.REQUESTED, _AE.REJECT): _A.REJECTED,
    (_A.REQUESTED, _AE.APPROVE): _A.APPROVED,
    (_A.REQUESTED, _AE.WITHDRAW): _A.WITHDRAWN,
    (_A.RETURNED, _AE.RESUBMIT): _A.REQUESTED,
    (_A.RETURNED, _AE.WITHDRAW): _A.WITHDRAWN,
    (_A.APPROVED, _AE.FULFIL): _A.FULFILLED,
    (_A.APPROVED, _AE.WITHDRAW): _A.WITHDRAWN,
}

_C, _CE = CardState, CardEvent
CARD_TRANSITIONS: Mapping[tuple[CardState, CardEvent], CardState] = {
    (_C.PERSONALISING, _CE.TEAR): _C.TORN,
    (_C.PERSONALISING, _CE.VERIFY_CONTENT): _C.PERSONALISED,
    (_C.PERSONALISING, _CE.SPOIL): _C.SPOILED,
    (_C.TORN, _CE.RETRY): _C.PERSONALISING,
    (_C.TORN, _CE.SPOIL): _C.SPOILED,
    (_C.PERSONALISED, _CE.HAND_OVER): _C.ISSUED,
    (_C.PERSONALISED, _CE.SPOIL): _C.SPOILED,
    (_C.ISSUED, _CE.ACTIVATE): _C.ACTIVE,
    (_C.ISSUED, _CE.REVOKE): _C.REVOKED,
    (_C.ISSUED, _CE.REPLACE): _C.REPLACED,
    (_C.ACTIVE, _CE.SUSPEND): _C.SUSPENDED,
    (_C.ACTIVE, _CE.REVOKE): _C.REVOKED,
    (_C.ACTIVE, _CE.REPLACE): _C.REPLACED,
    (_C.SUSPENDED, _CE.RESUME): _C.ACTIVE,
    (_C.SUSPENDED, _CE.REVOKE): _C.REVOKED,
    (_C.SUSPENDED, _CE.REPLACE): _C.REPLACED,
    (_C.REVOKED, _CE.DESTROY): _C.DESTROYED,
    (_C.REPLACED, _CE.DESTROY): _C.DESTROYED,
    (_C.SPOILED, _CE.DESTROY): _C.DESTROYED,
}

_State = TypeVar("_State", bound=StrEnum)
_Event = TypeVar("_Event", bound=StrEnum)


def _step(table: Mapping[tuple[_State, _Event], _State], state: _State, event: _Event) -> _State:
    try:
        return table[state, event]
    except KeyError:
        raise IllegalTransition(state, event) from None


def advance_application(state: ApplicationState, event: ApplicationEvent) -> ApplicationState:
    """Return the state that follows.

    Raises:
        IllegalTransition: the table has no such step.
    """
    return _step(APPLICATION_TRANSITIONS, state, event)


def advance_card(state: CardState, event: CardEvent) -> CardState:
    """Return the state that follows.

    Raises:
        IllegalTransition: the table has no such step.
    """
    return _step(CARD_TRANSITIONS, state, event)
