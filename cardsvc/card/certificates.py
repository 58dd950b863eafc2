"""Certificates out of a card's octets, read to the end so that nothing surprises later."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning

from cardsvc.card import tlv
from cardsvc.errors import Malformed, ReasonCode

UNREADABLE: tuple[type[Exception], ...] = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What ``cryptography`` raises for certificates, CRLs and OCSP responses it can't read."""

_ODDITIES = (
    "Parsed a serial number which wasn't positive",  # RFC 5280 section 4.1.2.2: be graceful
    "The parsed certificate contains a NULL parameter",  # RFC 5758 section 3.2
    "Invalid ASN.1 .UTF-8 characters in a VisibleString",  # RFC 5280 section 4.2.1.4
)
"""What the library warns of in old issuers' certificates; our checks judge it."""

_SEQUENCE = 0x30
_VERSION = 0xA0
"""The explicit [0] of TBSCertificate (RFC 5280 section 4.1)."""

# Once for the process: silencing each reading apart is slow and mixes up threads' filters.
for _message in _ODDITIES:
    warnings.filterwarnings("ignore", _message, CryptographyDeprecationWarning)

_FILTERS = threading.Lock()

T = TypeVar("T")


def read_odd(read: Callable[[], T]) -> T:
    """Call a reader of the library, and once more where warnings were made errors since."""
    try:
        return read()
    except CryptographyDeprecationWarning:
        with _FILTERS, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read()


def parse_certificate(der: bytes) -> x509.Certificate:
    """Parse one certificate and everything in it that is decoded lazily.

    Spec: RFC 5280 section 4.1. Nothing in it is trusted yet.

    Raises:
        Malformed: not one DER certificate, a repeated extension, or an extension or public
            key that can't be read.
    """
    try:
        return read_odd(lambda: _read_to_the_end(der))
    except UNREADABLE as error:
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "not a certificate") from error


def _read_to_the_end(der: bytes) -> x509.Certificate:
    certificate = x509.load_der_x509_certificate(der)
    _ = certificate.version, certificate.serial_number
    _ = certificate.subject, certificate.issuer
    _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    _ = certificate.signature_algorithm_oid, tuple(certificate.extensions)
    certificate.public_key()
    return certificate


def serial_number_of(certificate: x509.Certificate) -> int:
    """Return the serial number, without a warning where it is not positive.

    Spec: RFC 5280 section 4.1.2.2: such certificates are to be handled gracefully. So it is
    read from the octets: the library warns at each look.
    """
    signed = tlv.parse_one(certificate.tbs_certificate_bytes, _SEQUENCE)
    item, behind = tlv.read_one(signed)
    if item.tag == _VERSION:
        item, _ = tlv.read_one(signed, behind)
    return int.from_bytes(item.value, "big", signed=True)
