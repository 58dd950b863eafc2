"""May this delegate do that for this company today: company, term and scope in one answer.

The card must be served by the policy first, which must allow ``delegate_of``; then the delegation
on record decides. Partners are told yes or no and never what else the holder may do for whom.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime

from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import ReasonCode
from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.records import Delegation
from verification.decide import (
    DecisionDesk,
    Settled,
    conclude,
    judge,
    record_of,
    sign,
)
from verification.presentation import UnverifiedPresentation
from verification.release.attributes import Attribute
from verification.verdict import Decision, Denied, Granted, Verdict, Verdicts

_REFUSED = Verdicts(facts=Verdict.PASS, status=Verdict.PASS, policy=Verdict.FAIL)


@dataclass(frozen=True, slots=True)
class DelegationQuestion:
    """What the partner wants to know.

    Args:
        enterprise: the company.
        act: what is to be done for it; None where any delegation will do.
    """

    enterprise: EnterpriseNumber
    act: str | None = None

    @property
    def asked(self) -> str:
        """The question as the policy knows it."""
        return f"{Attribute.DELEGATE_OF}:{self.enterprise.value}"


@dataclass(frozen=True, slots=True)
class DelegationDesk:
    """Decides about delegates.

    Args:
        desk: the ports of a decision; its sources read the delegation.
    """

    desk: DecisionDesk

    def settle(
        self,
        unverified: UnverifiedPresentation,
        question: DelegationQuestion,
        *,
        decision_id: str,
        at: datetime,
    ) -> Settled:
        """Decide one presentation, sign its receipt and record it.

        Args:
            unverified: the card's answer; what it asks for is told besides.
            question: what the delegate wants to do.
            decision_id: a fresh identifier.
            at: the instant of the decision.

        Raises:
            CardsvcError: a port failed; nothing is decided then.
        """
        asking = replace(unverified, asked=(*(unverified.asked or ()), question.asked))
        challenge, decision = judge(self.desk, asking, at)
        if isinstance(decision, Granted):
            decision = self._narrow(decision, question, at)
        # an owner's number is personal data, and so may be whatever is no act of the scope
        told: dict[str, object] = {"enterprise": question.enterprise.masked}
        if question.act is not None and isinstance(decision, Granted):
            told["act"] = question.act
        more = {"delegation": told}
        settled = sign(self.desk, decision_id, challenge, decision, more)
        if self.desk.log.record(record_of(settled, unverified), challenge):
            return settled
        replayed = Denied((ReasonCode.CHALLENGE_UNKNOWN,), Verdicts(facts=Verdict.FAIL), at)
        return conclude(self.desk, decision_id, unverified, None, replayed)

    def _narrow(self, granted: Granted, question: DelegationQuestion, at: datetime) -> Decision:
        holders = self.desk.sources.holders
        facts = None if holders is None else holders.facts(granted.card.record.card.holder_id)
        today = at.astimezone(VIETNAM_TIME).date()
        reason = refusal(None if facts is None else facts.delegation, question, today)
        if reason is None:
            return granted
        return Denied(
            (reason,), _REFUSED, at, granted.guid, granted.level, granted.policy, granted.trace
        )


def refusal(
    delegation: Delegation | None, question: DelegationQuestion, today: date
) -> ReasonCode | None:
    """Return what a delegation lacks for a question, None where it covers it.

    Args:
        delegation: as on record, None where there is none.
        question: what is asked.
        today: Vietnam's date; the last day counts.
    """
    if delegation is None:
        return ReasonCode.DELEGATION_MISSING
    if delegation.enterprise_number != question.enterprise:
        return ReasonCode.DELEGATION_OTHER_COMPANY
    if delegation.until < today:
        return ReasonCode.DELEGATION_ENDED
    if question.act is not None and _plain(question.act) not in acts_of(delegation.scope):
        return ReasonCode.DELEGATION_SCOPE_EXCEEDED
    return None


def acts_of(scope: str) -> frozenset[str]:
    """Return the acts that a scope lists, by ``;``, ``,`` or line; nothing is read into them."""
    parts = scope.replace(",", ";").replace("\n", ";").split(";")
    return frozenset(_plain(part) for part in parts if part.strip())


def _plain(text: str) -> str:
    """Return text without its differences in case, composition and spacing."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
