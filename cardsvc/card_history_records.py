"""How a card stood at an instant of the past, as the audit log tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cardsvc.lifecycle import CardState


@dataclass(frozen=True, slots=True)
class CardChange:
    """A card came into a state.

    Args:
        at: when.
        state: which.
    """

    at: datetime
    state: CardState


def standing_at(changes: Sequence[CardChange], at: datetime) -> CardChange | None:
    """Return the last change up to an instant, None before the first.

    Args:
        changes: of one card, in the order in which they were made.
        at: the instant.
    """
    past = [one for one in changes if one.at <= at]
    return past[-1] if past else None
