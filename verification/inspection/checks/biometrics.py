"""Facial image, fingerprints and iris: form, signature, signer, whose they are, and dates.

Spec: SP 800-76-2 section 9 and table 14; FIPS 201-3 sections 4.2.3.1 and 4.2.3.2.
"""

from __future__ import annotations

from cryptography import x509

from cardsvc.card.cbeff import UnverifiedBiometric, verify_biometric
from cardsvc.card.facial_image import parse_facial_image
from cardsvc.card.piv import ObjectTag
from cardsvc.errors import ReasonCode
from verification.inspection.checks.content_signer import check_names, check_signer, same_signer
from verification.inspection.checks.status import check_status_of
from verification.inspection.report import Finding, Result, failed, not_applicable, passed
from verification.inspection.view import CardView, Skip, form


def present(view: CardView, tag: ObjectTag) -> Finding:
    """The object, where there is one, is well-formed."""
    if not view.image.pin.verified:
        return not_applicable("the PIN was not accepted, so it was not read")
    if (finding := form(view, tag, mandatory=False)) is not None:
        return finding
    if tag is ObjectTag.FACIAL_IMAGE:
        image = parse_facial_image(view.image.octets(tag) or b"")
        return passed(f"{image.media_type}, {image.width} × {image.height}")
    return passed(f"{len(_built_on(view, tag).record)} octets")


def _built_on(view: CardView, tag: ObjectTag) -> UnverifiedBiometric:
    """Return the parsed object (raises Skip where there is none to build on)."""
    found: UnverifiedBiometric = view.parsed(tag)
    return found


def _signer(view: CardView, found: UnverifiedBiometric) -> x509.Certificate | None:
    """Return the signer's certificate: embedded, else the CHUID's, else among those given."""
    chuid_signer = view.chuid_signer
    candidates = () if chuid_signer is None else (chuid_signer,)
    return found.signed_data().signer((*candidates, *view.trust.intermediates))


def signature(view: CardView, tag: ObjectTag) -> Finding:
    """The signature covers header and record."""
    found = _built_on(view, tag)
    verify_biometric(found, _signer(view, found))
    return passed("signature holds")


def signer(view: CardView, tag: ObjectTag) -> Finding:
    """The signer's certificate leads to an anchor and may sign the content of cards."""
    certificate = _signer(view, _built_on(view, tag))
    finding = check_signer(view, certificate)
    if finding.result is Result.PASS and same_signer(view, certificate):
        return passed("as the CHUID's")
    return finding


def signer_status(view: CardView, tag: ObjectTag) -> Finding:
    """The signer's certificate is not revoked."""
    certificate = _signer(view, _built_on(view, tag))
    if certificate is None:
        raise Skip("the signer's certificate is not known")
    return check_status_of(view, certificate)


def identifiers(view: CardView, tag: ObjectTag) -> Finding:
    """Header and signed attributes name this card.

    Issuers outside the US government fill the header's FASC-N with nines, zeros or nothing
    that tells cards apart: theirs is bound by the entryUUID, or on cards older than that by
    a Security Object that holds it and the CHUID together.
    """
    found = _built_on(view, tag)
    chuid = view.chuid
    named = check_names(view, found.signed_data())
    if named.result is Result.FAIL:
        return named
    header = found.header.fascn
    federal = not chuid.fascn.is_non_federal
    if header.octets == chuid.fascn.octets and federal:
        return passed("FASC-N as in the CHUID")
    if header.octets != chuid.fascn.octets and (federal or any(header.octets)):
        return failed(ReasonCode.FASCN_MISMATCH, "the header's FASC-N is not the CHUID's")
    attributes = found.signed_data().attributes
    if attributes is not None and attributes.entry_uuid is not None:
        return named
    if _is_bound_by_security_object(view, tag):
        return not_applicable("nothing in it names one card; the Security Object binds it")
    return failed(ReasonCode.IDENTIFIER_MISSING, "nothing in it names one card")


def _is_bound_by_security_object(view: CardView, tag: ObjectTag) -> bool:
    """Tell whether one Security Object holds this object and the CHUID together.

    Whether its signature and hashes hold is for its own checks.
    """
    try:
        covered = view.security_object.covered_objects
    except Skip:
        return False
    return {tag, ObjectTag.CHUID} <= covered


def dates(view: CardView, tag: ObjectTag) -> Finding:
    """The instant lies in the record's validity."""
    header = _built_on(view, tag).header
    span = f"{header.valid_from:%Y-%m-%d} – {header.valid_until:%Y-%m-%d}"
    if view.at < header.valid_from:
        return failed(ReasonCode.BIOMETRIC_NOT_YET_VALID, span)
    if view.at > header.valid_until:
        return failed(ReasonCode.BIOMETRIC_EXPIRED, span)
    return passed(span)


def covers_card(view: CardView, tag: ObjectTag) -> Finding:
    """The record stays valid as long as the card does."""
    until = _built_on(view, tag).header.valid_until.date()
    expires = view.chuid.expiration_date
    detail = f"record {until}, card {expires}"
    # the card's date is a calendar day without a zone: one day of grace
    if (expires - until).days > 1:
        return failed(ReasonCode.BIOMETRIC_ENDS_BEFORE_CARD, detail)
    return passed(detail)
