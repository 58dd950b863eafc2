"""A device's certificate signing request, read for its key and nothing else.

Spec: RFC 2986 (PKCS #10). The name in it is not looked at: the invitation says who it is.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.card.certificates import UNREADABLE
from cardsvc.errors import Malformed, ReasonCode

_NO_REQUEST: tuple[type[Exception], ...] = (*UNREADABLE, InvalidSignature)


def parse_signing_request(der: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key of a request that was signed with it.

    Raises:
        Malformed: not a request, not a key on P-256, or not signed with it.
    """
    try:
        request = x509.load_der_x509_csr(der)
        key = request.public_key()
        signed = request.is_signature_valid
    except _NO_REQUEST as error:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "not a signing request") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "not a key on P-256")
    if not signed:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "not signed with its own key")
    return key
