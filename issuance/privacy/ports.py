"""What the privacy use cases need of the store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from cardsvc.audit import AuditEvent
from cardsvc.privacy_records import DataKind, ErasureHold, PersonFile, PrivacyRequest


class PrivacyTransaction(Protocol):
    """One unit of work: what changes and its audit events commit together or not at all."""

    def add_request(self, request: PrivacyRequest) -> None:
        """Keep a new request.

        Raises:
            IssuanceError: no such holder (HOLDER_UNKNOWN), or the identifier is taken
                (CONCURRENT_CHANGE).
        """
        ...

    def request(self, request_id: str) -> PrivacyRequest:
        """Return a request, locked for this transaction.

        Raises:
            IssuanceError: unknown (PRIVACY_REQUEST_UNKNOWN).
        """
        ...

    def save_request(self, request: PrivacyRequest) -> None:
        """Write a request whose ``version`` is the one that was read.

        Raises:
            IssuanceError: somebody changed it in between (CONCURRENT_CHANGE).
        """
        ...

    def restrict(self, holder_id: str, at: datetime) -> None:
        """Let nothing new be done with a person's data; harmless where it is so already."""
        ...

    def lift_restriction(self, holder_id: str) -> bool:
        """Take a restriction away; tell whether there was one."""
        ...

    def holds(
        self, holder_id: str, at: datetime, ended_before: datetime
    ) -> Collection[ErasureHold]:
        """Return what stands against erasing a person.

        Args:
            holder_id: the person, locked for this transaction.
            at: now.
            ended_before: cards that ended later, and requests made later, are a retention duty.

        Raises:
            IssuanceError: no such holder (HOLDER_UNKNOWN).
        """
        ...

    def erase(self, holder_id: str, at: datetime) -> bool:
        """Erase a person's data; identifiers stay. False where it was done before."""
        ...

    def due_holders(self, at: datetime, ended_before: datetime, limit: int) -> Sequence[str]:
        """Return people against whose erasure nothing stands any more, some of them."""
        ...

    def forget(self, kind: DataKind, at: datetime, before: datetime, limit: int) -> int:
        """End the retention of some of what is due of a kind other than people; how many."""
        ...

    def person_file(self, holder_id: str) -> PersonFile:
        """Return everything that is held about a person.

        Raises:
            IssuanceError: no such holder (HOLDER_UNKNOWN).
        """
        ...

    def record(self, event: AuditEvent) -> None:
        """Append an audit event."""
        ...


class PrivacyStore(Protocol):
    """Opens units of work, and counts what is due."""

    def transaction(self) -> AbstractContextManager[PrivacyTransaction]:
        """Commit on a clean exit, roll back on an exception."""
        ...

    def count_due(self, kind: DataKind, at: datetime, before: datetime) -> int:
        """Return how much of a kind is due: the event that ended its use lies before."""
        ...
