"""What the registries need of the store. Fitted together in bootstrap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from cardsvc.agency_records import Agency, AgencyBook
from cardsvc.audit import AuditEvent
from cardsvc.holder_search_records import HolderCursor, HolderFilter, HolderPage
from cardsvc.identity.number_alias import IdentityNumber
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.photo_records import HolderPhoto
from cardsvc.records import Holder


class HolderTransaction(Protocol):
    """One unit of work on holders: changes and audit events commit together or not at all."""

    def add_holders(self, holders: Sequence[Holder]) -> None:
        """Insert new holders; thousands in one call are as good as one.

        Raises:
            IssuanceError: a personal number is on record, or stands there twice (HOLDER_EXISTS).
        """
        ...

    def holder(self, holder_id: str) -> Holder:
        """Return a holder, locked for this transaction.

        Raises:
            IssuanceError: unknown (HOLDER_UNKNOWN).
        """
        ...

    def save_holder(self, holder: Holder) -> Holder:
        """Write a holder whose ``version`` is the one that was read.

        Returns:
            The holder as it now stands; where no fact changed, nothing was written.

        Raises:
            IssuanceError: unknown (HOLDER_UNKNOWN); changed since it was read
                (CONCURRENT_CHANGE); the number is another person's (HOLDER_EXISTS).
        """
        ...

    def find_by_number(self, number: IdentityNumber) -> Sequence[Holder]:
        """Return who has a number now, then who had it before; not locked."""
        ...

    def find_by_personal_numbers(
        self, numbers: Sequence[PersonalNumber]
    ) -> Mapping[PersonalNumber, Holder]:
        """Return the holders of present numbers, those that are on record; not locked."""
        ...

    def record(self, event: AuditEvent) -> None:
        """Append an audit event."""
        ...


class HolderStore(Protocol):
    """Opens units of work on holders."""

    def transaction(self) -> AbstractContextManager[HolderTransaction]:
        """Commit on a clean exit, roll back on an exception."""
        ...


class HolderDirectory(Protocol):
    """Finds holders in a registry of a million."""

    def search(
        self, asked: HolderFilter, *, after: HolderCursor | None = None, limit: int = 50
    ) -> HolderPage:
        """Return a page of the holders that are asked for, in staff order, exact hits first."""
        ...

    def find(self, holder_id: str) -> Holder | None:
        """Return a holder as on record, or None; nothing is locked."""
        ...

    def restricted_since(self, holder_id: str) -> datetime | None:
        """Return since when a holder's data is not to be used; None where it may be."""
        ...

    def estimated_size(self) -> int:
        """Return roughly how many holders there are, without counting them."""
        ...


class AgencyTransaction(Protocol):
    """One unit of work on agencies; changes of agencies happen one after the other."""

    def book(self) -> AgencyBook:
        """Return all agencies as they stand in this transaction."""
        ...

    def add_agencies(self, agencies: Sequence[Agency]) -> None:
        """Insert new agencies; parents and successors may be among them.

        Raises:
            IssuanceError: a code is on record (AGENCY_EXISTS).
        """
        ...

    def save_agency(self, agency: Agency) -> None:
        """Write an agency whose ``version`` is the one that was read; stores version + 1.

        Raises:
            IssuanceError: unknown, or changed in between (CONCURRENT_CHANGE).
        """
        ...

    def record(self, event: AuditEvent) -> None:
        """Append an audit event."""
        ...


class AgencyStore(Protocol):
    """Opens units of work on agencies, and shows them."""

    def transaction(self) -> AbstractContextManager[AgencyTransaction]:
        """Commit on a clean exit, roll back on an exception."""
        ...

    def book(self) -> AgencyBook:
        """Return all agencies as they now stand."""
        ...


class PhotoTransaction(Protocol):
    """One unit of work on photos."""

    def present_photo(self, holder_id: str) -> HolderPhoto | None:
        """Return a holder's present photo, the holder locked for this transaction, or None.

        Raises:
            IssuanceError: no such holder (HOLDER_UNKNOWN).
        """
        ...

    def is_source(self, holder_id: str, number: int, octets: bytes) -> bool:
        """Tell whether a photo was made of this file."""
        ...

    def add_photo(self, photo: HolderPhoto, source: bytes) -> None:
        """Keep a photo as the holder's present one.

        Args:
            photo: its number is the present one's, plus one.
            source: the file it was made of; only a keyed digest is kept.
        """
        ...

    def record(self, event: AuditEvent) -> None:
        """Append an audit event."""
        ...


class PhotoStore(Protocol):
    """Opens units of work on photos."""

    def transaction(self) -> AbstractContextManager[PhotoTransaction]:
        """Commit on a clean exit, roll back on an exception."""
        ...
