"""Validation of one candidate path, certificate by certificate (RFC 5280 section 6.1).

The steps, for each certificate from the one below the anchor down to the leaf:
 1. its form: one signature algorithm, inside and outside    (4.1.1.2)
 2. its signature's algorithm and its key are strong enough  (SP 800-78-5)
 3. it is valid at the instant                               (6.1.3 a 2)
 4. its issuer is the subject above                          (6.1.3 a 4)
 5. its names lie in the name space                          (6.1.3 b, c)
 6. its policies                                             (6.1.3 d to f)
 7. no critical extension is unknown                         (6.1.4 o, 6.1.5 f)
and for each but the leaf:
 8. it is a CA, may sign certificates, the path is not too long (6.1.4 k to n)
 9. the name space and policies are narrowed                 (6.1.4 a, b, g, h to j)
Signatures are verified by the builder, revocation is ``verification.status.revocation``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cardsvc.errors import ReasonCode, VerificationError
from verification.path import signature
from verification.path.facts import CertificateFacts
from verification.path.name_constraints import NameSpace
from verification.path.policies import UNLIMITED, PolicyInputs, PolicyState


@dataclass(frozen=True, slots=True, eq=False)
class ChainState:
    """The working variables below a chain of CAs that is valid in its window.

    Compared by identity.

    Attributes:
        chain: the CA that issues next, up to the anchor.
        not_before: the latest notBefore of the chain.
        not_after: the earliest notAfter of the chain.
    """

    chain: tuple[CertificateFacts, ...]
    policy: PolicyState
    names: NameSpace
    path_length: int
    not_before: datetime
    not_after: datetime

    @property
    def issuer(self) -> CertificateFacts:
        """The CA that issues the next certificate."""
        return self.chain[0]

    def covers(self, at: datetime) -> bool:
        """Tell whether every certificate of the chain is valid at ``at``."""
        return self.not_before <= at <= self.not_after


def start(anchor: CertificateFacts, at: datetime, inputs: PolicyInputs) -> ChainState:
    """Return the state below a trust anchor (RFC 5280 section 6.1.2).

    Beyond RFC 5280, the anchor's certificate must be valid at ``at``, be a CA's, and its own
    path length and name constraints count (RFC 5937 section 3.2).

    Raises:
        VerificationError: the anchor can't serve at that instant.
    """
    _check_form(anchor)
    _check_validity(anchor, at)
    _check_key(anchor)
    if anchor.version > 0:
        _check_ca(anchor)
    constraints = anchor.extensions.name_constraints
    length = anchor.extensions.path_length
    return ChainState(
        chain=(anchor,),
        policy=PolicyState.initial(inputs),
        names=NameSpace() if constraints is None else NameSpace().narrowed(constraints),
        path_length=UNLIMITED if length is None else length,
        not_before=anchor.not_before,
        not_after=anchor.not_after,
    )


def extend(state: ChainState, facts: CertificateFacts, at: datetime) -> ChainState:
    """Return the state below one more CA.

    Raises:
        VerificationError: the CA breaks one of the rules.
    """
    policy = _check_certificate(state, facts, at, is_last=False)
    _check_ca(facts)
    path_length = state.path_length
    if not facts.is_self_issued:
        if path_length <= 0:
            raise VerificationError(ReasonCode.PATH_TOO_LONG, "pathLenConstraint is used up")
        path_length -= 1
    asserted = facts.extensions.path_length
    constraints = facts.extensions.name_constraints
    return ChainState(
        chain=(facts, *state.chain),
        policy=policy.prepared(facts),
        names=state.names if constraints is None else state.names.narrowed(constraints),
        path_length=path_length if asserted is None else min(path_length, asserted),
        not_before=max(state.not_before, facts.not_before),
        not_after=min(state.not_after, facts.not_after),
    )


def finish(
    state: ChainState, leaf: CertificateFacts, at: datetime | None, inputs: PolicyInputs
) -> frozenset[str]:
    """Check the leaf below a chain of CAs and wrap up (RFC 5280 section 6.1.5).

    Args:
        state: below the chain.
        leaf: the last certificate.
        at: the instant; None where the caller looks at the leaf's validity himself (step 3).
        inputs: what was asked of policies.

    Returns:
        The policies the path is valid for.

    Raises:
        VerificationError: the leaf breaks one of the rules.
    """
    policy = _check_certificate(state, leaf, at, is_last=True)
    return policy.wrapped_up(leaf, inputs)


def _check_certificate(
    state: ChainState, facts: CertificateFacts, at: datetime | None, *, is_last: bool
) -> PolicyState:
    _check_form(facts)
    if facts.has_weak_signature():
        raise VerificationError(ReasonCode.WEAK_ALGORITHM, "a weak signature algorithm")
    _check_key(facts)
    if at is not None:
        _check_validity(facts, at)
    if facts.issuer != state.issuer.subject or not facts.issuer:
        raise VerificationError(ReasonCode.UNTRUSTED_ISSUER, "the names do not chain")
    if is_last or not facts.is_self_issued:
        state.names.check(facts)
    policy = state.policy.processed(facts, is_last=is_last)
    if facts.extensions.unknown_critical:
        raise VerificationError(
            ReasonCode.UNKNOWN_CRITICAL_EXTENSION,
            f"critical extension {facts.extensions.unknown_critical[0]}",
        )
    return policy


def _check_form(facts: CertificateFacts) -> None:
    if not facts.algorithms_agree:
        raise VerificationError(
            ReasonCode.CERTIFICATE_BAD_SIGNATURE, "two signature algorithms are named"
        )


def _check_key(facts: CertificateFacts) -> None:
    if signature.is_weak_key(facts.public_key):
        raise VerificationError(ReasonCode.WEAK_ALGORITHM, "a weak or unsupported key")


def _check_validity(facts: CertificateFacts, at: datetime) -> None:
    if at < facts.not_before:
        raise VerificationError(ReasonCode.CERTIFICATE_NOT_YET_VALID, "not valid yet")
    if at > facts.not_after:
        raise VerificationError(ReasonCode.CERTIFICATE_EXPIRED, "expired")


def _check_ca(facts: CertificateFacts) -> None:
    extensions = facts.extensions
    if not extensions.is_ca:
        raise VerificationError(ReasonCode.ISSUER_NOT_A_CA, "basicConstraints do not say CA")
    if extensions.key_usage is not None and not extensions.key_usage.key_cert_sign:
        raise VerificationError(ReasonCode.KEY_USAGE_FORBIDS, "the key may not sign certificates")
