"""A decision that an agent made without the service, as its event tells it.

Spec: ADR 0019. The event's kind is ``tap.decided_offline``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.event_chain import AgentEvent, JsonScalar
from cardsvc.wire.fields import Fields

DECIDED_OFFLINE = "tap.decided_offline"
_NAMES = (
    "decision", "relying_party", "service", "granted", "level", "reasons", "card",
    "policy_version", "rule", "bundle_seq", "bundle_at", "time_certain",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OfflineDecision:
    """What was decided, and on which bundle.

    Args:
        id: of the decision.
        at: when, by the agent's trusted time.
        relying_party: on whose behalf.
        service: for what.
        granted: whether the card was granted.
        level: the assurance that was reached, such as ``X1``.
        reasons: why not, exactly.
        guid: the card, where it proved to be that card.
        policy_version: the version that decided.
        rule: the rule that decided.
        bundle_seq: the bundle's number.
        bundle_at: when the bundle was signed.
        time_certain: whether something signed had told the time since the agent's start.
    """

    id: str
    at: datetime
    relying_party: str
    service: str
    granted: bool
    level: str | None
    reasons: tuple[str, ...]
    guid: CardGuid | None
    policy_version: int | None
    rule: str | None
    bundle_seq: int
    bundle_at: datetime
    time_certain: bool

    def facts(self) -> dict[str, JsonScalar]:
        """Return the facts of the event."""
        return {
            "decision": self.id,
            "relying_party": self.relying_party,
            "service": self.service,
            "granted": self.granted,
            "level": self.level,
            "reasons": ",".join(self.reasons) or None,
            "card": None if self.guid is None else str(self.guid),
            "policy_version": self.policy_version,
            "rule": self.rule,
            "bundle_seq": self.bundle_seq,
            "bundle_at": int(self.bundle_at.timestamp()),
            "time_certain": self.time_certain,
        }


def parse_offline_decision(event: AgentEvent) -> OfflineDecision:
    """Return the decision that an event tells.

    Raises:
        Malformed: another kind of event, or its facts are not as described.
    """
    if event.kind != DECIDED_OFFLINE:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "another kind of event")
    fields = Fields(dict(event.facts), _NAMES)

    def text(name: str) -> str | None:
        return fields.text(name, most=2000) if fields.has(name) else None

    card, reasons = text("card"), text("reasons")
    return OfflineDecision(
        id=fields.text("decision"),
        at=event.at,
        relying_party=fields.text("relying_party"),
        service=fields.text("service"),
        granted=fields.flag("granted"),
        level=text("level"),
        reasons=tuple(reasons.split(",")) if reasons else (),
        guid=None if card is None else CardGuid.parse(card),
        policy_version=fields.number("policy_version") if fields.has("policy_version") else None,
        rule=text("rule"),
        bundle_seq=fields.number("bundle_seq", most=2**53 - 1),
        bundle_at=fields.second("bundle_at"),
        time_certain=fields.flag("time_certain"),
    )
