"""Requests of the people whose data we keep, and what stands against erasing them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum, unique

from cardsvc.attendance_records import Absence, CorrectionKind, CorrectionState, Direction
from cardsvc.card.guid import CardGuid
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.records import Holder
from cardsvc.terms import CardType


@unique
class DataKind(StrEnum):
    """A kind of personal data with a retention of its own."""

    HOLDER = "holder"
    FORMER_PHOTO = "former_photo"
    DECISION = "decision"
    LOSS_CASE = "loss_case"
    DESK_ORDER = "desk_order"
    ATTENDANCE_TAP = "attendance_tap"
    ATTENDANCE_CORRECTION = "attendance_correction"
    AGENT_EVENT = "agent_event"


@unique
class RequestKind(StrEnum):
    """What a person may ask (Luật 91/2025/QH15: the data subject's rights)."""

    ACCESS = "access"
    CORRECTION = "correction"
    RESTRICTION = "restriction"
    ERASURE = "erasure"
    CONSENT_WITHDRAWAL = "consent_withdrawal"


@unique
class RequestState(StrEnum):
    """Where a request stands."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    GRANTED = "granted"
    REFUSED = "refused"
    CLOSED = "closed"


OPEN_STATES = frozenset({RequestState.RECEIVED, RequestState.ACKNOWLEDGED})
"""Nobody has decided yet: the due date runs."""


@unique
class ErasureHold(StrEnum):
    """Why a person can't be erased yet."""

    LIVE_CARD = "live_card"
    OPEN_APPLICATION = "open_application"
    EMPLOYED = "employed"
    RETENTION_DUTY = "retention_duty"


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """A person's request and its due dates.

    Args:
        id: its identifier.
        holder_id: whose data.
        kind: what was asked.
        state: where it stands.
        received_at: when it came in.
        received_by: who took it in.
        acknowledge_by: the last day to acknowledge it.
        act_by: the last day to act on it.
        acknowledged_at: when it was acknowledged.
        extension: the code of why it was extended, once; empty where it was not.
        decided_at: when it was granted or refused.
        decided_by: by whom.
        reason: the code of why it was refused; empty otherwise.
        closed_at: when the person was answered.
        version: counts the changes, for optimistic locking.
    """

    id: str
    holder_id: str
    kind: RequestKind
    state: RequestState
    received_at: datetime
    received_by: str
    acknowledge_by: date
    act_by: date
    acknowledged_at: datetime | None = None
    extension: str = ""
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str = ""
    closed_at: datetime | None = None
    version: int = 0

    def overdue(self, today: date) -> bool:
        """Tell whether something that is due was not done."""
        if self.state is RequestState.RECEIVED and today > self.acknowledge_by:
            return True
        return self.state in OPEN_STATES and today > self.act_by


@dataclass(frozen=True, slots=True)
class HeldApplication:
    """An application in a person's file."""

    id: str
    card_type: CardType
    state: ApplicationState
    requested_at: datetime
    approved_at: datetime | None


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A card in a person's file."""

    guid: CardGuid
    card_type: CardType
    state: CardState
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class HeldDecision:
    """A decision about one of a person's cards."""

    at: datetime
    guid: CardGuid
    relying_party: str
    service: str
    granted: bool


@dataclass(frozen=True, slots=True)
class HeldTap:
    """A tap of one of a person's cards that counts for attendance."""

    at: datetime
    guid: CardGuid
    direction: Direction
    place: str


@dataclass(frozen=True, slots=True)
class HeldCorrection:
    """A correction of a person's attendance; without who asked and who decided."""

    kind: CorrectionKind
    absence: Absence | None
    first_day: date
    last_day: date
    at: datetime | None
    state: CorrectionState
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """A line of the audit log about a person, an application or a card; without who did it."""

    at: datetime
    action: str
    subject: str


@dataclass(frozen=True, slots=True)
class PersonFile:
    """Everything that is held about one person; ``residence`` is a province code and its table."""

    holder: Holder = field(repr=False)
    erased_at: datetime | None
    restricted_since: datetime | None
    residence: str | None
    applications: tuple[HeldApplication, ...]
    cards: tuple[HeldCard, ...]
    decisions: tuple[HeldDecision, ...]
    taps: tuple[HeldTap, ...]
    corrections: tuple[HeldCorrection, ...]
    events: tuple[HeldEvent, ...]
    requests: tuple[PrivacyRequest, ...]
