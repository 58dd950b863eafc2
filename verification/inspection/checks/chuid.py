"""The CHUID: form, identifier, expiry, signature and signer.

Spec: SP 800-73-5 Part 1 section 3.1.2 and table 9; FIPS 201-3 section 4.2.1.
"""

from __future__ import annotations

from cardsvc.card.chuid import verify_chuid
from cardsvc.card.piv import ObjectTag
from cardsvc.errors import ReasonCode
from verification.inspection.checks.content_signer import check_names, check_signer
from verification.inspection.checks.identifiers import Identifiers
from verification.inspection.checks.status import check_status_of
from verification.inspection.report import Finding, failed, passed
from verification.inspection.view import CardView, Skip, form


def present(view: CardView) -> Finding:
    """The CHUID is there and well-formed."""
    if (finding := form(view, ObjectTag.CHUID, mandatory=True)) is not None:
        return finding
    return passed(f"{len(view.image.octets(ObjectTag.CHUID) or b'')} octets")


def identifier(view: CardView) -> Finding:
    """A GUID, or the FASC-N of a federal agency, names the card."""
    chuid = view.chuid
    guids = () if chuid.guid.is_zero else (chuid.guid,)
    found = Identifiers(chuid.fascn, guids)
    if not found.names_one_card:
        return failed(ReasonCode.IDENTIFIER_MISSING, "the GUID is zero and the FASC-N all nines")
    return passed(found.describe())


def expiry(view: CardView) -> Finding:
    """The card has not expired; its expiration date is its last day."""
    last = view.chuid.expiration_date
    if view.at.date() > last:
        return failed(ReasonCode.CHUID_EXPIRED, f"expired after {last}")
    return passed(f"until {last}")


def signature(view: CardView) -> Finding:
    """The issuer's signature covers the CHUID as read."""
    verify_chuid(view.chuid, view.chuid_signer)
    return passed("signature holds")


def signer(view: CardView) -> Finding:
    """The signer's certificate leads to an anchor and may sign the content of cards."""
    view.chuid.signed_data()
    return check_signer(view, view.chuid_signer)


def signer_status(view: CardView) -> Finding:
    """The signer's certificate is not revoked."""
    certificate = view.chuid_signer
    if certificate is None:
        raise Skip("the signer's certificate is not known")
    return check_status_of(view, certificate)


def attributes(view: CardView) -> Finding:
    """The signed attributes, where they name a card, name this one."""
    return check_names(view, view.chuid.signed_data())
