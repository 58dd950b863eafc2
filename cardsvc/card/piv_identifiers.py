"""What a certificate says of the card that it is on.

Spec: FIPS 201-3 appendix B; SP 800-73-5 Part 1 section 3.4 (identifiers); RFC 5280 section
4.2.1.6 (subject alternative name).
"""

from __future__ import annotations

from cryptography import x509

from cardsvc.card import tlv
from cardsvc.card.fascn import Fascn
from cardsvc.card.guid import URN_PREFIX, CardGuid
from cardsvc.errors import Malformed, ReasonCode

OID_FASCN = x509.ObjectIdentifier("2.16.840.1.101.3.6.6")
"""pivFASC-N, an otherName whose value is an OCTET STRING."""
OID_CONTENT_SIGNING = x509.ObjectIdentifier("2.16.840.1.101.3.6.7")
"""id-PIV-content-signing, the extended key usage of those who sign a card's objects."""
OID_CARD_AUTHENTICATION = x509.ObjectIdentifier("2.16.840.1.101.3.6.8")
"""id-PIV-cardAuth, the extended key usage of slot 9E."""
OID_PIV_I_CONTENT_SIGNING = x509.ObjectIdentifier("2.16.840.1.101.3.8.7")
"""id-fpki-pivi-content-signing: the same for PIV-I issuers (FBCA certificate policy)."""
OID_NACI = x509.ObjectIdentifier("2.16.840.1.101.3.6.9.1")
"""id-piv-NACI, the withdrawn background investigation indicator."""

_OCTET_STRING = 0x04
_BOOLEAN = 0x01


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def card_guids(certificate: x509.Certificate) -> tuple[CardGuid, ...]:
    """Return every distinct UUID among the subject's ``urn:uuid:`` names, in order.

    Raises:
        Malformed: MALFORMED_GUID, a ``urn:uuid:`` name that is no UUID.
    """
    return _guids(_alternative_names(certificate))


def _guids(names: x509.SubjectAlternativeName | None) -> tuple[CardGuid, ...]:
    uris = [] if names is None else names.get_values_for_type(x509.UniformResourceIdentifier)
    uuids = (CardGuid.parse(uri) for uri in uris if uri.lower().startswith(URN_PREFIX))
    return tuple(dict.fromkeys(uuids))


def card_guid(certificate: x509.Certificate) -> CardGuid | None:
    """Return the card's GUID, or None where the certificate names none.

    Raises:
        Malformed: MALFORMED_GUID, or MALFORMED_CERTIFICATE where it names several cards.
    """
    return guid_among(_alternative_names(certificate))


def guid_among(names: x509.SubjectAlternativeName | None) -> CardGuid | None:
    """Return the one GUID among a certificate's alternative names, or None.

    Raises:
        Malformed: as ``card_guid``.
    """
    found = _guids(names)
    if len(found) > 1:
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "the certificate names several cards")
    return found[0] if found else None


def card_fascn(certificate: x509.Certificate) -> Fascn | None:
    """Return the card's FASC-N, or None where the certificate holds none.

    Raises:
        Malformed: MALFORMED_FASCN, or MALFORMED_CERTIFICATE where it names several.
    """
    names = _alternative_names(certificate)
    others = [] if names is None else names.get_values_for_type(x509.OtherName)
    found = {_fascn(other.value) for other in others if other.type_id == OID_FASCN}
    if len(found) > 1:
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "the certificate names several cards")
    return next(iter(found), None)


def _fascn(value_der: bytes) -> Fascn:
    try:
        return Fascn(tlv.parse_one(value_der, _OCTET_STRING))
    except Malformed as error:
        raise Malformed(ReasonCode.MALFORMED_FASCN, "not a FASC-N in an otherName") from error


def has_extended_key_usage(
    certificate: x509.Certificate, usages: frozenset[x509.ObjectIdentifier]
) -> bool:
    """Tell whether one of ``usages`` is among the extended key usages."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return False
    return not usages.isdisjoint(extension.value)


CONTENT_SIGNING_USAGES = frozenset({OID_CONTENT_SIGNING, OID_PIV_I_CONTENT_SIGNING})


def background_investigation_pending(certificate: x509.Certificate) -> bool | None:
    """Return the NACI indicator, or None where the extension is absent.

    Raises:
        Malformed: the extension is not a BOOLEAN.
    """
    try:
        extension = certificate.extensions.get_extension_for_oid(OID_NACI).value
    except x509.ExtensionNotFound:
        return None
    if not isinstance(extension, x509.UnrecognizedExtension):
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "the NACI indicator is of another kind")
    try:
        value = tlv.parse_one(extension.value, _BOOLEAN)
    except Malformed as error:
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "not a NACI indicator") from error
    if len(value) != 1:
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "not a NACI indicator")
    return value != b"\x00"
