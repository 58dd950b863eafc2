"""What a reader monitor tells: the service, the readers, the cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from cardsvc.errors import ReasonCode


@dataclass(frozen=True, slots=True)
class ServiceLost:
    """The PC/SC service does not answer, or refuses us.

    Args:
        reason: SERVICE_UNAVAILABLE, ACCESS_DENIED, …
        detail: for the log.
    """

    reason: ReasonCode
    detail: str


@dataclass(frozen=True, slots=True)
class ServiceBack:
    """The PC/SC service answers (again)."""


@dataclass(frozen=True, slots=True)
class ReaderAdded:
    """A reader is there."""

    reader: str


@dataclass(frozen=True, slots=True)
class ReaderRemoved:
    """A reader is gone."""

    reader: str


@dataclass(frozen=True, slots=True)
class CardInserted:
    """A card is in a reader."""

    reader: str
    atr: bytes


@dataclass(frozen=True, slots=True)
class CardRemoved:
    """The card, answering or mute, left a reader."""

    reader: str


@dataclass(frozen=True, slots=True)
class CardMute:
    """Something is in a reader that does not answer a reset: upside down, broken, no card."""

    reader: str


@dataclass(frozen=True, slots=True)
class ReaderCapReached:
    """There are as many readers as the service can list."""

    count: int


ReaderEvent: TypeAlias = (
    ServiceLost
    | ServiceBack
    | ReaderAdded
    | ReaderRemoved
    | CardInserted
    | CardRemoved
    | CardMute
    | ReaderCapReached
)
