"""Who signed a data object, and may they? Shared by CHUID, Security Object and biometrics.

Spec: FIPS 201-3 sections 4.2.1 and 4.2.3.2; SP 800-76-2 section 9.2; RFC 5652.
"""

from __future__ import annotations

from cryptography import x509

from cardsvc.card.cms import SignedData
from cardsvc.errors import CardsvcError, ReasonCode, VerificationError
from verification.inspection.checks.certificates import describe_path
from verification.inspection.checks.identifiers import Identifiers, compare
from verification.inspection.report import Finding, failed, not_applicable, passed
from verification.inspection.view import CardView
from verification.path.facts import read_facts
from verification.path.purpose import Purpose, check_purpose


def check_signer(view: CardView, certificate: x509.Certificate | None) -> Finding:
    """Return whether a signer's certificate holds and may sign the content of cards."""
    if certificate is None:
        return failed(
            ReasonCode.CONTENT_SIGNER_UNAUTHORISED, "the signer's certificate is nowhere to be had"
        )
    detail = describe_path(view, certificate)
    try:
        check_purpose(read_facts(certificate), Purpose.CONTENT_SIGNING)
    except VerificationError as error:
        return failed(ReasonCode.CONTENT_SIGNER_UNAUTHORISED, str(error))
    return passed(f"{certificate.subject.rfc4514_string()}; {detail}")


def check_names(view: CardView, signed: SignedData) -> Finding:
    """Return whether the signed attributes name this card (FIPS 201-3 section 4.2.1)."""
    attributes = signed.attributes
    if attributes is None or (attributes.fascn is None and attributes.entry_uuid is None):
        return not_applicable("the signature names no card")
    found = Identifiers(
        attributes.fascn, () if attributes.entry_uuid is None else (attributes.entry_uuid,)
    )
    return compare(found, view.chuid) or passed(f"{found.describe()} as in the CHUID")


def same_signer(view: CardView, certificate: x509.Certificate | None) -> bool:
    """Tell whether the CHUID was signed with the same certificate."""
    try:
        return certificate is not None and certificate == view.chuid_signer
    except CardsvcError:
        return False
