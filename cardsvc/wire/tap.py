"""The messages of a tap: challenge asked and given, presentation, decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, ClassVar

from cardsvc.card.piv import KeySlot, ObjectTag
from cardsvc.service_records import MAX_NONCE_OCTETS, NONCE_OCTETS
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.composites import Inner, ListOf, MapOf, OrNull
from cardsvc.wire.kinds import Flag, Hex, Instant, Name, Octets, Scalar, Text
from cardsvc.wire.message import Message

MAX_MESSAGE_OCTETS = 4096
"""A challenge's message: the nonce, and the texts that it is bound to."""
MAX_ATTRIBUTES = 32
MAX_ATTRIBUTE_CHARACTERS = 64
MAX_CONSENT_CHARACTERS = 400
"""One language of a consent's text, as policies allow it."""

NONCE = Octets(least=NONCE_OCTETS, most=MAX_NONCE_OCTETS, about="opaque; good once, for its caller")

ASKED = ListOf(
    Text(MAX_ATTRIBUTE_CHARACTERS),
    most=MAX_ATTRIBUTES,
    about="attributes that the partner wants; null for all that it may have",
)


@dataclass(frozen=True, slots=True)
class ChallengeRequest(Message):
    """An agent asks for a question to put to a card."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "relying_party": "benh-vien",
        "service": "tiep-don",
        "level": "X1",
    }

    relying_party: Annotated[str, Text(about="the partner; partners ask for themselves only")]
    service: Annotated[str, Text(about="one of the partner's services")]
    level: Annotated[
        AssuranceLevel, Name(AssuranceLevel, about="X1: the chip; X2: the chip and its PIN")
    ]


@dataclass(frozen=True, slots=True)
class ConsentText(Message):
    """What the holder must be shown before the PIN is asked for; the answer repeats ``id``."""

    id: Annotated[str, Text(about="names the words and their version")]
    vi: Annotated[str, Text(MAX_CONSENT_CHARACTERS, about="in Vietnamese")]
    en: Annotated[str, Text(MAX_CONSENT_CHARACTERS, about="in English")]


@dataclass(frozen=True, slots=True)
class ChallengeMessage(Message):
    """The question: the nonce and the octets that the card's answer must cover."""

    nonce: Annotated[bytes, NONCE]
    message: Annotated[bytes, Octets(most=MAX_MESSAGE_OCTETS, about="what the card signs")]
    expires_at: Annotated[datetime, Instant(about="no answer is taken from then on")]
    consent: Annotated[
        ConsentText | None,
        Inner(ConsentText, about="there where the service gets nothing without agreement"),
    ] = None


@dataclass(frozen=True, slots=True)
class PresentationMessage(Message):
    """What the card answered: object contents by tag, signatures by slot."""

    nonce: Annotated[bytes, NONCE]
    objects: Annotated[
        Mapping[ObjectTag, bytes],
        MapOf(Hex(ObjectTag), Octets(32_768), most=8, about="contents by tag, as read"),
    ] = field(default_factory=dict, repr=False)
    proofs: Annotated[
        Mapping[KeySlot, bytes],
        MapOf(Hex(KeySlot), Octets(512), most=4, about="signatures by key slot"),
    ] = field(default_factory=dict)
    asked: Annotated[tuple[str, ...] | None, ASKED] = None
    consent: Annotated[
        str | None, Text(about="the identifier of the text that the holder was shown")
    ] = None


@dataclass(frozen=True, slots=True)
class DecisionMessage(Message):
    """The service's answer to a tap, as the agent and the screen get it."""

    granted: Annotated[bool, Flag(about="only true is a grant")]
    code: Annotated[str, Text(about="`granted`, or the public code of the denial")]
    level: Annotated[str | None, OrNull(Text(2), about="the level that was reached")]
    holder_name: Annotated[str | None, OrNull(Text(), about="the released attribute `name`")]
    message_vi: Annotated[str, Text(500, about="for the person at the screen, in Vietnamese")]
    message_en: Annotated[str, Text(500, about="the same in English")]
    receipt: Annotated[str, Text(8192, about="a JWS; keep it")]
    released: Annotated[
        Mapping[str, str | bool | None],
        MapOf(Text(), Scalar(), most=MAX_ATTRIBUTES, about="a value for every attribute asked for"),
    ] = field(default_factory=dict, repr=False)
    pseudonym: Annotated[str | None, Text(about="this partner's own name for the holder")] = None
