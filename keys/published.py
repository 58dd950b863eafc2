"""Keeps signed status documents: signed anew when something changed, not for each who asks.

Every process serves the same edition: the latest is in the document store, and a copy of it here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from cardsvc.clock import require_utc
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.status_records import PublishedDocument
from keys.ports import DocumentStore

_ATTEMPTS = 5
"""Each is lost only to another process that published in between."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far another server's clock may be ahead: two must not replace each other's editions."""

Sign = Callable[[int], PublishedDocument | None]
"""Signs an edition that is to follow the one with the given number."""


class MemoryDocuments:
    """A document store for one process alone. Implements ``keys.ports.DocumentStore``."""

    def __init__(self) -> None:
        self._documents: dict[str, PublishedDocument] = {}
        self._lock = threading.Lock()

    def find(self, name: str) -> PublishedDocument | None:
        """Return a document's latest edition, or None."""
        with self._lock:
            return self._documents.get(name)

    def keep(self, name: str, document: PublishedDocument, *, after: int) -> bool:
        """Keep an edition, if it follows the one that is there; tell whether it was kept."""
        with self._lock:
            old = self._documents.get(name)
            if old is not None and (old.number != after or document.changes < old.changes):
                return False
            self._documents[name] = document
            return True


class Publisher:
    """Gives the edition of a document that is right now.

    Args:
        store: shared by all processes.
    """

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self._copies: dict[str, PublishedDocument] = {}
        self._lock = threading.Lock()

    def current(
        self, name: str, changes: int, at: datetime, refresh: timedelta, sign: Sign
    ) -> PublishedDocument | None:
        """Return an edition that has taken in the changes and is younger than ``refresh``.

        Args:
            name: of the document.
            changes: of its subject matter, counted before this is called.
            at: now.
            refresh: a document without changes is signed anew after this.
            sign: makes an edition; it reads the subject matter after ``changes`` were counted,
                so what it says is never older.

        Returns:
            None where ``sign`` has nothing to say.

        Raises:
            StoreError: CONCURRENT_CHANGE where others were faster again and again.
        """
        at = require_utc(at)

        def fits(document: PublishedDocument | None) -> bool:
            return (
                document is not None
                and document.changes >= changes
                and -CLOCK_SKEW <= at - document.made_at < refresh
            )

        copy = self._copies.get(name)
        if copy is not None and fits(copy):
            return copy
        with self._lock:  # one thread of this process signs, the others wait for its edition
            for _ in range(_ATTEMPTS):
                found = self._store.find(name)
                if found is not None and fits(found):
                    self._copies[name] = found
                    return found
                last = 0 if found is None else found.number
                made = sign(last)
                if made is None:
                    return None
                if self._store.keep(name, made, after=last):
                    self._copies[name] = made
                    return made
        raise StoreError(ReasonCode.CONCURRENT_CHANGE, f"{name}: others publish all the time")
