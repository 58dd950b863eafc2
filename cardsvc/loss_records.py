"""Reports of lost cards, as frozen values: who said so, what was locked, how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from cardsvc.card.guid import CardGuid


@unique
class LossChannel(StrEnum):
    """How a loss came to be known."""

    KIOSK = "kiosk"
    TELEPHONE = "telephone"
    COUNTER = "counter"


@unique
class CallerCheck(StrEnum):
    """What an operator asked or saw before a card was locked; codes, never the answers."""

    PERSONAL_NUMBER = "personal_number"
    BIRTH_DATE = "birth_date"
    AGENCY = "agency"
    CALLED_BACK = "called_back"
    KNOWN_PERSON = "known_person"
    SUPERIOR = "superior"
    IDENTITY_DOCUMENT = "identity_document"


@unique
class LossState(StrEnum):
    """Where a case stands. A holder has one open case at most."""

    OPEN = "open"
    FOUND = "found"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class LostCard:
    """A card that was in the holder's hands.

    Args:
        guid: the card.
        leave_until: the end of the leave for which it was locked before; it goes on when the
            card is found.
    """

    guid: CardGuid
    leave_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LossCase:
    """A report of loss that HR works off.

    Args:
        id: our own opaque identifier.
        holder_id: whose cards.
        channel: how it was reported.
        reported_by: the operator, or the kiosk's agent.
        reported_at: when.
        cards: the cards that were in the holder's hands, lowest GUID first.
        checks: what the operator asked; none at a kiosk, which checks number and birth date.
        state: where it stands.
        closed_by: who closed it.
        closed_at: when that was.
    """

    id: str
    holder_id: str
    channel: LossChannel
    reported_by: str
    reported_at: datetime
    cards: tuple[LostCard, ...]
    checks: frozenset[CallerCheck] = frozenset()
    state: LossState = LossState.OPEN
    closed_by: str | None = None
    closed_at: datetime | None = None
