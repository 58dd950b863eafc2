"""Messages of the partners' one-call checks: many presentations, a QR code, a card's state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, ClassVar

from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.wire.composites import Inner, ListOf, OrNull
from cardsvc.wire.credential import MAX_TEXT_CHARACTERS
from cardsvc.wire.kinds import Flag, Instant, Kind, Parsed, Schema, Text, Word
from cardsvc.wire.message import Message
from cardsvc.wire.tap import ASKED, DecisionMessage, PresentationMessage

MAX_PRESENTATIONS = 100
MAX_RECEIPT_CHARACTERS = 8192


@dataclass(frozen=True, slots=True)
class UnreadableItem:
    """A presentation of a batch that is none; the others are decided without it."""

    reason: ReasonCode


@dataclass(frozen=True, slots=True)
class _Tolerated(Kind):
    """A presentation, or what stands in the place of one: it spoils its own place only."""

    about: str = "a presentation; anything else gets a reason in its place"

    def read(self, value: object, name: str) -> PresentationMessage | UnreadableItem:  # noqa: ARG002
        try:
            return PresentationMessage.read(value)
        except Malformed as malformed:
            return UnreadableItem(malformed.reason)

    def write(self, value: Any) -> object:
        return value.as_object() if isinstance(value, PresentationMessage) else None

    def schema(self) -> Schema:
        return {"anyOf": [Inner(PresentationMessage).schema(), {}]}

    def parts(self) -> tuple[type[Message], ...]:
        return (PresentationMessage,)


@dataclass(frozen=True, slots=True)
class VerificationsMessage(Message):
    """Presentations to be decided together; the answers come in their order."""

    MOST_OCTETS: ClassVar[int] = 1 << 20

    presentations: Annotated[
        tuple[PresentationMessage | UnreadableItem, ...],
        ListOf(_Tolerated(), least=1, most=MAX_PRESENTATIONS),
    ]


@dataclass(frozen=True, slots=True)
class VerificationResult(Message):
    """What came of one presentation of a batch: a decision, or why it could not be read."""

    decision: Annotated[DecisionMessage | None, OrNull(Inner(DecisionMessage))]
    reason: Annotated[ReasonCode | None, OrNull(Word(ReasonCode))] = None


@dataclass(frozen=True, slots=True)
class VerificationResultsMessage(Message):
    """The answers to a batch, in the order of its presentations."""

    MOST_OCTETS: ClassVar[int] = 4 << 20

    results: Annotated[
        tuple[VerificationResult, ...],
        ListOf(Inner(VerificationResult), least=1, most=MAX_PRESENTATIONS),
    ]


@dataclass(frozen=True, slots=True)
class CredentialMessage(Message):
    """The text of a card face's QR code, and for which service it was shown."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "service": "tiep-don",
        "text": "NCFOXN%TS",
        "asked": ["name"],
    }

    service: Annotated[str, Text(about="one of the partner's services")]
    text: Annotated[str, Text(MAX_TEXT_CHARACTERS, about="as scanned")] = field(repr=False)
    asked: Annotated[tuple[str, ...] | None, ASKED] = None


@dataclass(frozen=True, slots=True)
class StatusQuery(Message):
    """Asks where a card stands: by GUID, by a receipt of the partner's own, or by pseudonym."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "card": "urn:uuid:703de578-6b72-407e-8067-65d5a62041ca"
    }

    card: Annotated[
        CardGuid | None, Parsed(CardGuid.parse, lambda guid: guid.urn, most=45, about="the GUID")
    ] = None
    receipt: Annotated[str | None, Text(MAX_RECEIPT_CHARACTERS, about="as it was given")] = None
    pseudonym: Annotated[str | None, Text(64, about="the partner's own name for the holder")] = None

    def __post_init__(self) -> None:
        if (self.card, self.receipt, self.pseudonym).count(None) != 2:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "ask by card, receipt or pseudonym")


@dataclass(frozen=True, slots=True)
class StatusMessage(Message):
    """Where a card stands; names neither the card nor its holder."""

    state: Annotated[CardState, Word(CardState)]
    usable: Annotated[bool, Flag(about="whether any service is granted to it")]
    at: Annotated[datetime, Instant(about="when that was so")]
