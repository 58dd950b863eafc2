"""Each certificate by itself: form, algorithm, path, purpose and dates."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardsvc.card.certificates import serial_number_of
from cardsvc.card.piv import CERTIFICATE_OBJECT, Algorithm, KeySlot
from cardsvc.card.public_key import algorithm_of
from cardsvc.errors import CardError, ReasonCode
from verification.inspection.report import Finding, failed, passed
from verification.inspection.view import CardView, form
from verification.path.facts import read_facts
from verification.path.purpose import Purpose, check_purpose

ALLOWED = frozenset(
    {Algorithm.RSA_2048, Algorithm.RSA_3072, Algorithm.ECC_P256, Algorithm.ECC_P384}
)
"""Asymmetric keys of a card (SP 800-78-5 table 3-1)."""
LEAST_RSA_EXPONENT = 65537
"""FIPS 186-5 section 5.4; SP 800-78-5 section 3.1."""

PURPOSES = {
    KeySlot.AUTHENTICATION: Purpose.AUTHENTICATION,
    KeySlot.SIGNATURE: Purpose.SIGNATURE,
    KeySlot.KEY_MANAGEMENT: Purpose.KEY_MANAGEMENT,
    KeySlot.CARD_AUTHENTICATION: Purpose.CARD_AUTHENTICATION,
}
MANDATORY = frozenset({KeySlot.AUTHENTICATION, KeySlot.CARD_AUTHENTICATION})
"""The signature and key management keys are conditional (FIPS 201-3 section 4.2.2)."""


def present(view: CardView, slot: KeySlot) -> Finding:
    """The certificate is there, where it must be, and well-formed."""
    tag = CERTIFICATE_OBJECT[slot]
    if (finding := form(view, tag, mandatory=slot in MANDATORY)) is not None:
        return finding
    certificate = view.certificate(slot)
    octets = len(view.image.octets(tag) or b"")
    return passed(f"serial {serial_number_of(certificate):x}, {octets} octets")


def algorithm(view: CardView, slot: KeySlot) -> Finding:
    """The public key is of an algorithm and size of SP 800-78-5 table 3-1."""
    key = view.certificate(slot).public_key()
    try:
        found = algorithm_of(key)
    except CardError:
        return failed(ReasonCode.UNSUPPORTED_ALGORITHM, describe_key(key))
    if found is Algorithm.RSA_1024:
        return failed(ReasonCode.WEAK_ALGORITHM, describe_key(key))
    if found not in ALLOWED:
        return failed(ReasonCode.UNSUPPORTED_ALGORITHM, describe_key(key))
    if isinstance(key, rsa.RSAPublicKey) and key.public_numbers().e < LEAST_RSA_EXPONENT:
        return failed(ReasonCode.WEAK_ALGORITHM, f"exponent {key.public_numbers().e}")
    return passed(describe_key(key))


def describe_key(key: object) -> str:
    """Return a key's algorithm and size for a sentence."""
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name
    return type(key).__name__.removesuffix("PublicKey")


def path(view: CardView, slot: KeySlot) -> Finding:
    """A certification path leads to a trust anchor (RFC 5280 section 6.1)."""
    return passed(describe_path(view, view.certificate(slot)))


def describe_path(view: CardView, certificate: x509.Certificate) -> str:
    """Return how long the path is and where it ends; raises where there is none."""
    found = view.path(certificate)
    anchor = found.anchor.subject.rfc4514_string()
    return f"{len(found.certificates)} certificates, anchor {anchor}"


def purpose(view: CardView, slot: KeySlot) -> Finding:
    """Key usage and extended key usage allow what the slot is for (FIPS 201-3 section 4.2.2)."""
    wanted = PURPOSES[slot]
    check_purpose(read_facts(view.certificate(slot)), wanted)
    return passed(wanted.value.replace("_", " "))


def dates(view: CardView, slot: KeySlot) -> Finding:
    """The instant lies in the certificate's validity (RFC 5280 section 4.1.2.5)."""
    return check_dates(view, view.certificate(slot))


def check_dates(view: CardView, certificate: x509.Certificate) -> Finding:
    """Return whether the instant lies in a certificate's validity, both ends included."""
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    span = f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"
    if view.at < first:
        return failed(ReasonCode.CERTIFICATE_NOT_YET_VALID, span)
    if view.at > last:
        return failed(ReasonCode.CERTIFICATE_EXPIRED, span)
    return passed(span)
