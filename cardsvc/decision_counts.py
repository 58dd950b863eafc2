"""Decisions counted by one thing at a time, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class CountedBy(StrEnum):
    """What decisions are counted by."""

    SERVICE = "service"
    RESULT = "result"
    PLACE = "place"


GRANTED, DENIED = "granted", "denied"
UNREAD_KINDS = ("tap.failed", "reader.card_unreadable")
"""Kinds of agents' events that say that a card was there and could not be read."""


@dataclass(frozen=True, slots=True)
class DecisionCount:
    """How many decisions there were of one service, result or place.

    Args:
        key: ``PARTNER/SERVICE``, ``granted`` or ``denied``, or an agent.
        decisions: how many.
        cards: how many cards they were about.
    """

    key: str
    decisions: int
    cards: int
