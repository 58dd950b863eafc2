"""Is a certificate, or one above it, revoked?"""

from __future__ import annotations

from cryptography import x509

from cardsvc.card.piv import KeySlot
from cardsvc.errors import CardsvcError
from verification.inspection.report import Finding, not_applicable, passed
from verification.inspection.view import CardView, Skip


def status(view: CardView, slot: KeySlot) -> Finding:
    """No certificate of the path is revoked (RFC 5280 section 6.3, RFC 6960)."""
    return check_status_of(view, view.certificate(slot))


def check_status_of(view: CardView, certificate: x509.Certificate) -> Finding:
    """Return whether a certificate's whole path has a good status; raises where it has not."""
    if view.revocation is None:
        return not_applicable("not checked: neither CRLs nor OCSP responses were given")
    try:
        view.path(certificate)
    except CardsvcError as error:
        raise Skip("there is no valid path to check") from error
    return passed(view.require_good_status(certificate))
