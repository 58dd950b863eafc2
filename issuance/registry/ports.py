"""What the registries need of the store. Fitted together in bootstrap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from cardsvc.audit import AuditEvent
from cardsvc.identity.number_alias import IdentityNumber
from cardsvc.identity.personal_number import PersonalNumber
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
