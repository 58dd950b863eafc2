"""The policy's last word: judge, check what is asked for, and read just the facts to be released.

Over-asking is refused, never cut: who asks for more than the policy allows learns nothing, and a
partner finds the slip at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol

from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.service_records import HolderFacts, PolicyInputs
from cardsvc.terms import AssuranceLevel
from verification.policy.agreement import agreed_document, parse_agreement
from verification.policy.document import PolicyDocument, ReleaseRule
from verification.policy.evaluate import Refused, evaluate
from verification.ports import ServicePolicy
from verification.release.attributes import (
    PORTRAIT_LEVEL,
    AskedAttribute,
    Attribute,
    parse_asked,
)
from verification.release.values import ON_RECORD, Value, value_of
from verification.verdict import (
    Denied,
    Granted,
    PolicyTrace,
    Release,
    Verdict,
    Verdicts,
    VerifiedCard,
)

_REFUSED = Verdicts(facts=Verdict.PASS, status=Verdict.PASS, policy=Verdict.FAIL)
_STALE = Verdicts(facts=Verdict.PASS, status=Verdict.FAIL)
_NO_CARD = Verdicts(facts=Verdict.FAIL)
_WITHOUT_FACTS = ON_RECORD | {Attribute.PORTRAIT}


class HolderDirectory(Protocol):
    """Reads a holder's facts; asked for a decision that grants them, and for no other."""

    def facts(self, holder_id: str) -> HolderFacts | None:
        """Return the facts, or None where there is no such holder."""
        ...

    def has_photo(self, holder_id: str) -> bool:
        """Tell whether there is a photo on record."""
        ...


class Pseudonyms(Protocol):
    """Names a holder to one partner."""

    def of(self, relying_party: str, holder_id: str, *, generation: int = 1) -> str:
        """Return the name; another partner's for the same holder can't be linked with it."""
        ...


@dataclass(frozen=True, slots=True)
class ReleaseSources:
    """Where what is released comes from.

    Args:
        holders: None where no facts are at hand, as at an agent that is offline.
        pseudonyms: None where their key is not at hand.
    """

    holders: HolderDirectory | None = None
    pseudonyms: Pseudonyms | None = None


NO_SOURCES = ReleaseSources()
"""What the record itself says can be released, and nothing else."""


def apply_policy(
    policy: ServicePolicy,
    sources: ReleaseSources,
    card: VerifiedCard,
    *,
    agent: str,
    unverified_asked: tuple[str, ...] | None,
    unverified_consent: str | None,
    at: datetime,
) -> Granted | Denied:
    """Grant or deny a verified card.

    Args:
        policy: the policy in force.
        sources: facts and pseudonyms.
        card: verified at this instant.
        agent: where it was shown.
        unverified_asked: the attributes that the partner asks for; None for all that the policy
            allows it.
        unverified_consent: names the text that the holder was shown.
        at: the instant.

    Raises:
        Malformed: MALFORMED_POLICY; the document on record is none.
    """
    if card.record.card.realm is not policy.realm:
        # whatever path led here: a test card opens nothing, a true card no test
        return Denied((ReasonCode.REALM_MISMATCH,), _NO_CARD, at, card.guid, card.level, policy)
    document = agreed_document(policy.document, policy.agreement)
    inputs = inputs_of(card, agent, at)
    judgement = _agreed(policy, document, inputs) or evaluate(document, inputs)
    trace = PolicyTrace(
        inputs,
        document.purpose.code,
        document.sha256,
        Attribute.CARD in document.release.attributes,
        judgement.rule,
    )
    if isinstance(judgement, Refused):
        note = judgement.note
        return Denied(
            judgement.reasons,
            _STALE if judgement.stale else _REFUSED,
            at,
            card.guid,
            card.level,
            policy,
            trace,
            None if note is None else (note.vi, note.en),
        )
    asked = _allowed(document.release, unverified_asked)
    if (
        not isinstance(asked, ReasonCode)
        and asked
        and _lacks_consent(document.release, card, unverified_consent)
    ):
        asked = ReasonCode.CONSENT_REQUIRED
    if isinstance(asked, ReasonCode):
        return Denied((asked,), _REFUSED, at, card.guid, card.level, policy, trace)
    release = _release(document, sources, asked, policy=policy, card=card, at=at)
    return Granted(card, policy, at, release, trace)


def _agreed(
    policy: ServicePolicy, document: PolicyDocument, inputs: PolicyInputs
) -> Refused | None:
    """Return what the agreement with the partner has against it, before any rule is looked at."""
    agreement = parse_agreement(policy.agreement)
    reason = agreement.refuses(policy.service, document.purpose.code, inputs)
    return None if reason is None else Refused((reason,), stale=reason is ReasonCode.STATUS_STALE)


def inputs_of(card: VerifiedCard, agent: str, at: datetime) -> PolicyInputs:
    """Return what a policy looks at."""
    record = card.record
    age = 0 if record.as_of is None else max(0, int((at - record.as_of).total_seconds()))
    return PolicyInputs(
        card.card_type, record.category, record.agency_code, card.level, agent, at, age
    )


def _allowed(
    rule: ReleaseRule, unverified_asked: tuple[str, ...] | None
) -> tuple[AskedAttribute, ...] | ReasonCode:
    """Return what is to be released, or why nothing is."""
    if unverified_asked is None:
        return _all_that_names_itself(rule.attributes)
    try:
        asked = parse_asked(unverified_asked)
    except Malformed:
        return ReasonCode.ATTRIBUTE_NOT_ALLOWED
    if any(one.allowed_as not in rule.attributes for one in asked):
        return ReasonCode.ATTRIBUTE_NOT_ALLOWED
    return asked


@lru_cache(maxsize=1024)
def _all_that_names_itself(attributes: tuple[str, ...]) -> tuple[AskedAttribute, ...]:
    """Return what a policy allows, but for the claim that asks about a company."""
    return tuple(AskedAttribute(one, one) for one in attributes if one != Attribute.DELEGATE_OF)


def _lacks_consent(rule: ReleaseRule, card: VerifiedCard, unverified_consent: str | None) -> bool:
    """The PIN, typed below the consent's text, is the gesture; X2 proves that it was typed.

    Which text that was, its identifier says: a holder who saw other words agreed to those.
    """
    return rule.consent is not None and (
        card.level < AssuranceLevel.X2 or unverified_consent != rule.consent.id
    )


def _release(
    document: PolicyDocument,
    sources: ReleaseSources,
    asked: tuple[AskedAttribute, ...],
    *,
    policy: ServicePolicy,
    card: VerifiedCard,
    at: datetime,
) -> Release:
    rule, record = document.release, card.record
    holder_id = record.card.holder_id
    facts = None
    if sources.holders is not None and any(one.allowed_as not in _WITHOUT_FACTS for one in asked):
        facts = sources.holders.facts(holder_id)
    today = at.astimezone(VIETNAM_TIME).date()
    values = {
        one.text: _has_portrait(sources, card)
        if one.allowed_as == Attribute.PORTRAIT
        else value_of(one, record, facts, home_province=rule.home_province, today=today)
        for one in asked
    }
    pseudonym = None
    if sources.pseudonyms is not None:
        pseudonym = sources.pseudonyms.of(
            policy.relying_party, holder_id, generation=policy.pseudonym_generation
        )
    rely = rule.rely_for_seconds
    return Release(
        values,
        pseudonym,
        rule.consent.version if rule.consent is not None and asked else None,
        None if rely is None else at + timedelta(seconds=rely),
    )


def _has_portrait(sources: ReleaseSources, card: VerifiedCard) -> Value:
    """Tell whether the holder's picture can be fetched; a copy of a QR code (X0) shows nobody's."""
    if sources.holders is None or card.level < PORTRAIT_LEVEL:
        return None
    return sources.holders.has_photo(card.record.card.holder_id) or None
