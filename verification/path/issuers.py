"""Issuers validated once: the check of a leaf costs one signature verification.

A chain of CAs that was found valid is remembered with the window in which all its
certificates are; leaving the window, or other trust material, means validating anew.
Revocation of CAs is not remembered here: that is asked at each decision.

Of a leaf below such a chain, what no instant changes is remembered: its form, algorithms, names,
policies and purpose. Its validity is looked at and its signature is verified each time.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from cryptography import x509

from cardsvc.clock import require_utc
from cardsvc.errors import VerificationError
from verification.path import chain
from verification.path.builder import BuildLimits, names_another_key
from verification.path.chain import ChainState
from verification.path.facts import CertificateFacts, read_facts
from verification.path.names import NameKey
from verification.path.policies import PolicyInputs
from verification.path.purpose import Purpose, check_purpose
from verification.path.trust import TrustMaterial
from verification.path.validate import ValidatedPath, validate_facts

MAX_ISSUERS = 256
"""Chains remembered; a service has a handful of issuing CAs."""

MAX_LEAVES = 1024
"""Leaves below them; as many as ``card_certificate`` keeps in the form in which they were read."""


class IssuerCache:
    """Validates leaves below trust material, with validated issuers remembered.

    Safe to share between threads: what is remembered is immutable and replaced whole.
    """

    def __init__(
        self,
        trust: TrustMaterial,
        *,
        policy_inputs: PolicyInputs | None = None,
        limits: BuildLimits | None = None,
    ) -> None:
        self._trust = trust
        self._inputs = policy_inputs or PolicyInputs()
        self._limits = limits or BuildLimits()
        self._states: dict[NameKey, tuple[ChainState, ...]] = {}
        self._policies_below = lru_cache(maxsize=MAX_LEAVES)(self._judge_whenever)

    @property
    def trust(self) -> TrustMaterial:
        """The trust material in force."""
        return self._trust

    def validate_leaf(
        self, leaf: x509.Certificate, at: datetime, purpose: Purpose
    ) -> ValidatedPath:
        """Do what ``validate.validate_leaf`` does, with the same verdict and reasons.

        Raises:
            Malformed: the leaf can't be read.
            VerificationError: no path holds.
        """
        return self.validate_facts(read_facts(leaf), at, purpose)

    def validate_facts(
        self, leaf: CertificateFacts, at: datetime, purpose: Purpose
    ) -> ValidatedPath:
        """Do the work of ``validate_leaf`` for a certificate already read."""
        instant = require_utc(at)
        for state in self._states.get(leaf.issuer, ()):
            found = self._below(state, leaf, instant, purpose)
            if found is not None:
                return found
        trust, states = self._trust, self._states
        found = validate_facts(
            leaf, trust, instant, purpose, policy_inputs=self._inputs, limits=self._limits
        )
        # Kept in the table of the material it was validated with, so that a replacement that
        # happened meanwhile is not undone.
        self._remember(states, found)
        return found

    def _below(
        self, state: ChainState, leaf: CertificateFacts, at: datetime, purpose: Purpose
    ) -> ValidatedPath | None:
        """Return the leaf's path below a remembered chain, or None: then ask the long way."""
        if not (state.covers(at) and leaf.is_valid_at(at)):
            return None
        try:
            policies = self._policies_below(state, leaf, purpose)
        except VerificationError:
            return None
        if policies is None or not leaf.is_signed_by(state.issuer.public_key):
            return None
        return ValidatedPath((leaf, *state.chain), purpose, at, policies)

    def _judge_whenever(
        self, state: ChainState, leaf: CertificateFacts, purpose: Purpose
    ) -> frozenset[str] | None:
        """Return the path's policies by all that no instant changes; None for another issuer's.

        Raises:
            VerificationError: the leaf breaks one of the rules.
        """
        if names_another_key(leaf, state.issuer):
            return None
        policies = chain.finish(state, leaf, None, self._inputs)
        check_purpose(leaf, purpose, state.chain[:-1])
        return policies

    def _remember(self, states: dict[NameKey, tuple[ChainState, ...]], path: ValidatedPath) -> None:
        state = chain.start(path.facts[-1], path.at, self._inputs)
        for facts in reversed(path.facts[1:-1]):
            state = chain.extend(state, facts, path.at)
        known = states.get(state.issuer.subject, ())
        if any(state.chain == other.chain for other in known):
            return
        if sum(len(chains) for chains in states.values()) >= MAX_ISSUERS:
            states.clear()
        states[state.issuer.subject] = (*known, state)
