"""Visitor passes: what is kept of one, and what its signed QR code says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

LONGEST_VISIT = timedelta(hours=24)
"""From the first instant of a pass to its last."""
EARLIEST_ISSUE = timedelta(days=30)
"""How long before the visit a pass may be issued."""
MOST_ENTRIES = 50
PASSES_KEPT = timedelta(days=90)
"""After a pass's last instant; what it opened stays in the audit log."""


@dataclass(frozen=True, slots=True)
class PassClaims:
    """What the QR code says; purpose and visitor stand there and are kept nowhere else.

    Args:
        id: a UUID, as text.
        issuer: our name.
        relying_party: the partner whose visitor it is.
        zone: where it opens.
        purpose: what for, as the guard reads it.
        visitor: the name to compare with a document; None where the pass names nobody.
        entries: how often it opens.
        issued_at: when it was signed, to the second.
        not_before: the first instant, to the second.
        expires_at: the last instant, to the second.
    """

    id: str
    issuer: str
    relying_party: str
    zone: str
    purpose: str = field(repr=False)
    visitor: str | None = field(repr=False)
    entries: int
    issued_at: datetime
    not_before: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class VisitorPass:
    """What is kept of a pass: no name and no purpose.

    Args:
        id: as in its claims.
        relying_party: the partner.
        host: who invited, by the partner's own identifier.
        zone: where it opens.
        issued_at: when it was signed.
        not_before: the first instant.
        expires_at: the last instant.
        entries: how often it opens.
        used: how often it has.
        revoked_at: when it was revoked, None where it was not.
    """

    id: str
    relying_party: str
    host: str
    zone: str
    issued_at: datetime
    not_before: datetime
    expires_at: datetime
    entries: int
    used: int = 0
    revoked_at: datetime | None = None
