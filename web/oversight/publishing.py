"""The published status documents: brought up to date, and how they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cardsvc.status_records import PublishedDocument


@dataclass(frozen=True, slots=True)
class PublishedStatus:
    """A status document as it is published now.

    Args:
        ca_name: whose CRL it is; empty for a status list.
        list_number: of a status list, None for a CRL.
        address: its path below the service, to fetch it.
        number: of the edition; a CRL carries it. 0 where nobody counts.
        made_at: when it was signed; None where there is none.
        good_until: nextUpdate of a CRL, ``exp`` of a list; None where it says none.
        octets: how long it is.
    """

    ca_name: str
    list_number: int | None
    address: str
    number: int
    made_at: datetime | None
    good_until: datetime | None
    octets: int


class StatusDocuments(Protocol):
    """Signed statements about certificates and cards, signed anew when they are asked for."""

    def names(self) -> Sequence[str]:
        """Return the short names of all CAs."""
        ...

    def crl_document(self, ca_name: str, at: datetime) -> PublishedDocument | None:
        """Return the CA's CRL in DER, None where there is no such CA."""
        ...

    def list_token(self, list_number: int, at: datetime) -> PublishedDocument | None:
        """Return a status list's token, None where there is no such list."""
        ...

    def list_numbers(self) -> Sequence[int]:
        """Return the numbers of all status lists."""
        ...


GoodUntil = Callable[[bytes], datetime | None]
"""Reads out of a document until when it is good."""


def published_status(
    status: StatusDocuments, at: datetime, crl_until: GoodUntil, list_until: GoodUntil
) -> Sequence[PublishedStatus]:
    """Return all status documents as they are published at an instant.

    Raises:
        CardsvcError: a document can't be signed or kept.
    """
    crls = [
        _described(name, f"/status/{name}.crl", status.crl_document(name, at), crl_until)
        for name in status.names()
    ]
    lists = [
        _described("", f"/status/list/{number}", status.list_token(number, at), list_until, number)
        for number in status.list_numbers()
    ]
    return [*crls, *lists]


def _described(
    ca_name: str,
    address: str,
    document: PublishedDocument | None,
    good_until: GoodUntil,
    list_number: int | None = None,
) -> PublishedStatus:
    if document is None:
        return PublishedStatus(ca_name, list_number, address, 0, None, None, 0)
    octets = document.octets
    until = good_until(octets)
    return PublishedStatus(
        ca_name, list_number, address, document.number, document.made_at, until, len(octets)
    )


def publish_due(status: StatusDocuments, at: datetime) -> int:
    """Sign anew what has changed or grown old; return how many documents that were.

    A document that nobody asked for is signed all the same, so that it never runs out where it is
    copied from: a CRL long before its nextUpdate (RFC 5280 section 5.1.2.5).

    Args:
        status: the documents of all CAs and status lists.
        at: now.

    Raises:
        CardsvcError: a document can't be signed or kept.
    """
    documents = [status.crl_document(name, at) for name in status.names()]
    documents += [status.list_token(number, at) for number in status.list_numbers()]
    return sum(document is not None and document.made_at == at for document in documents)
