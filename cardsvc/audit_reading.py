"""What is read out of the audit log: events with their places, searches, proofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cardsvc.access_records import ALL_AGENCIES
from cardsvc.audit import AuditAction, AuditEvent


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event and its place in the log, counted from 0."""

    seq: int
    event: AuditEvent


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """Which events are wanted; what is None or empty asks for nothing.

    Args:
        actor: who did it.
        action: what was done.
        subject: to what: a GUID, an identifier of an application, a holder, an agent.
        since: the first instant.
        before: the first instant that is too late.
        request_id: of what request it came.
        agencies: the scope: only what concerns these agencies' people and cards; ``*`` for all.
    """

    actor: str = ""
    action: AuditAction | None = None
    subject: str = ""
    since: datetime | None = None
    before: datetime | None = None
    request_id: str = ""
    agencies: frozenset[str] = frozenset({ALL_AGENCIES})


@dataclass(frozen=True, slots=True)
class AuditPlace:
    """Where a page of a search ended, newest first."""

    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class FoundEvents:
    """A page of a search.

    Args:
        events: newest first; fewer than were asked for where most lie outside the scope.
        next_place: where to go on; None at the end.
    """

    events: Sequence[LoggedEvent]
    next_place: AuditPlace | None


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That an entry is in the log of ``size`` entries (RFC 6962 section 2.1.1).

    Args:
        seq: the entry's place.
        size: of the tree that the proof is for.
        leaf: the entry's leaf hash, 32 octets.
        path: sibling hashes, lowest first.
        root: the tree's root.
    """

    seq: int
    size: int
    leaf: bytes
    path: tuple[bytes, ...]
    root: bytes


@dataclass(frozen=True, slots=True)
class VerifiedLog:
    """What a check of the whole log found to be sound."""

    size: int
    root_hash: bytes
    tree_heads: int
