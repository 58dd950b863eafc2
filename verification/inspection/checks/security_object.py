"""The Security Object: signature, signer, the hashes of the other objects, and coverage.

Spec: SP 800-73-5 Part 1 section 3.1.7 and table 12; ICAO 9303-10 section 4.6.2.
"""

from __future__ import annotations

from cryptography import x509

from cardsvc.card import tlv
from cardsvc.card.chuid import TAG_BUFFER_LENGTH
from cardsvc.card.piv import CONTAINER_ID, PIN_GATED_OBJECTS, ObjectTag
from cardsvc.card.security_object import (
    UnverifiedSecurityObject,
    check_hashes,
    verify_security_object,
)
from cardsvc.errors import ReasonCode, VerificationError
from verification.inspection.checks.content_signer import check_signer, same_signer
from verification.inspection.report import Finding, failed, passed
from verification.inspection.view import CardView, Skip, form, name_of

_TAG_OF = {container: tag for tag, container in CONTAINER_ID.items()}
_MUST_BE_COVERED = (ObjectTag.PRINTED_INFORMATION,)
"""Unsigned objects that section 3.1.7 names: nothing else vouches for them."""


def present(view: CardView) -> Finding:
    """The Security Object is there and well-formed."""
    if (finding := form(view, ObjectTag.SECURITY_OBJECT, mandatory=True)) is not None:
        return finding
    return passed(f"{len(view.security_object.hashes)} hashes, {view.security_object.digest}")


def signature(view: CardView) -> Finding:
    """The signature covers the hashes."""
    verify_security_object(view.security_object, _signer(view))
    return passed("signature holds")


def signer(view: CardView) -> Finding:
    """The signer is the CHUID's, or another who may sign the content of cards."""
    certificate = _signer(view)
    if same_signer(view, certificate):
        finding = check_signer(view, certificate)
        return passed("as the CHUID's") if finding.reason is None else finding
    return check_signer(view, certificate)


def _signer(view: CardView) -> x509.Certificate | None:
    """Return the signer's certificate: embedded, else the CHUID's, else among those given."""
    signed = view.security_object.signed
    chuid_signer = view.chuid_signer
    candidates = () if chuid_signer is None else (chuid_signer,)
    return signed.signer((*candidates, *view.trust.intermediates))


def hashes(view: CardView) -> Finding:
    """Every object that has a hash is the one that was hashed."""
    security_object = view.security_object
    contents = {
        tag: reading.octets
        for tag, reading in view.image.readings.items()
        if reading.octets is not None and tag in security_object.covered_objects
    }
    missing: list[str] = []
    unread: list[str] = []
    for container in sorted(_unchecked(security_object, contents)):
        tag = _TAG_OF.get(container)
        if tag is None:
            # the mapping is not signed: pointed away, it would uncover what was hashed
            return failed(
                ReasonCode.OBJECT_HASH_MISMATCH, f"container {container:04X} is none of a PIV card"
            )
        is_shut = tag in PIN_GATED_OBJECTS and not view.image.pin.verified
        if is_shut or tag not in view.image.readings:
            unread.append(name_of(tag))
        elif not _is_hash_of_nothing(view, tag):
            missing.append(name_of(tag))
    if missing:
        return failed(ReasonCode.OBJECT_MISSING, f"hashed, but not given: {', '.join(missing)}")
    count = len(security_object.hashes) - len(unread)
    rest = f"; not at hand: {', '.join(unread)}" if unread else ""
    return passed(f"{count} objects match{rest}")


def _unchecked(
    security_object: UnverifiedSecurityObject, contents: dict[ObjectTag, bytes]
) -> frozenset[int]:
    """Return the containers not at hand; raises where a hash is another one.

    Old issuers left the CHUID's withdrawn buffer length (tag EE) out of the hash, as GSA's
    conformance tool does; it says nothing of the card.
    """
    try:
        return check_hashes(security_object, contents)
    except VerificationError:
        chuid = contents.get(ObjectTag.CHUID, b"")
        if not chuid.startswith(bytes([TAG_BUFFER_LENGTH])):
            raise
        _, end = tlv.read_one(chuid)
        return check_hashes(security_object, contents | {ObjectTag.CHUID: chuid[end:]})


def _is_hash_of_nothing(view: CardView, tag: ObjectTag) -> bool:
    """Tell whether an absent object was hashed as an empty container, as some issuers do."""
    try:
        unchecked = check_hashes(view.security_object, {tag: b""})
    except VerificationError:
        return False
    return CONTAINER_ID[tag] not in unchecked


def coverage(view: CardView) -> Finding:
    """Objects that carry no signature of their own are covered; the rest is told."""
    covered = view.security_object.covered_objects
    held = [tag for tag, reading in view.image.readings.items() if reading.octets is not None]
    naked = [tag for tag in _MUST_BE_COVERED if tag in held and tag not in covered]
    if naked:
        return failed(
            ReasonCode.OBJECT_NOT_COVERED, f"not covered: {', '.join(map(name_of, naked))}"
        )
    others = [name_of(tag) for tag in held if tag not in covered and tag not in _COVER_NOTHING]
    if not held:
        raise Skip("nothing was read")
    rest = f"; not covered: {', '.join(others)}" if others else ""
    return passed(f"{len(covered)} covered{rest}")


_COVER_NOTHING = frozenset({ObjectTag.SECURITY_OBJECT})
"""The Security Object can't hold its own hash."""
