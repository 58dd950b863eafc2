"""Which facts a card type needs, and which a person lacks."""

from __future__ import annotations

from datetime import date, datetime

from cardsvc.clock import VIETNAM_TIME, require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.records import Holder
from cardsvc.terms import CardType


class ApplicationIncomplete(IssuanceError):
    """Facts that the card type needs are missing; ``missing`` names them, never their values."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(ReasonCode.APPLICATION_INCOMPLETE, ", ".join(missing))
        self.missing = missing


def missing_facts(card_type: CardType, holder: Holder, on: date) -> tuple[str, ...]:
    """Return the names of the facts that are missing, none where the request is complete.

    Args:
        card_type: what is asked for.
        holder: the person's facts.
        on: the day, in Vietnam; a post or delegation that ended before it counts as missing.
    """
    missing = [] if holder.id.strip() else ["holder.id"]
    if card_type is CardType.CIVIL_SERVANT:
        post = holder.employment
        if post is None:
            missing.append("employment")
        else:
            missing += _blank("employment", agency_name=post.agency_name, position=post.position)
            if post.until is not None and post.until < on:
                missing.append("employment.until")
    if card_type is CardType.BUSINESS:
        delegation = holder.delegation
        if delegation is None:
            missing.append("delegation")
        else:
            missing += _blank(
                "delegation", enterprise_name=delegation.enterprise_name, scope=delegation.scope
            )
            if delegation.until < on:
                missing.append("delegation.until")
    return tuple(missing)


def _blank(prefix: str, **facts: str) -> list[str]:
    return [f"{prefix}.{name}" for name, text in facts.items() if not text.strip()]


def require_complete(card_type: CardType, holder: Holder, at: datetime) -> None:
    """Accept a holder whose facts suffice for the card type.

    Raises:
        ApplicationIncomplete: they don't; the error names what is missing.
    """
    missing = missing_facts(card_type, holder, require_utc(at).astimezone(VIETNAM_TIME).date())
    if missing:
        raise ApplicationIncomplete(missing)
