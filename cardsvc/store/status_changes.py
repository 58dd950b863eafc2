"""Counts changes to what CRLs and status lists say, in the transaction that makes the change.

Changes are noted while the transaction works and counted as its last but one act, always in the
same order and before the audit log's head is locked: so that they take part in no deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from cardsvc.card.guid import CardGuid
from cardsvc.store.schema import StatusChangeRow, StatusEntryRow
from cardsvc.store.upsert import upsert

_NOTED = "status_changes"
_AT_ONCE = 500
"""Parameters of one query; older SQLite takes 999 at most."""


@dataclass(slots=True)
class _Noted:
    subjects: set[str] = field(default_factory=set)
    cards: set[CardGuid] = field(default_factory=set)


def crl_subject(issuer_key_id: bytes) -> str:
    """Return the subject under which changes to an issuer's CRL are counted."""
    return f"crl/{issuer_key_id.hex()}"


def list_subject(list_number: int) -> str:
    """Return the subject under which changes to a status list are counted."""
    return f"list/{list_number}"


def note_certificate_change(session: Session, issuer_key_id: bytes, guid: CardGuid | None) -> None:
    """Note that a certificate was revoked, held or released."""
    _noted(session).subjects.add(crl_subject(issuer_key_id))
    if guid is not None:
        note_card_change(session, guid)


def note_card_change(session: Session, guid: CardGuid) -> None:
    """Note that a card's status may be another one now."""
    _noted(session).cards.add(guid)


def count_changes(session: Session) -> None:
    """Count what was noted. Nothing but the audit log may be written after it."""
    noted = _noted(session)
    del session.info[_NOTED]
    subjects = noted.subjects | {list_subject(one) for one in _lists_of(session, noted.cards)}
    for subject in sorted(subjects):
        first = upsert(session, StatusChangeRow).values(subject=subject, changes=1)
        again = {"changes": StatusChangeRow.changes + 1}
        session.execute(first.on_conflict_do_update(index_elements=["subject"], set_=again))


def read_changes(session: Session, subject: str) -> int:
    """Return how often a subject has changed."""
    query = select(StatusChangeRow.changes).where(StatusChangeRow.subject == subject)
    return session.scalar(query) or 0


def _noted(session: Session) -> _Noted:
    noted: _Noted = session.info.setdefault(_NOTED, _Noted())
    return noted


def _lists_of(session: Session, guids: Iterable[CardGuid]) -> set[int]:
    wanted, numbers = list(guids), set[int]()
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(StatusEntryRow.list_number).where(
            StatusEntryRow.guid.in_(wanted[start : start + _AT_ONCE])
        )
        numbers |= set(session.scalars(query.distinct()))
    return numbers
