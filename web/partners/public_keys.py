"""Partners' public keys as they hand them in: JWK sets, PEM, certificates; read strictly.

Spec: RFC 7517 (JWK), RFC 7518 section 6 and RFC 8037 section 2 (members by type), RFC 7638
(thumbprint), RFC 8725 section 3.1 (one algorithm for a key).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

import jwt
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from cardsvc.card.certificates import UNREADABLE, read_odd
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.partner_records import MOST_KEYS
from cardsvc.wire.fields import encode_octets, parse_object

MAX_KEY_SET_OCTETS = 32 * 1024
_THUMBPRINT_MEMBERS = {
    "EC": ("crv", "kty", "x", "y"),
    "OKP": ("crv", "kty", "x"),
    "RSA": ("e", "kty", "n"),
}
_ALGORITHMS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("EC", "P-256"): ("ES256",),
    ("OKP", "Ed25519"): ("EdDSA",),
    ("RSA", ""): ("PS256", "RS256"),
}
"""By type and curve, the one that is meant where a key names none first."""
_RSA_BITS = range(2048, 4097)
_RSA_EXPONENT = 65537
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KID = re.compile(r"[\w.~-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PublicJwk:
    """A public key that signs assertions.

    Args:
        kid: its name; the thumbprint where it had none.
        algorithm: the one algorithm that it is used with.
        thumbprint: SHA-256, hex.
        jwk: its public members and nothing else, as JSON.
    """

    kid: str
    algorithm: str
    thumbprint: str
    jwk: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A TLS client certificate by which a partner is known.

    Args:
        sha256: over its DER, hex.
        not_before: its first instant.
        not_after: its last instant.
    """

    sha256: str
    not_before: datetime
    not_after: datetime


def _refuse(what: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_PARTNER_KEY, what)


def parse_key_set(octets: bytes) -> Sequence[PublicJwk]:
    """Parse a JWK set, or one JWK, of public keys: P-256, Ed25519, or RSA of 2048 to 4096 bits.

    Raises:
        Malformed: MALFORMED_PARTNER_KEY; a private key above all.
    """
    try:
        value = parse_object(octets, most=MAX_KEY_SET_OCTETS)
    except Malformed as error:
        raise Malformed(ReasonCode.MALFORMED_PARTNER_KEY, str(error)) from error
    keys = value.get("keys", [value])
    if not isinstance(keys, list) or not 1 <= len(keys) <= MOST_KEYS:
        _refuse(f"a set has 1 to {MOST_KEYS} keys")
    found = [_public_jwk(one) for one in keys]
    if len({one.kid for one in found}) != len(found):
        _refuse("two keys have one name")
    return found


def parse_public_key_pem(octets: bytes) -> Sequence[PublicJwk]:
    """Parse one public key in PEM (RFC 7468 section 13), named by its thumbprint.

    Raises:
        Malformed: MALFORMED_PARTNER_KEY.
    """
    try:
        key = serialization.load_pem_public_key(octets[:MAX_KEY_SET_OCTETS])
        jwk: Any
        if isinstance(key, ec.EllipticCurvePublicKey):
            jwk = ECAlgorithm.to_jwk(key, as_dict=True)
        elif isinstance(key, rsa.RSAPublicKey):
            jwk = RSAAlgorithm.to_jwk(key, as_dict=True)
        elif isinstance(key, ed25519.Ed25519PublicKey):
            jwk = OKPAlgorithm.to_jwk(key, as_dict=True)
        else:
            _refuse("a key is of type EC, OKP or RSA")
    except (ValueError, UnsupportedAlgorithm, jwt.InvalidKeyError) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed(ReasonCode.MALFORMED_PARTNER_KEY, "not a public key") from error
    return [_public_jwk(jwk)]


def _public_jwk(value: object) -> PublicJwk:
    if not isinstance(value, dict):
        _refuse("a key is an object")
    if _PRIVATE & value.keys():
        _refuse("this is a private or a secret key: hand in its public part, and make a new one")
    members = _THUMBPRINT_MEMBERS.get(_text(value, "kty"))
    if members is None:
        _refuse("a key is of type EC, OKP or RSA")
    public = {name: _text(value, name) for name in members}
    thumbprint = _thumbprint(public)
    algorithm = _algorithm(value, public)
    kid = value.get("kid", encode_octets(bytes.fromhex(thumbprint)))
    if not isinstance(kid, str) or _KID.fullmatch(kid) is None:
        _refuse("kid has 1 to 64 letters, digits and . _ ~ -")
    if value.get("use", "sig") != "sig" or "verify" not in _operations(value):
        _refuse("a key is for signatures")
    _check_numbers(public, algorithm)
    stored = json.dumps({**public, "alg": algorithm, "kid": kid}, sort_keys=True)
    return PublicJwk(kid, algorithm, thumbprint, stored)


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= 1024 or not found.isascii():
        _refuse(f"{name} is missing or no text")
    return found


def _operations(value: Mapping[str, Any]) -> Sequence[Any]:
    found = value.get("key_ops", ["verify"])
    if not isinstance(found, list):
        _refuse("key_ops is a list")
    return found


def _thumbprint(public: Mapping[str, str]) -> str:
    octets = json.dumps(public, sort_keys=True, separators=(",", ":")).encode("ascii")
    return hashlib.sha256(octets).hexdigest()


def _algorithm(value: Mapping[str, Any], public: Mapping[str, str]) -> str:
    fits = _ALGORITHMS.get((public["kty"], public.get("crv", "")), ())
    if not fits:
        _refuse("the curve is P-256 or Ed25519")
    algorithm = value.get("alg", fits[0])
    if algorithm not in fits:
        _refuse(f"alg of such a key is {' or '.join(fits)}")
    return str(algorithm)


def _check_numbers(public: Mapping[str, str], algorithm: str) -> None:
    try:
        key = jwt.PyJWK(dict(public), algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
        raise Malformed(ReasonCode.MALFORMED_PARTNER_KEY, "no such key can be") from error
    if isinstance(key, rsa.RSAPublicKey) and (
        key.key_size not in _RSA_BITS or key.public_numbers().e != _RSA_EXPONENT
    ):
        _refuse("an RSA key has 2048 to 4096 bits and the exponent 65537")


def parse_client_certificate(octets: bytes) -> ClientCertificate:
    """Parse a certificate in PEM or DER.

    Raises:
        Malformed: MALFORMED_PARTNER_KEY.
    """
    if len(octets) > MAX_KEY_SET_OCTETS:
        _refuse("the certificate is too large")
    load = x509.load_pem_x509_certificate if b"-----" in octets else x509.load_der_x509_certificate
    try:
        found = read_odd(lambda: load(octets))
        digest = found.fingerprint(hashes.SHA256())
        return ClientCertificate(
            digest.hex(), found.not_valid_before_utc, found.not_valid_after_utc
        )
    except UNREADABLE as error:
        raise Malformed(ReasonCode.MALFORMED_PARTNER_KEY, "not a certificate") from error
