"""What if: decisions on record, judged again by a draft. Nothing is decided by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cardsvc.errors import ReasonCode
from cardsvc.service_records import DecisionRecord, PolicyInputs
from verification.policy.document import PolicyDocument
from verification.policy.evaluate import Refused, evaluate


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A decision that came to a policy.

    Args:
        id: the decision.
        inputs: what the policy was asked about.
        granted: what was decided.
        reason: the first reason of a refusal, None for a grant.
        rule: the rule that decided then.
    """

    id: str
    inputs: PolicyInputs
    granted: bool
    reason: str | None
    rule: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that the draft would have made otherwise.

    Args:
        past: as it was decided.
        would_grant: what the draft says.
        reason: why the draft refuses, None where it grants.
        rule: the draft's rule.
    """

    past: PastDecision
    would_grant: bool
    reason: ReasonCode | None
    rule: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    """What a draft would have changed.

    Args:
        replayed: how many decisions were judged again.
        differences: those that would have gone otherwise, in the order given.
    """

    replayed: int
    differences: tuple[Difference, ...]

    @property
    def counts(self) -> Mapping[tuple[str, str], int]:
        """How many went from what to what: ``granted``, or the reason of the refusal."""
        return Counter(
            (one.past.reason or "granted", one.reason.value if one.reason else "granted")
            for one in self.differences
        )


_ASKED_TOO_MUCH = frozenset(
    {ReasonCode.ATTRIBUTE_NOT_ALLOWED.value, ReasonCode.CONSENT_REQUIRED.value}
)
"""Refusals for what was asked, not for who came: the inputs can't tell what a draft would say."""


def past_decisions(records: Iterable[DecisionRecord]) -> Iterator[PastDecision]:
    """Yield the decisions that came to a policy."""
    for one in records:
        if one.inputs is not None:
            reason = one.reasons[0] if one.reasons else None
            yield PastDecision(one.id, one.inputs, one.granted, reason, one.rule)


def replay(document: PolicyDocument, past: Sequence[PastDecision]) -> Replay:
    """Judge decisions again; a refusal for another reason is a difference, too."""
    differences = []
    replayed = 0
    for decision in past:
        if decision.reason in _ASKED_TOO_MUCH:
            continue
        replayed += 1
        judgement = evaluate(document, decision.inputs)
        reason = judgement.reasons[0] if isinstance(judgement, Refused) else None
        if (None if reason is None else reason.value) != decision.reason:
            differences.append(Difference(decision, reason is None, reason, judgement.rule))
    return Replay(replayed, tuple(differences))
