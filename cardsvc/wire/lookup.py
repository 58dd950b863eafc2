"""What partners look up: the state of a card, a decision again, the public lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar

from cardsvc.lifecycle import CardState
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.composites import Inner, ListOf, OrNull
from cardsvc.wire.kinds import Flag, Instant, Name, Number, Text, Word
from cardsvc.wire.message import Message


@dataclass(frozen=True, slots=True)
class StatusListPlace(Message):
    """A card's place in a status list (draft-ietf-oauth-status-list section 6.2)."""

    idx: Annotated[int, Number(about="the card's index; it never changes")]
    uri: Annotated[str | None, OrNull(Text(2000), about="the list's address; null where none is")]


@dataclass(frozen=True, slots=True)
class StatusReference(Message):
    """Where a card's status is published."""

    status_list: Annotated[StatusListPlace, Inner(StatusListPlace)]


@dataclass(frozen=True, slots=True)
class CardStatusMessage(Message):
    """The state of a card; only ``active`` is ever granted anything."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "card": "urn:uuid:703de578-6b72-407e-8067-65d5a62041ca",
        "state": "active",
        "status": {
            "status_list": {"idx": 412305, "uri": "http://the.tinh.gov.vn/status/list/1"},
        },
    }

    card: Annotated[str, Text(about="`urn:uuid:` and the GUID")]
    state: Annotated[CardState, Word(CardState)]
    status: Annotated[StatusReference, Inner(StatusReference)]


@dataclass(frozen=True, slots=True)
class KeptDecisionMessage(Message):
    """One of the partner's own decisions, as it was kept."""

    id: Annotated[str, Text(64)]
    at: Annotated[datetime, Instant()]
    service: Annotated[str | None, OrNull(Text(), about="null where there was no such question")]
    granted: Annotated[bool, Flag()]
    level: Annotated[AssuranceLevel | None, OrNull(Name(AssuranceLevel))]
    receipt: Annotated[str, Text(8192, about="the JWS")]


@dataclass(frozen=True, slots=True)
class StatusListsMessage(Message):
    """The addresses of all status lists."""

    status_lists: Annotated[tuple[str, ...], ListOf(Text(2000), most=10_000)]
