"""Hands a holder's portrait over to whoever brought the card, for one decision, while it is fresh.

1. The decision is on record, and the caller's own    PORTRAIT_UNKNOWN
2. It was granted to a card, and released a portrait  PORTRAIT_NOT_RELEASED
3. It was made just now                               PORTRAIT_EXPIRED
4. There still is a picture                           PORTRAIT_UNKNOWN
5. The log has taken down who gets it and what for    else the fault travels up

The picture is in no receipt, log or record, and an agent that is offline has none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.card.guid import CardGuid
from cardsvc.clock import require_utc
from cardsvc.errors import ReasonCode, VerificationError
from cardsvc.service_records import DecisionRecord
from verification.release.attributes import PORTRAIT_LEVEL, Attribute

PORTRAIT_LIFETIME = timedelta(seconds=60)
"""Counted from the decision: as long as somebody stands there, and no longer.

Within it the same caller may ask again, since an answer can be lost on the way.
"""

_MAX_NAME = 64


class Decisions(Protocol):
    """Looks up decisions that were made."""

    def decision(self, decision_id: str) -> DecisionRecord | None:
        """Return a decision, or None."""
        ...


@dataclass(frozen=True, slots=True)
class PortraitRelease:
    """Who gets a portrait, and what for.

    Args:
        subject: identifies the decision, or the session before it.
        caller: the agent that brought the card.
        purpose: as the policy names it; None where it names none.
    """

    subject: str
    caller: str
    relying_party: str
    service: str
    purpose: str | None


@dataclass(frozen=True, slots=True)
class Portraits:
    """Lets portraits go once the log has taken down to whom.

    Args:
        picture: of the holder of a card, a small JPEG without metadata; None for none.
        record: appends to the audit log.
    """

    picture: Callable[[CardGuid], bytes | None]
    record: Callable[[AuditEvent], None]

    def release(self, guid: CardGuid, to: PortraitRelease, at: datetime) -> bytes:
        """Return the JPEG of a card's holder.

        Raises:
            VerificationError: PORTRAIT_UNKNOWN, there is none.
            CardsvcError: the picture can't be read, or the log can't be written to.
        """
        picture = self.picture(guid)
        if picture is None:
            raise VerificationError(ReasonCode.PORTRAIT_UNKNOWN, "no photo on record")
        facts: AuditFacts = {
            "guid": str(guid),
            "relying_party": to.relying_party,
            "service": to.service,
            "purpose": to.purpose,
        }
        released = AuditAction.PORTRAIT_RELEASED
        self.record(AuditEvent(at, to.caller, released, to.subject, facts))
        return picture


@dataclass(frozen=True, slots=True)
class PortraitDesk:
    """Hands portraits over.

    Args:
        decisions: on record.
        portraits: of cards' holders.
    """

    decisions: Decisions
    portraits: Portraits

    def hand_over(self, decision_id: str, caller: str, at: datetime) -> bytes:
        """Return the portrait that a decision released.

        Args:
            decision_id: names the decision, as ``jti`` of its receipt does.
            caller: the agent that brought the card; a partner's own readers are one.
            at: the instant.

        Returns:
            A JPEG.

        Raises:
            VerificationError: PORTRAIT_UNKNOWN, PORTRAIT_NOT_RELEASED or PORTRAIT_EXPIRED.
            CardsvcError: the picture can't be read, or the log can't be written to.
        """
        at = require_utc(at)
        found = self.decisions.decision(decision_id) if _is_name(decision_id) else None
        if found is None or found.agent != caller:
            # another caller's decision is told from none by nobody
            raise VerificationError(ReasonCode.PORTRAIT_UNKNOWN, "no decision of the caller's")
        guid = _card_shown(found)
        if abs(at - found.at) > PORTRAIT_LIFETIME:
            raise VerificationError(ReasonCode.PORTRAIT_EXPIRED, "the decision is too old")
        to = PortraitRelease(found.id, caller, found.relying_party, found.service, found.purpose)
        return self.portraits.release(guid, to, at)


def _is_name(text: str) -> bool:
    return 0 < len(text) <= _MAX_NAME and text.isascii() and text.isprintable()


def _card_shown(found: DecisionRecord) -> CardGuid:
    level = found.level
    shown = found.granted and level is not None and level >= PORTRAIT_LEVEL
    if not shown or Attribute.PORTRAIT not in found.released or found.guid is None:
        raise VerificationError(ReasonCode.PORTRAIT_NOT_RELEASED, "the decision released no photo")
    return found.guid
