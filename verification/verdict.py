"""The outcome of a verification: three verdicts, one decision, typed reasons.

A decision has no truth value: callers ``match`` on ``Granted`` and ``Denied``, so that a
forgotten comparison can't open a door.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import NoReturn, TypeAlias

from cardsvc.card.guid import CardGuid
from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel, CardType
from verification.ports import CardOnRecord, ServicePolicy


@unique
class Verdict(StrEnum):
    """One of the three questions, answered."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What cryptography says, how fresh and good the status is, what policy says."""

    facts: Verdict = Verdict.NOT_REACHED
    status: Verdict = Verdict.NOT_REACHED
    policy: Verdict = Verdict.NOT_REACHED


@dataclass(frozen=True, slots=True)
class VerifiedCard:
    """A card whose answer, certificate, key and status all held at one instant.

    Made by ``verify.verify_presentation`` alone.
    """

    guid: CardGuid
    card_type: CardType
    level: AssuranceLevel
    record: CardOnRecord
    at: datetime


class _NoTruthValue:
    __slots__ = ()

    def __bool__(self) -> NoReturn:
        msg = "a decision has no truth value; match on Granted or Denied"
        raise TypeError(msg)


@dataclass(frozen=True, slots=True)
class Granted(_NoTruthValue):
    """The card may be served."""

    card: VerifiedCard
    policy: ServicePolicy
    at: datetime

    @property
    def verdicts(self) -> Verdicts:
        """All three passed."""
        return Verdicts(Verdict.PASS, Verdict.PASS, Verdict.PASS)

    @property
    def guid(self) -> CardGuid:
        """The card."""
        return self.card.guid

    @property
    def level(self) -> AssuranceLevel:
        """The level reached."""
        return self.card.level


@dataclass(frozen=True, slots=True)
class Denied(_NoTruthValue):
    """The card may not be served.

    Args:
        reasons: why; the first is the one shown.
        verdicts: how far it came.
        at: the instant of the decision.
        guid: the card, where it proved to be that card.
        level: the level reached, where it got that far.
    """

    reasons: tuple[ReasonCode, ...]
    verdicts: Verdicts
    at: datetime
    guid: CardGuid | None = None
    level: AssuranceLevel | None = None


Decision: TypeAlias = Granted | Denied
