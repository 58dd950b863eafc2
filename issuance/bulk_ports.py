"""What issuing many cards at once needs of the store: rows by the hundred, one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from cardsvc.audit import AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.lifecycle import CardState
from cardsvc.records import Application, CardRecord


class BulkTransaction(Protocol):
    """One unit of work: what changes and its audit events commit together or not at all."""

    def unchanged(self, applications: Iterable[Application]) -> frozenset[str]:
        """Return which applications stand as they were read, locked for this transaction."""
        ...

    def standing_cards(
        self, application_ids: Sequence[str]
    ) -> Mapping[str, tuple[CardGuid, CardState]]:
        """Return the last card of each application that is not spoiled, where there is one."""
        ...

    def known_cards(self, guids: Sequence[CardGuid]) -> frozenset[CardGuid]:
        """Return those of many GUIDs that are a card's already."""
        ...

    def add_cards(self, cards: Sequence[CardRecord]) -> None:
        """Insert cards without keys; each gets its place in a status list for good."""
        ...

    def finish_cards(self, cards: Sequence[CardRecord]) -> None:
        """Write the state of cards whose ``version`` is the one that was read, and their keys.

        Raises:
            IssuanceError: somebody changed one in between (CONCURRENT_CHANGE).
        """
        ...

    def record(self, event: AuditEvent) -> None:
        """Append an audit event."""
        ...


class BulkStore(Protocol):
    """Reads, and opens units of work of many rows."""

    def applications(self, application_ids: Sequence[str]) -> Mapping[str, Application]:
        """Return those of many applications that there are; nobody who writes waits for it."""
        ...

    def transaction(self) -> AbstractContextManager[BulkTransaction]:
        """Commit on a clean exit, roll back on an exception."""
        ...
