"""What agents decided offline, held against what was known here at that moment.

"Opened 10:02 on a list 40 minutes old; revoked 09:58": nothing can be undone by it, but somebody
has to be asked, and a zone may need stricter steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from functools import lru_cache
from typing import Protocol

from cardsvc.agent_event_records import KeptEvent
from cardsvc.card.guid import CardGuid
from cardsvc.card_history_records import CardChange, standing_at
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.offline_records import DECIDED_OFFLINE, OfflineDecision, parse_offline_decision

_CARDS_AT_HAND = 4096
_AHEAD = timedelta(minutes=5)
_OF_STATUS = frozenset(
    {
        ReasonCode.CARD_SUSPENDED.value,
        ReasonCode.CARD_REVOKED.value,
        ReasonCode.CARD_REPLACED.value,
        ReasonCode.CARD_NOT_ACTIVE.value,
        ReasonCode.CARD_UNKNOWN.value,
    }
)
"""Refusals that a newer list might not have made."""


@unique
class Finding(StrEnum):
    """How a decision compares with what was known."""

    AGREES = "agrees"
    GRANTED_AFTER_END = "granted_after_end"
    GRANTED_UNKNOWN = "granted_unknown"
    REFUSED_THOUGH_ACTIVE = "refused_though_active"
    AHEAD_OF_TIME = "ahead_of_time"
    UNREADABLE = "unreadable"


class CardHistory(Protocol):
    """Tells how a card's state changed."""

    def changes(self, guid: CardGuid) -> Sequence[CardChange]:
        """Return the changes of a card's state in order; nothing for a card we never made."""
        ...


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One offline decision and what was known.

    Args:
        agent: who decided.
        received_at: when we heard of it.
        finding: how it compares.
        decision: what was decided; None where the event can't be read.
        known: how the card stood here at that moment; None where it matters to nothing.
    """

    agent: str
    received_at: datetime
    finding: Finding
    decision: OfflineDecision | None = None
    known: CardChange | None = None

    @property
    def list_age(self) -> timedelta | None:
        """How old the list was by which it was decided."""
        decision = self.decision
        return None if decision is None else max(decision.at - decision.bundle_at, timedelta())


def reconcile(events: Iterable[KeptEvent], history: CardHistory) -> Iterator[Reconciled]:
    """Compare offline decisions with what was known; other events are passed over.

    Args:
        events: of agents, in any order.
        history: how cards stood.
    """
    changes = lru_cache(maxsize=_CARDS_AT_HAND)(history.changes)
    for kept in events:
        if kept.event.kind != DECIDED_OFFLINE:
            continue
        try:
            decision = parse_offline_decision(kept.event)
        except Malformed:
            yield Reconciled(kept.agent, kept.received_at, Finding.UNREADABLE)
            continue
        known = None
        if decision.guid is not None:
            known = standing_at(changes(decision.guid), decision.at)
        finding = _compare(decision, known, kept.received_at)
        yield Reconciled(kept.agent, kept.received_at, finding, decision, known)


def _compare(decision: OfflineDecision, known: CardChange | None, received_at: datetime) -> Finding:
    if decision.at > received_at + _AHEAD:
        return Finding.AHEAD_OF_TIME
    is_active = known is not None and known.state is CardState.ACTIVE
    if decision.granted:
        if known is None:
            return Finding.GRANTED_UNKNOWN
        return Finding.AGREES if is_active else Finding.GRANTED_AFTER_END
    if is_active and _OF_STATUS.intersection(decision.reasons[:1]):
        return Finding.REFUSED_THOUGH_ACTIVE
    return Finding.AGREES
