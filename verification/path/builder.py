"""Candidate paths from a leaf to an anchor, best first, within a budget.

Issuers are looked up by name, ordered by key identifier, and proved by the signature itself,
so that two CAs of one name, link certificates and cross certificates all find their place
(RFC 4158). Budgets keep a mesh of hostile certificates from burning time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from cardsvc.errors import ReasonCode, VerificationError
from verification.path.facts import CertificateFacts
from verification.path.trust import TrustMaterial


@dataclass(frozen=True, slots=True)
class BuildLimits:
    """Bounds of one search.

    Attributes:
        max_depth: certificates between leaf and anchor, the leaf included.
        max_signature_checks: signatures verified in the search.
        max_candidates: complete paths handed to validation.
        max_steps: partial paths looked at.
    """

    max_depth: int = 10
    max_signature_checks: int = 200
    max_candidates: int = 100
    max_steps: int = 5000


@dataclass
class PathSearch:
    """One search; keeps why it found nothing better.

    Attributes:
        trust: the certificates to build with.
        at: the instant, used only to try the likelier issuer first.
    """

    trust: TrustMaterial
    at: datetime
    limits: BuildLimits = field(default_factory=BuildLimits)
    _signature_checks: int = 0
    _steps: int = 0
    _proved: dict[tuple[bytes, bytes], bool] = field(default_factory=dict)
    _reason: tuple[int, ReasonCode] = (0, ReasonCode.UNTRUSTED_ISSUER)

    def candidates(self, leaf: CertificateFacts) -> Iterator[tuple[CertificateFacts, ...]]:
        """Yield paths (leaf, …, anchor) whose signatures and names chain."""
        yield from islice(self._grow((leaf,)), self.limits.max_candidates)

    def failure(self) -> VerificationError:
        """Return why no complete path was found."""
        return VerificationError(self._reason[1], "no path to a trust anchor")

    def _grow(self, path: tuple[CertificateFacts, ...]) -> Iterator[tuple[CertificateFacts, ...]]:
        child = path[-1]
        for issuer in self._issuers_of(child):
            self._steps += 1
            is_anchor = self.trust.is_anchor(issuer)
            # Where no anchor is in reach by names, nothing is verified.
            ahead = 0 if is_anchor else 1 + self.trust.distances[issuer.issuer]
            if self._steps > self.limits.max_steps or len(path) + ahead > self.limits.max_depth:
                self._note(1, ReasonCode.PATH_TOO_LONG)
                continue
            if any(issuer.der == facts.der for facts in path) or not self._is_proved(child, issuer):
                continue
            if is_anchor:
                yield (*path, issuer)
            else:
                yield from self._grow((*path, issuer))

    def _issuers_of(self, child: CertificateFacts) -> list[CertificateFacts]:
        issuers = [
            issuer
            for issuer in self.trust.by_subject.get(child.issuer, ())
            if self.trust.is_anchor(issuer) or issuer.issuer in self.trust.distances
        ]
        return sorted(issuers, key=lambda issuer: self._rank(child, issuer))

    def _rank(self, child: CertificateFacts, issuer: CertificateFacts) -> tuple[int, ...]:
        return (
            names_another_key(child, issuer),
            not issuer.is_ca,
            not issuer.is_valid_at(self.at),
            0 if self.trust.is_anchor(issuer) else 1 + self.trust.distances[issuer.issuer],
            issuer.is_self_issued,
        )

    def _is_proved(self, child: CertificateFacts, issuer: CertificateFacts) -> bool:
        key = (child.der, issuer.key_bits)
        if key not in self._proved:
            if self._signature_checks >= self.limits.max_signature_checks:
                self._note(1, ReasonCode.PATH_TOO_LONG)
                return False
            self._signature_checks += 1
            self._proved[key] = child.is_signed_by(issuer.public_key)
        if not self._proved[key] and not names_another_key(child, issuer):
            self._note(2, _why_unproved(child, issuer))
        return self._proved[key]

    def _note(self, weight: int, reason: ReasonCode) -> None:
        if weight > self._reason[0]:
            self._reason = (weight, reason)


def names_another_key(child: CertificateFacts, issuer: CertificateFacts) -> bool:
    """Tell whether the key identifiers of two certificates contradict each other.

    Spec: RFC 5280 sections 4.2.1.1 and 4.2.1.2. Where one is missing nothing is contradicted.
    """
    wanted = child.extensions.authority_key_id
    offered = issuer.extensions.subject_key_id
    return wanted is not None and offered is not None and wanted != offered


def _why_unproved(child: CertificateFacts, issuer: CertificateFacts) -> ReasonCode:
    if issuer.public_key is None or child.has_weak_signature():
        return ReasonCode.WEAK_ALGORITHM
    return ReasonCode.CERTIFICATE_BAD_SIGNATURE
