"""Signers of the service: card content (CMS) and receipts (JWS)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from cardsvc.card.public_key import spki_der
from cardsvc.errors import Malformed, ReasonCode, VaultError
from cardsvc.wire.fields import encode_octets
from cardsvc.wire.signed_claims import SIGNATURE_ALGORITHM, SignedKind, verify_signed_claims
from keys.vault import KeyHandle, KeyVault
from keys.vault_key import VaultEllipticCurveKey

RECEIPT_TYPE = "cardsvc-receipt+jwt"
"""The ``typ`` of a receipt (RFC 7515 section 4.1.9; explicit typing, RFC 8725 section 3.11)."""
P256_COORDINATE_OCTETS = 32
_RECEIPT = SignedKind(
    RECEIPT_TYPE,
    most_characters=65_536,
    malformed=ReasonCode.MALFORMED_RECEIPT,
    bad_signature=ReasonCode.RECEIPT_BAD_SIGNATURE,
)

_SHA256 = hashes.SHA256()
_JSON = msgspec.json.Encoder()


class ContentSigner:
    """Signs what cards carry (``issuance.ports.ContentSigner``).

    Args:
        vault: keeps the key.
        handle: names it.
        certificate: of profile ``content_signer``, for that key.

    Raises:
        VaultError: CERTIFICATE_MISMATCH where the certificate is another key's.
    """

    def __init__(self, vault: KeyVault, handle: KeyHandle, certificate: x509.Certificate) -> None:
        require_same_key(vault, handle, certificate)
        self._vault = vault
        self._handle = handle
        self._certificate = certificate

    @property
    def certificate(self) -> x509.Certificate:
        """The content signer's certificate, with id-PIV-content-signing."""
        return self._certificate

    def sign(self, octets: bytes) -> bytes:
        """Return a signature over SHA-256: ECDSA in DER, or RSASSA-PKCS1-v1_5."""
        return self._vault.sign(self._handle, octets, hashes.SHA256())


class ReceiptSigner:
    """Signs receipts as JWS compact (``verification.ports.ReceiptSigner``).

    Args:
        vault: keeps the key.
        handle: names an ECDSA_P256 key.
        token_type: the ``typ`` of what it signs.
    """

    def __init__(self, vault: KeyVault, handle: KeyHandle, token_type: str = RECEIPT_TYPE) -> None:
        self._vault = vault
        self._handle = handle
        self._public_key = VaultEllipticCurveKey(vault, handle).public_key()
        self._kid = key_id(self._public_key)
        header = {"alg": SIGNATURE_ALGORITHM, "kid": self._kid, "typ": token_type}
        # The same for every receipt, so it is encoded once (RFC 7515 section 7.1).
        self._protected = encode_octets(_JSON.encode(header))

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The key that receipts are verified with."""
        return self._public_key

    @property
    def kid(self) -> str:
        """The JWK thumbprint that receipts name the key by."""
        return self._kid

    def sign(self, claims: Mapping[str, object]) -> str:
        """Return the compact serialisation (RFC 7515 section 7.1).

        Raises:
            Malformed: a text is none, such as half a surrogate pair (MALFORMED_MESSAGE).
        """
        try:
            payload = encode_octets(_JSON.encode(claims))
        except UnicodeEncodeError as error:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "text that is not Unicode") from error
        signed = f"{self._protected}.{payload}"
        signature = self._vault.sign(self._handle, signed.encode("ascii"), _SHA256)
        return f"{signed}.{encode_octets(_jws_signature(signature))}"


def public_jwk(key: ec.EllipticCurvePublicKey) -> dict[str, Any]:
    """Return a P-256 key as JWK (RFC 7517, RFC 7518 section 6.2.1), with its thumbprint as kid.

    Raises:
        VaultError: UNSUPPORTED_ALGORITHM for another curve.
    """
    return {
        **_thumbprint_members(key),
        "kid": key_id(key),
        "use": "sig",
        "alg": SIGNATURE_ALGORITHM,
    }


def key_id(key: ec.EllipticCurvePublicKey) -> str:
    """Return a key's JWK thumbprint, SHA-256 in base64url (RFC 7638)."""
    members = json.dumps(_thumbprint_members(key), sort_keys=True, separators=(",", ":"))
    return encode_octets(hashlib.sha256(members.encode("ascii")).digest())


def jwks(keys: Iterable[ec.EllipticCurvePublicKey]) -> dict[str, Any]:
    """Return a JWK set (RFC 7517 section 5): the present key and those of older receipts."""
    return {"keys": [public_jwk(key) for key in keys]}


def verify_receipt(receipt: str, key_set: Mapping[str, Any]) -> dict[str, Any]:
    """Verify a receipt with nothing but the published keys; return its claims.

    Dates are not judged: a receipt tells what was decided then.

    Raises:
        Malformed: MALFORMED_RECEIPT for what is no receipt of ours.
        VerificationError: RECEIPT_BAD_SIGNATURE for an unknown key or a wrong signature.
    """
    return verify_signed_claims(receipt, key_set, _RECEIPT)


def require_same_key(vault: KeyVault, handle: KeyHandle, certificate: x509.Certificate) -> None:
    """Refuse a certificate that was made for another key.

    Raises:
        VaultError: CERTIFICATE_MISMATCH.
    """
    certified = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    if spki_der(vault.public_key(handle)) != certified:
        raise VaultError(ReasonCode.CERTIFICATE_MISMATCH, "the certificate is another key's")


def _jws_signature(signature_der: bytes) -> bytes:
    """Return R and S at full width, as ES256 has it (RFC 7518 section 3.4)."""
    r, s = decode_dss_signature(signature_der)
    return r.to_bytes(P256_COORDINATE_OCTETS, "big") + s.to_bytes(P256_COORDINATE_OCTETS, "big")


def _thumbprint_members(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    if not isinstance(key.curve, ec.SECP256R1):
        raise VaultError(ReasonCode.UNSUPPORTED_ALGORITHM, "ES256 keys are on P-256")
    numbers = key.public_numbers()
    return {
        "crv": "P-256",
        "kty": "EC",
        "x": encode_octets(numbers.x.to_bytes(P256_COORDINATE_OCTETS, "big")),
        "y": encode_octets(numbers.y.to_bytes(P256_COORDINATE_OCTETS, "big")),
    }
