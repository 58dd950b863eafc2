"""What lists of applications and cards are asked for, and their lines, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cardsvc.access_records import ALL_AGENCIES
from cardsvc.card.guid import CardGuid
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.terms import ApplicationKind, CardType, SuspensionCause


@dataclass(frozen=True, slots=True)
class ApplicationFilter:
    """Which applications; None and "" ask for nothing.

    Args:
        state: where they stand.
        kind: why a card is asked for.
        card_type: which card.
        requested_by: whose they are.
        agency: the code of an agency; all below it count.
        scope: agencies whose records may be seen; ``*`` for every one.
    """

    state: ApplicationState | None = None
    kind: ApplicationKind | None = None
    card_type: CardType | None = None
    requested_by: str = ""
    agency: str = ""
    scope: frozenset[str] = frozenset({ALL_AGENCIES})


@dataclass(frozen=True, slots=True)
class QueuedApplication:
    """A line of the queue of applications."""

    id: str
    card_type: CardType
    kind: ApplicationKind
    holder_id: str
    holder_name: str
    agency_name: str
    state: ApplicationState
    requested_by: str
    requested_at: datetime
    approved_by: str | None


@dataclass(frozen=True, slots=True)
class CardFilter:
    """Which cards; None and "" ask for nothing.

    Args:
        state: where they stand.
        card_type: which card.
        agency: the code of an agency; all below it count.
        expires_before: their validity ends earlier.
        scope: agencies whose records may be seen; ``*`` for every one.
    """

    state: CardState | None = None
    card_type: CardType | None = None
    agency: str = ""
    expires_before: datetime | None = None
    scope: frozenset[str] = frozenset({ALL_AGENCIES})


@dataclass(frozen=True, slots=True)
class QueuedCard:
    """A line of a list of cards."""

    guid: CardGuid
    card_type: CardType
    holder_id: str
    holder_name: str
    agency_code: str | None
    agency_name: str
    application_id: str
    state: CardState
    expires_at: datetime
    suspension_cause: SuspensionCause | None
    suspended_until: datetime | None
