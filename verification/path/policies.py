"""Certificate policies along a path (RFC 5280 section 6.1, as RFC 9618 amends it).

RFC 9618 replaces the policy tree, which hostile certificates can make exponential, by a graph
with one node for each policy and depth. Only the deepest level is kept here: each node
remembers the authority's own policies it descends from, which is what the pruning of the
graph would leave. So the state is small, immutable, and may be cached for a chain of CAs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cardsvc.errors import ReasonCode, VerificationError
from verification.path.facts import ANY_POLICY, CertificateFacts

UNLIMITED = 1 << 30
"""Stands for n+1 in RFC 5280 section 6.1.2 (d) to (f): no path ever counts it down."""

MAX_NODES = 4096
"""Policies at one depth; more is an attack on the verifier's time."""


@dataclass(frozen=True, slots=True)
class PolicyInputs:
    """What the relying party asks of policies (RFC 5280 section 6.1.1 c, e, f, g)."""

    initial_policies: frozenset[str] = frozenset({ANY_POLICY})
    require_explicit_policy: bool = False
    inhibit_policy_mapping: bool = False
    inhibit_any_policy: bool = False


@dataclass(frozen=True, slots=True)
class _Node:
    """One valid policy at the present depth.

    Attributes:
        roots: the policies of the anchor's own domain that it descends from.
        expected: the policies that may stand for it in the next certificate.
    """

    roots: frozenset[str]
    expected: frozenset[str]


_ROOT: Mapping[str, _Node] = MappingProxyType(
    {ANY_POLICY: _Node(frozenset({ANY_POLICY}), frozenset({ANY_POLICY}))}
)


@dataclass(frozen=True, slots=True)
class PolicyState:
    """The policy variables of RFC 5280 section 6.1.2; ``nodes`` None is the NULL graph."""

    nodes: Mapping[str, _Node] | None = field(default_factory=lambda: _ROOT)
    explicit_policy: int = UNLIMITED
    policy_mapping: int = UNLIMITED
    inhibit_any_policy: int = UNLIMITED

    @classmethod
    def initial(cls, inputs: PolicyInputs) -> PolicyState:
        """Return the state before the first certificate (RFC 5280 section 6.1.2 a, d-f)."""
        return cls(
            explicit_policy=0 if inputs.require_explicit_policy else UNLIMITED,
            policy_mapping=0 if inputs.inhibit_policy_mapping else UNLIMITED,
            inhibit_any_policy=0 if inputs.inhibit_any_policy else UNLIMITED,
        )

    def processed(self, facts: CertificateFacts, *, is_last: bool) -> PolicyState:
        """Return the state after the policies of one certificate (section 6.1.3 d to f).

        Raises:
            VerificationError: POLICY_CONSTRAINT_VIOLATED.
        """
        policies = facts.extensions.policies
        nodes: Mapping[str, _Node] | None = None
        if policies is not None and self.nodes is not None:
            any_allowed = self.inhibit_any_policy > 0 or (not is_last and facts.is_self_issued)
            nodes = _descend(self.nodes, policies, any_allowed=any_allowed) or None
        if self.explicit_policy <= 0 and nodes is None:
            raise _violated("an explicit policy is required and none is left")
        return PolicyState(
            nodes, self.explicit_policy, self.policy_mapping, self.inhibit_any_policy
        )

    def prepared(self, facts: CertificateFacts) -> PolicyState:
        """Return the state for the certificate below a CA (section 6.1.4 a, b, h to j).

        Raises:
            VerificationError: POLICY_CONSTRAINT_VIOLATED.
        """
        extensions = facts.extensions
        nodes = self.nodes
        if extensions.policy_mappings:
            nodes = self._mapped(extensions.policy_mappings)
        step = 0 if facts.is_self_issued else 1
        return PolicyState(
            nodes=nodes,
            explicit_policy=_least(self.explicit_policy - step, extensions.require_explicit_policy),
            policy_mapping=_least(self.policy_mapping - step, extensions.inhibit_policy_mapping),
            inhibit_any_policy=_least(
                self.inhibit_any_policy - step, extensions.inhibit_any_policy
            ),
        )

    def _mapped(self, mappings: tuple[tuple[str, str], ...]) -> Mapping[str, _Node] | None:
        targets: dict[str, set[str]] = {}
        for issuer_policy, subject_policy in mappings:
            if ANY_POLICY in {issuer_policy, subject_policy}:
                raise _violated("anyPolicy is mapped")
            targets.setdefault(issuer_policy, set()).add(subject_policy)
        if self.nodes is None:
            return None
        nodes = dict(self.nodes)
        for policy, mapped in targets.items():
            if self.policy_mapping <= 0:
                nodes.pop(policy, None)
            elif policy in nodes:
                nodes[policy] = _Node(nodes[policy].roots, frozenset(mapped))
            elif ANY_POLICY in nodes:
                nodes[policy] = _Node(frozenset({policy}), frozenset(mapped))
        return nodes or None

    def wrapped_up(self, facts: CertificateFacts, inputs: PolicyInputs) -> frozenset[str]:
        """Return the policies the path is valid for (section 6.1.5 a, b, g).

        Returns:
            The user-constrained policy set; holds anyPolicy where everything is allowed.

        Raises:
            VerificationError: POLICY_CONSTRAINT_VIOLATED.
        """
        explicit_policy = max(self.explicit_policy - 1, 0)
        if facts.extensions.require_explicit_policy == 0:
            explicit_policy = 0
        policies = _user_constrained(self.nodes, inputs.initial_policies)
        if explicit_policy == 0 and not policies:
            raise _violated("the path is valid for none of the policies asked for")
        return policies


def _violated(message: str) -> VerificationError:
    return VerificationError(ReasonCode.POLICY_CONSTRAINT_VIOLATED, message)


def _least(counter: int, asserted: int | None) -> int:
    counter = max(counter, 0)
    return counter if asserted is None else min(counter, asserted)


def _descend(
    above: Mapping[str, _Node], policies: frozenset[str], *, any_allowed: bool
) -> dict[str, _Node]:
    expecting: dict[str, set[str]] = {}
    for node in above.values():
        for policy in node.expected:
            expecting.setdefault(policy, set()).update(node.roots)
    below: dict[str, _Node] = {}
    for policy in policies - {ANY_POLICY}:
        if policy in expecting:
            below[policy] = _Node(frozenset(expecting[policy]), frozenset({policy}))
        elif ANY_POLICY in above:
            below[policy] = _Node(frozenset({policy}), frozenset({policy}))
    if ANY_POLICY in policies and any_allowed:
        for policy, roots in expecting.items():
            if policy not in below:
                below[policy] = _Node(frozenset(roots), frozenset({policy}))
    if len(below) > MAX_NODES:
        raise _violated("too many policies to follow")
    return below


def _user_constrained(
    nodes: Mapping[str, _Node] | None, initial_policies: frozenset[str]
) -> frozenset[str]:
    if nodes is None:
        return frozenset()
    roots = frozenset[str]().union(*(node.roots for node in nodes.values()))
    if ANY_POLICY in initial_policies:
        return roots
    if ANY_POLICY in roots:
        return initial_policies
    return roots & initial_policies
