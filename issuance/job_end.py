"""How a job at a desk ended, as its agent is told."""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.errors import ReasonCode


@dataclass(frozen=True, slots=True)
class JobEnd:
    """A job has nothing more to send.

    Args:
        state: of a new card, the card's; of a job about a finished card, its last stage.
        reason: why the card was not finished, or None.
    """

    state: str
    reason: ReasonCode | None = None
