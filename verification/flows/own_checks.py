"""Who checked my card: told to whoever shows a card and types its PIN, and to nobody else.

The holder learns when, for which service, at which level and with what result; of the place no
more than the service. What we ask of the card ourselves (activation, this list) is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from cardsvc.card.guid import CardGuid
from cardsvc.service_records import (
    ACTIVATION_RELYING_PARTY,
    OWN_CHECKS_SERVICE,
    DecisionRecord,
    ServicePolicy,
)
from cardsvc.terms import AssuranceLevel
from verification.decide import DecisionDesk, Settled, decide
from verification.policy.document import Text
from verification.policy.evaluate import compiled
from verification.ports import PolicyDirectory
from verification.presentation import UnverifiedPresentation
from verification.read_once import named_card
from verification.remedy import public_code_of
from verification.verdict import Granted

MOST_CHECKS = 50
POLICY = ServicePolicy(
    ACTIVATION_RELYING_PARTY,
    OWN_CHECKS_SERVICE,
    1,
    f"""format = 1
service = "{OWN_CHECKS_SERVICE}"
title = {{ vi = "Ai đã kiểm tra thẻ của tôi", en = "Who checked my card" }}
purpose = {{ code = "own-checks", vi = "Quyền truy cập của chủ thẻ", en = "The holder's access" }}
minimum_level = "X2"
[[rules]]
name = "the-holder"
effect = "allow"
""",
)


class HolderHistory(Protocol):
    """Looks up what was decided about a person's cards."""

    def of_holder(
        self, guid: CardGuid, limit: int, *, without: str | None = None
    ) -> Sequence[DecisionRecord]:
        """Return decisions on all cards of a card's holder, newest first.

        Args:
            guid: one of the cards.
            limit: the most that are returned.
            without: a relying party whose decisions are left out.
        """
        ...


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a card, as its holder is told of it.

    Args:
        at: when.
        partner: who relied on it.
        service: for what.
        level: what the card proved, None where it proved nothing.
        granted: whether it was served.
        code: ``granted``, or the public code of the denial.
        released: the names of what the partner learned.
    """

    at: datetime
    partner: str
    service: Text
    level: AssuranceLevel | None
    granted: bool
    code: str
    released: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnChecksDesk:
    """Tells holders who checked their cards.

    Args:
        desk: the ports of a decision; its policies name the services.
        history: past decisions.
        partners: names of partners by identifier.
    """

    desk: DecisionDesk
    history: HolderHistory
    partners: Callable[[], Mapping[str, str]]

    def tell(
        self, unverified: UnverifiedPresentation, *, decision_id: str, at: datetime
    ) -> tuple[Settled, Sequence[Check]]:
        """Verify an X2 answer; return the decision, and the list where it was granted.

        Args:
            unverified: the answer to a challenge of our own service ``own-checks``.
            decision_id: a fresh identifier.
            at: the instant.
        """
        named = named_card(unverified)
        record = None if named is None else self.desk.verifier.cards.find(named)
        # test cards and true ones alike: a list is told of a card to its own holder
        policy = POLICY if record is None else replace(POLICY, realm=record.card.realm)
        own = replace(self.desk, policies=_OneService(policy))
        settled = decide(own, unverified, decision_id=decision_id, at=at)
        if not isinstance(settled.decision, Granted):
            return settled, ()
        past = self.history.of_holder(
            settled.decision.guid, MOST_CHECKS, without=ACTIVATION_RELYING_PARTY
        )
        titles = _Titles(self.desk.policies, at)
        names = self.partners()
        return settled, [
            Check(
                one.at,
                names.get(one.relying_party, one.relying_party),
                titles.of(one.relying_party, one.service),
                one.level,
                one.granted,
                "granted" if one.granted else public_code_of(one.reasons),
                one.released,
            )
            for one in past
        ]


class _OneService:
    """Knows one policy. Implements ``ports.PolicyDirectory``."""

    def __init__(self, policy: ServicePolicy) -> None:
        self._policy = policy

    def knows(self, relying_party: str) -> bool:
        """Tell whether it is the policy's relying party."""
        return relying_party == self._policy.relying_party

    def find(self, relying_party: str, service: str, at: datetime) -> ServicePolicy | None:
        """Return the policy, or None for another service."""
        del at
        known = self._policy.relying_party, self._policy.service
        return self._policy if (relying_party, service) == known else None


class _Titles:
    """What services are called; each is looked up once."""

    def __init__(self, policies: PolicyDirectory, at: datetime) -> None:
        self._policies = policies
        self._at = at
        self._known: dict[tuple[str, str], Text] = {}

    def of(self, relying_party: str, service: str) -> Text:
        """Return a service's title, or its identifier where it is no more."""
        asked = relying_party, service
        if asked not in self._known:
            policy = self._policies.find(relying_party, service, self._at)
            self._known[asked] = (
                Text(service, service) if policy is None else compiled(policy.document).title
            )
        return self._known[asked]
