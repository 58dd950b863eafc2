"""The life of a policy: put as a draft, rehearsed on the past, activated by a second person.

A version that was in force before may be put back by one person, at once: going back to what two
persons agreed to must not wait for a second one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cardsvc.errors import Malformed, ReasonCode, VerificationError
from cardsvc.operator_key import is_same_operator
from cardsvc.policy_records import Activation, ActivationKind, PolicyVersion, Rehearsal
from cardsvc.service_records import DecisionRecord, ServicePolicy
from verification.policy.evaluate import compiled
from verification.policy.parse import parse_policy
from verification.policy.what_if import Replay, past_decisions, replay


class PolicyBook(Protocol):
    """Keeps versions of policies and what was in force when."""

    def put(self, policy: ServicePolicy, *, author: str, at: datetime) -> int:
        """Keep a draft as the next version; return that version."""
        ...

    def version(self, relying_party: str, service: str, version: int) -> PolicyVersion | None:
        """Return a version, or None."""
        ...

    def activations(self, relying_party: str, service: str) -> Sequence[Activation]:
        """Return a service's activations, the oldest act first."""
        ...

    def rehearse(
        self, relying_party: str, service: str, version: int, rehearsal: Rehearsal
    ) -> None:
        """Keep what a rehearsal of a version found."""
        ...

    def activate(self, relying_party: str, service: str, activation: Activation) -> None:
        """Put a version in force from a day on."""
        ...


class PastDecisions(Protocol):
    """Finds decisions that came to a policy."""

    def of_service(
        self, relying_party: str, service: str, since: datetime, limit: int
    ) -> Sequence[DecisionRecord]:
        """Return a service's decisions since an instant, newest first."""
        ...


def put_draft(
    book: PolicyBook, relying_party: str, document: str, *, author: str, at: datetime
) -> ServicePolicy:
    """Keep a document as a draft of the service that it names.

    Raises:
        Malformed: MALFORMED_POLICY; no policy, or another partner's.
    """
    parsed = parse_policy(document)
    if parsed.partner is not None and parsed.partner != relying_party:
        raise Malformed(ReasonCode.MALFORMED_POLICY, "the document is another partner's")
    draft = ServicePolicy(relying_party, parsed.service, 0, document)
    version = book.put(draft, author=author, at=at)
    return ServicePolicy(relying_party, parsed.service, version, document)


def rehearse(
    book: PolicyBook,
    past: PastDecisions,
    policy: PolicyVersion,
    *,
    operator: str,
    since: datetime,
    at: datetime,
    limit: int = 100_000,
) -> Replay:
    """Try a version on decisions on record and keep how many would have gone otherwise."""
    one = policy.policy
    decisions = past.of_service(one.relying_party, one.service, since, limit)
    found = replay(compiled(one.document), [*past_decisions(decisions)])
    rehearsal = Rehearsal(at, operator, found.replayed, len(found.differences))
    book.rehearse(one.relying_party, one.service, one.version, rehearsal)
    return found


def require_version(
    book: PolicyBook, relying_party: str, service: str, version: int
) -> PolicyVersion:
    """Return a version.

    Raises:
        VerificationError: there is none (POLICY_UNKNOWN).
    """
    found = book.version(relying_party, service, version)
    if found is None:
        raise VerificationError(ReasonCode.POLICY_UNKNOWN, f"no version {version} of that policy")
    return found


def activate(
    book: PolicyBook,
    policy: PolicyVersion,
    *,
    operator: str,
    active_from: datetime,
    at: datetime,
) -> Activation:
    """Put a version in force, now or from a later instant.

    Raises:
        VerificationError: author and activator are one (SAME_OPERATOR), or a service that is
            served already would change without a rehearsal (POLICY_NOT_REHEARSED).
    """
    one = policy.policy
    if is_same_operator(policy.author, operator):
        raise VerificationError(ReasonCode.SAME_OPERATOR, "author and activator are one")
    if policy.rehearsal is None and book.activations(one.relying_party, one.service):
        raise VerificationError(
            ReasonCode.POLICY_NOT_REHEARSED, "try it on past decisions first (what-if)"
        )
    act = Activation(one.version, max(active_from, at), ActivationKind.TWO_PERSONS, operator, at)
    book.activate(one.relying_party, one.service, act)
    return act


def roll_back(
    book: PolicyBook, relying_party: str, service: str, *, operator: str, at: datetime
) -> Activation:
    """Put the version back in force that was in force before the present one.

    Raises:
        VerificationError: there was none before (POLICY_UNKNOWN).
    """
    acts = [act for act in book.activations(relying_party, service) if act.active_from <= at]
    present = acts[-1].version if acts else None
    earlier = [act.version for act in acts if act.version != present]
    if not earlier:
        raise VerificationError(ReasonCode.POLICY_UNKNOWN, "no earlier version was in force")
    act = Activation(earlier[-1], at, ActivationKind.ROLLBACK, operator, at)
    book.activate(relying_party, service, act)
    return act
