"""The answer to a holder who asks who checked his card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from cardsvc.wire.composites import Inner, ListOf, OrNull
from cardsvc.wire.kinds import Flag, Instant, Text
from cardsvc.wire.message import Message
from cardsvc.wire.tap import MAX_ATTRIBUTES, DecisionMessage

_MOST_CHECKS = 50
_MOST_TITLE = 400


@dataclass(frozen=True, slots=True)
class OwnCheck(Message):
    """One check of one of the holder's cards."""

    at: Annotated[datetime, Instant()]
    partner: Annotated[str, Text(_MOST_TITLE, least=0, about="who relied on it")]
    service_vi: Annotated[str, Text(_MOST_TITLE, least=0, about="for what, in Vietnamese")]
    service_en: Annotated[str, Text(_MOST_TITLE, least=0, about="the same in English")]
    level: Annotated[str | None, OrNull(Text(2), about="what the card proved")]
    granted: Annotated[bool, Flag()]
    code: Annotated[str, Text(about="`granted`, or the public code of the denial")]
    released: Annotated[
        tuple[str, ...],
        ListOf(Text(), most=MAX_ATTRIBUTES, about="names of what the partner learned"),
    ]


@dataclass(frozen=True, slots=True)
class OwnChecksMessage(Message):
    """The decision about the holder's own request, and the checks where it was granted."""

    decision: Annotated[DecisionMessage, Inner(DecisionMessage)]
    checks: Annotated[
        tuple[OwnCheck, ...], ListOf(Inner(OwnCheck), most=_MOST_CHECKS, about="newest first")
    ]
