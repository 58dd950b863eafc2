"""Changes to many cards at once, as frozen values: what was planned, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from cardsvc.card.guid import CardGuid
from cardsvc.errors import ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.lifecycle import CardState
from cardsvc.records import Employment
from cardsvc.terms import SuspensionCause


@unique
class BatchKind(StrEnum):
    """What happened to the staff whose cards are touched."""

    TRANSFER = "transfer"
    UNIT_MERGED = "unit_merged"
    UNIT_RENAMED = "unit_renamed"
    RETIREMENT = "retirement"
    LEAVING = "leaving"
    LEAVE = "leave"


@unique
class BatchAction(StrEnum):
    """What is done to one card. A card that is replaced works until the new one is activated."""

    NOTHING = "nothing"
    REPLACE = "replace"
    SUSPEND = "suspend"
    REVOKE = "revoke"


@unique
class Exclusion(StrEnum):
    """Why nothing is done to a card."""

    DATA_UNCHANGED = "data_unchanged"
    NOT_HANDED_OVER = "not_handed_over"
    NOT_ACTIVE = "not_active"
    EXPIRED = "expired"
    REPORTED_LOST = "reported_lost"
    UNDER_INVESTIGATION = "under_investigation"
    APPLICATION_OPEN = "application_open"


@unique
class BatchState(StrEnum):
    """Where a batch stands."""

    PLANNED = "planned"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"


@unique
class StepState(StrEnum):
    """What became of one card: CHANGED is one that somebody else changed after the plan."""

    PLANNED = "planned"
    DONE = "done"
    CHANGED = "changed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class NewPost:
    """Where the staff works from now on.

    Args:
        agency_code: the agency.
        agency_name: as printed.
        unit_name: the unit; None leaves each as it is.
        position: the position; None leaves each as it is.
    """

    agency_code: AgencyCode
    agency_name: str
    unit_name: str | None = None
    position: str | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Whose cards a batch touches: named people, or all staff of an agency or of a unit of it.

    Args:
        holders: people by identifier; where there are any, nobody else is touched.
        agency_code: an agency; those below it are not included.
        unit_name: a unit of it; None for the whole agency.
    """

    holders: frozenset[str] = frozenset()
    agency_code: AgencyCode | None = None
    unit_name: str | None = None

    def __post_init__(self) -> None:
        if bool(self.holders) == (self.agency_code is not None):
            msg = "a batch touches either named people or an agency's staff"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """What is to be done.

    Args:
        kind: what happened.
        post: the new post, for TRANSFER, UNIT_MERGED and UNIT_RENAMED.
        until: the instant of return, for LEAVE; None where it is not known.
    """

    kind: BatchKind
    post: NewPost | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        moves = self.kind in {BatchKind.TRANSFER, BatchKind.UNIT_MERGED, BatchKind.UNIT_RENAMED}
        if moves != (self.post is not None):
            msg = "a new post goes with a transfer, a merger or a new name, and with nothing else"
            raise ValueError(msg)
        if self.until is not None and self.kind is not BatchKind.LEAVE:
            msg = "only a leave has a day of return"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class TouchedCard:
    """What a plan looks at: a civil servant's card that has not ended, and its holder's post.

    Args:
        guid: the card.
        version: the card's.
        state: where it stands.
        expires_at: its last instant.
        suspension_cause: why it is locked, if it is.
        holder_id: whose.
        holder_version: of the holder's facts.
        employment: the holder's post.
        application_open: a request for another such card is open.
    """

    guid: CardGuid
    version: int
    state: CardState
    expires_at: datetime
    suspension_cause: SuspensionCause | None
    holder_id: str
    holder_version: int
    employment: Employment | None
    application_open: bool


@dataclass(frozen=True, slots=True)
class BatchStep:
    """One card of a batch.

    Args:
        guid: the card.
        holder_id: whose.
        card_version: as it was when the plan was made.
        holder_version: the holder's facts as they were then.
        action: what is to be done.
        exclusion: why nothing is.
        state: what became of it.
        reason: why it was not done, of CHANGED and REFUSED.
        application_id: the request for the new card, of REPLACE.
    """

    guid: CardGuid
    holder_id: str
    card_version: int
    holder_version: int
    action: BatchAction
    exclusion: Exclusion | None = None
    state: StepState = StepState.PLANNED
    reason: ReasonCode | None = None
    application_id: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A plan and how far it got.

    Args:
        id: our own opaque identifier.
        order: what is to be done.
        planned_by: who planned it.
        planned_at: when; cards and people that changed since are not touched.
        state: where it stands.
        run_by: who ran it; counts as the requester of the new cards.
        finished_at: when the last card was done.
    """

    id: str
    order: BatchOrder
    planned_by: str
    planned_at: datetime
    state: BatchState = BatchState.PLANNED
    run_by: str | None = None
    finished_at: datetime | None = None
