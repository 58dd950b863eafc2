"""Publishing: every status document is brought up to date, before its time and after a change."""

from __future__ import annotations

from datetime import datetime

from web.services import StatusDocuments


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
