"""Validation of a certificate up to a trust anchor, for one purpose and at one instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cryptography import x509
from msgspec import Struct

from cardsvc.clock import require_utc
from cardsvc.errors import VerificationError
from verification.path import chain
from verification.path.builder import BuildLimits, PathSearch
from verification.path.facts import CertificateFacts, read_facts
from verification.path.policies import PolicyInputs
from verification.path.purpose import Purpose, check_purpose
from verification.path.trust import TrustMaterial


class ValidatedPath(Struct, frozen=True):
    """A path that holds; its revocation status is another question.

    Attributes:
        facts: what was read from the certificates, leaf first, anchor last.
        purpose: what the leaf was found good for.
        at: the instant at which it holds, UTC.
        policies: the policies it is valid for; holds anyPolicy where all are.
    """

    facts: tuple[CertificateFacts, ...]
    purpose: Purpose
    at: datetime
    policies: frozenset[str] = frozenset()

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """Leaf first, anchor last."""
        return tuple(facts.certificate for facts in self.facts)

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate that was asked about."""
        return self.facts[0].certificate

    @property
    def anchor(self) -> x509.Certificate:
        """The trust anchor that was reached."""
        return self.facts[-1].certificate

    @property
    def public_key(self) -> Any:
        """The leaf's public key, already parsed: RSA, elliptic curve or EdDSA."""
        return self.facts[0].public_key


def validate_leaf(
    leaf: x509.Certificate,
    trust: TrustMaterial,
    at: datetime,
    purpose: Purpose,
    *,
    policy_inputs: PolicyInputs | None = None,
    limits: BuildLimits | None = None,
) -> ValidatedPath:
    """Find a path from ``leaf`` to an anchor that holds at ``at`` for ``purpose``.

    Spec: RFC 5280 section 6.1, without revocation (6.1.3 a 3).

    Args:
        leaf: the certificate in question; nothing in it is trusted.
        trust: anchors and intermediates.
        at: the one instant of the decision, aware.
        purpose: what the certificate is asked to be good for.
        policy_inputs: what is asked of certificate policies; by default nothing.
        limits: bounds of the search.

    Returns:
        The first path that holds.

    Raises:
        Malformed: the leaf can't be read (MALFORMED_CERTIFICATE).
        VerificationError: no path holds; the reason is that of the path that got furthest.
    """
    return validate_facts(
        read_facts(leaf), trust, at, purpose, policy_inputs=policy_inputs, limits=limits
    )


def validate_facts(
    leaf: CertificateFacts,
    trust: TrustMaterial,
    at: datetime,
    purpose: Purpose,
    *,
    policy_inputs: PolicyInputs | None = None,
    limits: BuildLimits | None = None,
) -> ValidatedPath:
    """Do the work of ``validate_leaf`` for a certificate already read."""
    instant = require_utc(at)
    inputs = policy_inputs or PolicyInputs()
    search = PathSearch(trust, instant, limits or BuildLimits())
    best: tuple[int, VerificationError] | None = None
    for path in search.candidates(leaf):
        remaining = len(path)
        try:
            state = chain.start(path[-1], instant, inputs)
            for facts in reversed(path[1:-1]):
                remaining -= 1
                state = chain.extend(state, facts, instant)
            remaining = 1
            policies = chain.finish(state, leaf, instant, inputs)
            remaining = 0
            check_purpose(leaf, purpose, path[1:-1])
        except VerificationError as error:
            if best is None or remaining < best[0]:
                best = (remaining, error)
            continue
        return ValidatedPath(path, purpose, instant, policies)
    raise best[1] if best is not None else search.failure()
