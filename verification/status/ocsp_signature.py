"""How an OCSP response was signed; the library does not tell it for RSASSA-PSS.

Spec: RFC 6960 section 4.2.1 (BasicOCSPResponse), RFC 4055 section 3.1 (RSASSA-PSS).
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from cardsvc.card.cms_algorithms import RSASSA_PSS, hash_of, parse_signature_algorithm
from verification.path import der

DEFAULT_PSS_DIGEST = "sha1"
"""RFC 4055 section 3.1: what parameters left out stand for; too weak to count."""


def hash_and_padding(
    document: ocsp.OCSPResponse,
) -> tuple[hashes.HashAlgorithm | None, padding.PSS | padding.PKCS1v15]:
    """Return the signature's hash (None for EdDSA) and the padding, should the key be RSA.

    Raises:
        UnsupportedAlgorithm: an unknown signature algorithm.
        Malformed: PSS parameters that are ill-formed.
    """
    if document.signature_algorithm_oid != x509.SignatureAlgorithmOID.RSASSA_PSS:
        return document.signature_hash_algorithm, padding.PKCS1v15()
    parameters = _parameters(document.public_bytes(Encoding.DER))
    scheme = parse_signature_algorithm(RSASSA_PSS, parameters, DEFAULT_PSS_DIGEST)
    salt = padding.PSS.AUTO if scheme.salt_octets is None else scheme.salt_octets
    mask = padding.MGF1(hash_of(scheme.mask_digest))
    return hash_of(scheme.digest), padding.PSS(mask, salt)


def _parameters(response: bytes) -> bytes | None:
    """Return the parameters of the signature algorithm as received, None where absent."""
    _, wrapped = der.sequence(response)
    _, _, start, end = next(der.children(response, wrapped[2], wrapped[3]))
    _, (_, _, start, end) = der.children(response, start, end)
    basic = response[start:end]
    _, (_, _, start, end), *_ = der.sequence(basic)
    _, *parameters = der.children(basic, start, end)
    return basic[parameters[0][1] : parameters[0][3]] if parameters else None
