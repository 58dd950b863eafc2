"""New names for everybody at one partner, and the older ones explained.

A partner whose files leaked gets new pseudonyms: what it learns from then on can't be linked with
what it knew. Its old receipts stay explainable, to us by computing and to the partner by a table
of old and new names that it is given once, where it is to carry its files over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cardsvc.errors import CardsvcError, ReasonCode
from verification.release.pseudonym import PairwisePseudonyms, parse_pseudonym


class PseudonymBook(Protocol):
    """Keeps which generation of names a partner has; changes with their audit events."""

    def generation(self, relying_party: str) -> int:
        """Return the present generation; raises RELYING_PARTY_UNKNOWN."""
        ...

    def rotate(self, relying_party: str, *, operator: str, at: datetime) -> int:
        """Begin the next generation and return it; raises RELYING_PARTY_UNKNOWN."""
        ...

    def holders_told(self, relying_party: str) -> Sequence[str]:
        """Return the holders of whom the partner was told."""
        ...

    def all_holders(self) -> Iterable[str]:
        """Return all holders' identifiers."""
        ...

    def explained(self, relying_party: str, holder_id: str, *, operator: str, at: datetime) -> None:
        """Record that an operator was told whose pseudonym it was."""
        ...


@dataclass(frozen=True, slots=True)
class PseudonymDesk:
    """Rotates and explains pseudonyms.

    Args:
        names: makes them.
        book: keeps the generations.
    """

    names: PairwisePseudonyms
    book: PseudonymBook

    def rotate(
        self, relying_party: str, *, operator: str, at: datetime
    ) -> Sequence[tuple[str, str]]:
        """Give a partner new names; return old and new ones of all holders it was told of.

        Raises:
            CardsvcError: RELYING_PARTY_UNKNOWN.
        """
        old = self.book.generation(relying_party)
        new = self.book.rotate(relying_party, operator=operator, at=at)
        return [
            (
                self.names.of(relying_party, holder, generation=old),
                self.names.of(relying_party, holder, generation=new),
            )
            for holder in self.book.holders_told(relying_party)
        ]

    def explain(
        self, relying_party: str, pseudonym: str, *, operator: str, at: datetime
    ) -> tuple[str, str]:
        """Return whose pseudonym it is or was, and the name that the partner has now.

        Raises:
            Malformed: MALFORMED_MESSAGE; no pseudonym of ours.
            CardsvcError: HOLDER_UNKNOWN, nobody's at that partner; RELYING_PARTY_UNKNOWN;
                KEY_UNKNOWN for a version of the master that there is not.
        """
        present = self.book.generation(relying_party)
        version, generation, _ = parse_pseudonym(pseudonym)
        for holder in self.book.all_holders():
            name = self.names.of(relying_party, holder, version=version, generation=generation)
            if name == pseudonym:
                self.book.explained(relying_party, holder, operator=operator, at=at)
                return holder, self.names.of(relying_party, holder, generation=present)
        raise CardsvcError(ReasonCode.HOLDER_UNKNOWN, "nobody's at that partner")
