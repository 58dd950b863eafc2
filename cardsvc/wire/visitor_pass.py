"""Messages about visitor passes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, ClassVar

from cardsvc.access_records import require_identifier
from cardsvc.pass_records import MOST_ENTRIES
from cardsvc.wire.composites import OrNull
from cardsvc.wire.credential import MAX_TEXT_CHARACTERS
from cardsvc.wire.kinds import Flag, Instant, Number, Parsed, Text
from cardsvc.wire.message import Message

_MOST_PURPOSE, _MOST_NAME = 120, 80
_ZONE = Parsed(require_identifier, most=64, about="where the pass opens")
_HOST = Parsed(require_identifier, most=64, about="who invites, by your own identifier")


@dataclass(frozen=True, slots=True)
class VisitorPassRequest(Message):
    """A host asks for a pass. Purpose and name stand in its QR code and are kept nowhere else."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "host": "phong-hanh-chinh",
        "zone": "nha-b",
        "purpose": "Họp giao ban",
        "not_before": "2026-11-21T01:00:00Z",
        "expires_at": "2026-11-21T05:00:00Z",
    }

    host: Annotated[str, _HOST]
    zone: Annotated[str, _ZONE]
    purpose: Annotated[str, Text(_MOST_PURPOSE, about="what for, as the guard reads it")] = field(
        repr=False
    )
    not_before: Annotated[datetime, Instant(about="the first instant")]
    expires_at: Annotated[datetime, Instant(about="the last; 24 hours after the first at most")]
    visitor: Annotated[
        str | None, Text(_MOST_NAME, about="the name to compare with a document")
    ] = field(default=None, repr=False)
    entries: Annotated[int, Number(least=1, most=MOST_ENTRIES, about="how often it opens")] = 1


@dataclass(frozen=True, slots=True)
class VisitorPassMessage(Message):
    """A pass as it is kept; ``text`` is its QR code, given once, when it is issued."""

    id: Annotated[str, Text(36)]
    host: Annotated[str, _HOST]
    zone: Annotated[str, _ZONE]
    not_before: Annotated[datetime, Instant()]
    expires_at: Annotated[datetime, Instant()]
    entries: Annotated[int, Number(least=1, most=MOST_ENTRIES)]
    used: Annotated[int, Number(most=MOST_ENTRIES)]
    revoked: Annotated[bool, Flag()]
    text: Annotated[str | None, OrNull(Text(MAX_TEXT_CHARACTERS, about="draw it as a QR code"))] = (
        field(default=None, repr=False)
    )


@dataclass(frozen=True, slots=True)
class PassShownMessage(Message):
    """A pass was shown at a gate of the partner's own; showing it counts as an entry."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {"text": "NCFOXN%TS", "zone": "nha-b"}

    text: Annotated[str, Text(MAX_TEXT_CHARACTERS, about="as scanned")] = field(repr=False)
    zone: Annotated[str, _ZONE]


@dataclass(frozen=True, slots=True)
class PassAnswerMessage(Message):
    """Whether the gate opens; X0, as whoever has a picture of the pass has the pass."""

    granted: Annotated[bool, Flag(about="only true opens")]
    code: Annotated[str, Text(about="`granted`, or the public code of the refusal")]
    level: Annotated[str, Text(2, about="`X0`")]
    message_vi: Annotated[str, Text(500)]
    message_en: Annotated[str, Text(500)]
    id: Annotated[str | None, OrNull(Text(36))] = None
    purpose: Annotated[str | None, OrNull(Text(_MOST_PURPOSE))] = field(default=None, repr=False)
    visitor: Annotated[str | None, OrNull(Text(_MOST_NAME))] = field(default=None, repr=False)
    entries_left: Annotated[int, Number(most=MOST_ENTRIES)] = 0
