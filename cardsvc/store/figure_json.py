"""Counted figures as JSON (RFC 8259) and back; ours on both sides, and checked all the same."""

from __future__ import annotations

import json
from dataclasses import astuple
from datetime import date, datetime
from typing import Any

from cardsvc.errors import ReasonCode, StoreError
from cardsvc.figure_records import (
    CardCount,
    CardFigures,
    ExpiryCount,
    IssueCount,
    OpenCount,
    WaitingCount,
)
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType

_TABLES = ("cards", "expiring", "issued", "waiting", "losses", "returns")


def encode_figures(figures: CardFigures) -> bytes:
    """Return figures as JSON; the instant is kept beside it."""
    document: dict[str, object] = {
        name: [[_plain(value) for value in astuple(one)] for one in getattr(figures, name)]
        for name in _TABLES
    }
    document |= {"blanks": figures.blanks, "import_errors": figures.import_errors}
    return json.dumps(document, ensure_ascii=False).encode()


def read_figures(octets: bytes, at: datetime) -> CardFigures:
    """Return the figures that were kept.

    Raises:
        StoreError: not what we wrote (RECORD_CORRUPT).
    """
    try:
        return _figures(json.loads(octets), at)
    except (ValueError, TypeError, KeyError):
        raise StoreError(ReasonCode.RECORD_CORRUPT, "not counted figures") from None


def _figures(document: dict[str, Any], at: datetime) -> CardFigures:
    return CardFigures(
        at=at,
        cards=tuple(
            CardCount(agency, CardType(card_type), CardState(state), int(cards))
            for agency, card_type, state, cards in document["cards"]
        ),
        expiring=tuple(ExpiryCount(*one) for one in document["expiring"]),
        issued=tuple(
            IssueCount(agency, date.fromisoformat(day), int(cards))
            for agency, day, cards in document["issued"]
        ),
        waiting=tuple(
            WaitingCount(agency, int(applications), datetime.fromisoformat(oldest_at))
            for agency, applications, oldest_at in document["waiting"]
        ),
        losses=tuple(OpenCount(*one) for one in document["losses"]),
        returns=tuple(OpenCount(*one) for one in document["returns"]),
        blanks=int(document["blanks"]),
        import_errors=int(document["import_errors"]),
    )


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
