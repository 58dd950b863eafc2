"""Which public keys an ECDSA signature may be of: a card that has signed need not say who it is.

Spec: SEC 1 version 2.0 section 4.1.6. A signature and its message leave two keys, one for each
sign of the point behind r; the two more that the specification counts need r to be less than
p - n, which no signature of these curves meets but by a chance of 2^-128. Everything here is
public, the numbers given to ``cryptography`` as private keys as well. What is found only names
whom to look for: it proves nothing until the signature is verified under a certified key.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from cardsvc.card.challenge_response import is_signed_by, prepare
from cardsvc.card.piv import Algorithm
from cardsvc.card.public_key import CURVES

_PRIMES: dict[Algorithm, int] = {
    Algorithm.ECC_P256: 2**256 - 2**224 + 2**192 + 2**96 - 1,
    Algorithm.ECC_P384: 2**384 - 2**128 - 2**96 + 2**32 - 1,
}
"""The fields of the curves (SP 800-186 section 3.2.1)."""
_EVEN = b"\x02"
"""First octet of a compressed point whose y is even (SEC 1 section 2.3.3)."""


def recover_public_keys(
    algorithm: Algorithm, signature: bytes, message: bytes
) -> tuple[ec.EllipticCurvePublicKey, ...]:
    """Return the public keys under which a card's answer to a message holds.

    Spec: SEC 1 section 4.1.6, Q = r^-1 (sR - eG). ``cryptography`` has no such call: the two
    multiplications are its ECDH (which gives x alone, as the sign of R is not known either) and
    its derivation of a public key; only their difference is taken here.

    Args:
        algorithm: of the key; one that is not of a curve leaves none.
        signature: DER of r and s, as ``PivSession.sign_message`` returns it.
        message: what was to be signed.

    Returns:
        Two keys as a rule, each tried with ``is_signed_by``; none for what is no signature.
    """
    curve = CURVES.get(algorithm)
    if curve is None:
        return ()
    order, prime = curve.group_order, _PRIMES[algorithm]
    try:
        r, s = decode_dss_signature(signature)
        if not (0 < r < order and 0 < s < order):
            return ()
        inverse = pow(r, -1, order)
        digest = int.from_bytes(prepare(message, algorithm), "big")
        commitment = _point_at(curve, r.to_bytes(curve.key_size // 8, "big"))
        factor = ec.derive_private_key(s * inverse % order, curve)
        left = _point_at(curve, factor.exchange(ec.ECDH(), commitment)).public_numbers()
        asked = ec.derive_private_key(digest * inverse % order, curve)
    except ValueError:  # no DER, no point at r, or a factor of nought
        return ()
    right = asked.public_key().public_numbers()
    if left.x == right.x:
        return ()  # their difference is no sum of two unlike points; a chance of 2^-255
    found = []
    for y in (left.y, prime - left.y):
        slope = (y + right.y) * pow(left.x - right.x, -1, prime) % prime
        x = (slope * slope - left.x - right.x) % prime
        numbers = ec.EllipticCurvePublicNumbers(x, (slope * (left.x - x) - y) % prime, curve)
        key = numbers.public_key()
        if is_signed_by(key, signature, message):
            found.append(key)
    return tuple(found)


def _point_at(curve: ec.EllipticCurve, x: bytes) -> ec.EllipticCurvePublicKey:
    """Return one of the two points at x.

    Raises:
        ValueError: there is none.
    """
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, _EVEN + x)
