"""The digests and signature schemes that CMS on a card may name.

Spec: RFC 5754 (SHA-2 in CMS), RFC 4056 (RSASSA-PSS in CMS), RFC 5753 (ECDSA in CMS);
SP 800-78-5 section 3.2.1 for what is strong enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

from asn1crypto import algos
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from cardsvc.card.asn1 import parsing
from cardsvc.errors import Malformed, ReasonCode

DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "1.3.14.3.2.26": hashes.SHA1(),  # noqa: S303  # read, and reported as weak
    "2.16.840.1.101.3.4.2.4": hashes.SHA224(),
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
DIGEST_OIDS = {algorithm.name: oid for oid, algorithm in DIGESTS.items()}
STRONG_DIGESTS = frozenset({"sha256", "sha384", "sha512"})
MINIMUM_RSA_BITS = 2048
MINIMUM_CURVE_BITS = 256

RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
RSASSA_PSS = "1.2.840.113549.1.1.10"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
_RSA_WITH_DIGEST = {
    "1.2.840.113549.1.1.5": "sha1",
    "1.2.840.113549.1.1.14": "sha224",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
ECDSA_WITH_DIGEST = {
    "1.2.840.10045.4.1": "sha1",
    "1.2.840.10045.4.3.1": "sha224",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
_NULL = b"\x05\x00"


@unique
class Scheme(Enum):
    """How the signature was made."""

    RSA_PKCS1 = "rsa-pkcs1-v1_5"
    RSA_PSS = "rsa-pss"
    ECDSA = "ecdsa"


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """A signature scheme with its digest.

    Args:
        scheme: padding or curve signature.
        digest: name of the digest that the signature is over, such as ``sha256``.
        mask_digest: MGF1's digest (PSS only).
        salt_octets: PSS salt; None where the parameters left it open.
    """

    scheme: Scheme
    digest: str
    mask_digest: str = ""
    salt_octets: int | None = None


def digest_by_oid(oid: str) -> str:
    """Return a digest's name.

    Raises:
        Malformed: not a digest that a card may use.
    """
    if oid not in DIGESTS:
        raise Malformed(ReasonCode.MALFORMED_CMS, "an unknown digest algorithm")
    return DIGESTS[oid].name


def hash_of(digest: str) -> hashes.HashAlgorithm:
    """Return the hash algorithm of a digest's name."""
    return DIGESTS[DIGEST_OIDS[digest]]


def compute_digest(digest: str, octets: bytes) -> bytes:
    """Return the digest of ``octets``."""
    context = hashes.Hash(hash_of(digest))
    context.update(octets)
    return context.finalize()


def parse_signature_algorithm(
    oid: str, parameters: bytes | None, digest: str
) -> SignatureAlgorithm:
    """Return the signature scheme of a SignerInfo.

    Args:
        oid: signatureAlgorithm.
        parameters: its parameters as DER, None where absent.
        digest: name of the SignerInfo's digestAlgorithm, which the bare key identifiers use.

    Raises:
        Malformed: unknown, or PSS parameters that are ill-formed.
    """
    if oid == RSA_ENCRYPTION:
        return SignatureAlgorithm(Scheme.RSA_PKCS1, digest)
    if oid == EC_PUBLIC_KEY:
        return SignatureAlgorithm(Scheme.ECDSA, digest)
    if oid in _RSA_WITH_DIGEST:
        return SignatureAlgorithm(Scheme.RSA_PKCS1, _RSA_WITH_DIGEST[oid])
    if oid in ECDSA_WITH_DIGEST:
        return SignatureAlgorithm(Scheme.ECDSA, ECDSA_WITH_DIGEST[oid])
    if oid != RSASSA_PSS:
        raise Malformed(ReasonCode.MALFORMED_CMS, "an unknown signature algorithm")
    if parameters in (None, _NULL):
        # RFC 4056 asks for parameters; cards without them use one digest throughout.
        return SignatureAlgorithm(Scheme.RSA_PSS, digest, digest)
    with parsing(ReasonCode.MALFORMED_CMS, "RSASSA-PSS parameters"):
        pss = algos.RSASSAPSSParams.load(parameters, strict=True)
        mask = pss["mask_gen_algorithm"]
        if mask["algorithm"].native != "mgf1" or int(pss["trailer_field"]) != 1:
            raise Malformed(ReasonCode.MALFORMED_CMS, "an unknown mask or trailer")
        salt = int(pss["salt_length"])
        if not 0 <= salt <= 512:
            raise Malformed(ReasonCode.MALFORMED_CMS, "an impossible salt length")
        return SignatureAlgorithm(
            Scheme.RSA_PSS,
            digest_by_oid(pss["hash_algorithm"]["algorithm"].dotted),
            digest_by_oid(mask["parameters"]["algorithm"].dotted),
            salt,
        )


def is_valid(
    key: PublicKeyTypes, algorithm: SignatureAlgorithm, signature: bytes, octets: bytes
) -> bool:
    """Tell whether ``signature`` over ``octets`` is by ``key``; a key of another kind is no."""
    digest = hash_of(algorithm.digest)
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and algorithm.scheme is Scheme.ECDSA:
            key.verify(signature, octets, ec.ECDSA(digest))
            return True
        if isinstance(key, rsa.RSAPublicKey) and algorithm.scheme is Scheme.RSA_PKCS1:
            key.verify(signature, octets, padding.PKCS1v15(), digest)
            return True
        if isinstance(key, rsa.RSAPublicKey) and algorithm.scheme is Scheme.RSA_PSS:
            salt = padding.PSS.AUTO if algorithm.salt_octets is None else algorithm.salt_octets
            mask = padding.MGF1(hash_of(algorithm.mask_digest))
            key.verify(signature, octets, padding.PSS(mask, salt), digest)
            return True
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return False


def is_strong(key: PublicKeyTypes, algorithm: SignatureAlgorithm, content_digest: str) -> bool:
    """Tell whether digests and key are strong enough (SP 800-78-5 section 3.2.1)."""
    if not {algorithm.digest, content_digest} <= STRONG_DIGESTS:
        return False
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= MINIMUM_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= MINIMUM_CURVE_BITS
