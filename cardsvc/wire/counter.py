"""Messages of sessions at counters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Annotated, Any, ClassVar

from cardsvc.access_records import require_identifier
from cardsvc.counter_records import MOST_STEPS
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.composites import OrNull
from cardsvc.wire.kinds import Instant, Name, Number, Parsed, Text, Word
from cardsvc.wire.message import Message
from cardsvc.wire.tap import ASKED


@unique
class SessionState(StrEnum):
    """Where a session stands."""

    OPEN = "open"
    ENDED = "ended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SessionRequest(Message):
    """A partner opens a session: at its own readers, or at one of our agents."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {"service": "tiep-don", "agent": "quay-3"}

    service: Annotated[str, Text(about="one of the partner's services")]
    agent: Annotated[
        str | None,
        Parsed(require_identifier, most=64, about="the reader agent; null for your own readers"),
    ] = None


@dataclass(frozen=True, slots=True)
class AgentSessionRequest(Message):
    """An agent opens a session on behalf of a partner."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {"relying_party": "benh-vien", "service": "tiep-don"}

    relying_party: Annotated[str, Text(about="the partner")]
    service: Annotated[str, Text(about="one of the partner's services")]


@dataclass(frozen=True, slots=True)
class SessionMessage(Message):
    """A session as it stands; names neither card nor holder."""

    id: Annotated[str, Text(36, about="names the session in addresses and receipts")]
    relying_party: Annotated[str, Text()]
    service: Annotated[str, Text()]
    agent: Annotated[str, Text(about="who may put questions to the card")]
    state: Annotated[SessionState, Word(SessionState, about="`ended` by time or by its steps")]
    steps: Annotated[int, Number(most=MOST_STEPS, about="decisions so far")]
    level: Annotated[str | None, OrNull(Text(2), about="the highest that the card proved")]
    expires_at: Annotated[datetime, Instant(about="the session is over from then on")]


@dataclass(frozen=True, slots=True)
class SessionQuestion(Message):
    """Asks for a question to put to the session's card."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {"level": "X2"}

    level: Annotated[
        AssuranceLevel, Name(AssuranceLevel, about="X1: the chip; X2: the chip and its PIN")
    ]


@dataclass(frozen=True, slots=True)
class PhotoMatchMessage(Message):
    """A named officer matched the photo with the person at the counter."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {"officer": "can-bo-lan"}

    officer: Annotated[
        str, Parsed(require_identifier, most=64, about="stands on the receipt and in the audit log")
    ]
    asked: Annotated[tuple[str, ...] | None, ASKED] = None
