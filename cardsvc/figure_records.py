"""Figures about all cards, counted at one instant, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType

EXPIRY_DAYS = (30, 60, 90)
"""How far ahead expiring cards are counted."""
ISSUE_DAYS = 90
"""How far back issued cards are counted by day."""


@dataclass(frozen=True, slots=True)
class CardCount:
    """How many cards of one agency, type and state there are; agency empty for none."""

    agency: str
    card_type: CardType
    state: CardState
    cards: int


@dataclass(frozen=True, slots=True)
class ExpiryCount:
    """How many cards in use expire in so many days at most, counted from the one before."""

    agency: str
    within_days: int
    cards: int


@dataclass(frozen=True, slots=True)
class IssueCount:
    """How many cards were handed over on a day in Vietnam."""

    agency: str
    day: date
    cards: int


@dataclass(frozen=True, slots=True)
class WaitingCount:
    """Applications that wait for approval, and since when the oldest does."""

    agency: str
    applications: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class OpenCount:
    """How many cases of something one agency has open."""

    agency: str
    quantity: int


@dataclass(frozen=True, slots=True)
class CardFigures:
    """What the overview shows, of all agencies.

    Args:
        at: the instant that all of it is of.
        cards: by agency, type and state.
        expiring: cards in use that expire soon.
        issued: handed over by day.
        waiting: applications that wait for approval.
        losses: open cases of loss.
        returns: cards locked for a leave that ends within a week, or has ended.
        blanks: card blanks in stock.
        import_errors: rows of imported lists that somebody has to look at.
    """

    at: datetime
    cards: tuple[CardCount, ...]
    expiring: tuple[ExpiryCount, ...]
    issued: tuple[IssueCount, ...]
    waiting: tuple[WaitingCount, ...]
    losses: tuple[OpenCount, ...]
    returns: tuple[OpenCount, ...]
    blanks: int
    import_errors: int
