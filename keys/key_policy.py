"""Which public keys the CA certifies: algorithm and size by profile, and no known weakness.

Spec: SP 800-78-5 table 3-1 (algorithms, exponents), SP 800-56B r2 section 6.4.2.1 (partial
checks of an RSA key), SP 800-56A r3 section 5.6.2.3 (EC keys: the point is on the curve, which
``cryptography`` refuses to be without).
"""

from __future__ import annotations

from functools import cache
from math import isqrt

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardsvc.card.piv import Algorithm
from cardsvc.card.public_key import CardPublicKey, algorithm_of
from cardsvc.errors import CardError, ReasonCode, VaultError
from keys.profiles import CertificateProfile

MIN_RSA_EXPONENT = 65537
MAX_RSA_EXPONENT = 2**256 - 1
"""65,537 ≤ e ≤ 2^256 - 1 (SP 800-78-5 section 3.1)."""

SMALL_PRIME_LIMIT = 752
"""Trial division up to here, as SP 800-89 section 5.3.3 advises."""
FERMAT_ROUNDS = 100
"""Finds primes that stand too close together, as CA/B Forum BR section 6.1.1.3 asks."""
ROCA_PRIME_LIMIT = 168
"""The fingerprint of CVE-2017-15361: modulo each prime up to here, n is a power of 65537."""


def check_public_key(key: CardPublicKey, profile: CertificateProfile) -> Algorithm:
    """Return the key's algorithm if the profile takes it and nothing is known against the key.

    Raises:
        VaultError: PROFILE_VIOLATED for an algorithm or size that the profile does not list,
            WEAK_KEY for an RSA key with a bad exponent or a modulus that is known to break.
    """
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise VaultError(ReasonCode.PROFILE_VIOLATED, "not a key of a PIV algorithm")
    try:
        algorithm = algorithm_of(key)
    except CardError as error:
        raise VaultError(ReasonCode.PROFILE_VIOLATED, "not a key of a PIV algorithm") from error
    if algorithm not in profile.algorithms:
        raise VaultError(ReasonCode.PROFILE_VIOLATED, "the profile does not take this algorithm")
    if isinstance(key, rsa.RSAPublicKey):
        _check_rsa(key.public_numbers())
    return algorithm


def _check_rsa(numbers: rsa.RSAPublicNumbers) -> None:
    if not MIN_RSA_EXPONENT <= numbers.e <= MAX_RSA_EXPONENT or numbers.e % 2 == 0:
        raise VaultError(ReasonCode.WEAK_KEY, "the RSA exponent is out of bounds")
    if any(numbers.n % prime == 0 for prime in primes(SMALL_PRIME_LIMIT)):
        raise VaultError(ReasonCode.WEAK_KEY, "the RSA modulus has a small factor")
    if has_roca_fingerprint(numbers.n):
        raise VaultError(ReasonCode.WEAK_KEY, "the RSA modulus has the ROCA fingerprint")
    if has_close_factors(numbers.n):
        raise VaultError(ReasonCode.WEAK_KEY, "the RSA primes are too close")


@cache
def primes(limit: int) -> tuple[int, ...]:
    """Return the primes below ``limit``."""
    return tuple(n for n in range(2, limit) if all(n % d for d in range(2, isqrt(n) + 1)))


@cache
def _roca_residues() -> tuple[tuple[int, frozenset[int]], ...]:
    table = []
    for prime in primes(ROCA_PRIME_LIMIT)[1:]:
        residues, power = set(), 1
        while power not in residues:
            residues.add(power)
            power = power * 65537 % prime
        table.append((prime, frozenset(residues)))
    return tuple(table)


def has_roca_fingerprint(modulus: int) -> bool:
    """Tell a modulus of the Infineon library (Nemec et al., CCS 2017); one in 2^27 by chance."""
    return all(modulus % prime in residues for prime, residues in _roca_residues())


def has_close_factors(modulus: int) -> bool:
    """Tell a modulus that a hundred rounds of Fermat's method factor."""
    a = isqrt(modulus)
    if a * a < modulus:
        a += 1
    for _ in range(FERMAT_ROUNDS):
        b_squared = a * a - modulus
        if isqrt(b_squared) ** 2 == b_squared:
            return True
        a += 1
    return False
