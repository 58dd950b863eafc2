"""Certificates out of a card's octets, read to the end so that nothing surprises later."""

from __future__ import annotations

import warnings

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from cardsvc.errors import Malformed, ReasonCode


def parse_certificate(der: bytes) -> x509.Certificate:
    """Parse one certificate and everything in it that is decoded lazily.

    Spec: RFC 5280 section 4.1. Nothing in it is trusted yet.

    Raises:
        Malformed: not one DER certificate, a repeated extension, or an extension or public
            key that can't be read.
    """
    try:
        with warnings.catch_warnings():
            # Old issuers' serial numbers and parameters make the library warn; the path
            # validation judges them, standard error does not.
            warnings.simplefilter("ignore")
            certificate = x509.load_der_x509_certificate(der)
            _ = certificate.version, certificate.serial_number
            _ = certificate.subject, certificate.issuer
            _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
            _ = certificate.signature_algorithm_oid, tuple(certificate.extensions)
            certificate.public_key()
    except (
        ValueError,
        TypeError,
        OverflowError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "not a certificate") from error
    return certificate


def serial_number_of(certificate: x509.Certificate) -> int:
    """Return the serial number, without a warning where it is not positive.

    Spec: RFC 5280 section 4.1.2.2: such certificates are to be handled gracefully.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return certificate.serial_number
