"""The outcome of a verification: three verdicts, one decision, typed reasons.

A decision has no truth value: callers ``match`` on ``Granted`` and ``Denied``, so that a
forgotten comparison can't open a door.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import NoReturn, TypeAlias

from msgspec import Struct, field

from cardsvc.card.guid import CardGuid
from cardsvc.errors import ReasonCode
from cardsvc.service_records import PolicyInputs
from cardsvc.terms import AssuranceLevel, CardType
from verification.ports import CardOnRecord, ServicePolicy
from verification.release.attributes import name_on_record


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


class VerifiedCard(Struct, frozen=True):
    """A card whose answer, certificate, key and status all held at one instant.

    Made by ``verify.verify_presentation``, and by the flows for what is no tap: a QR code (X0).
    """

    guid: CardGuid
    card_type: CardType
    level: AssuranceLevel
    record: CardOnRecord
    at: datetime


_ALL_PASSED = Verdicts(Verdict.PASS, Verdict.PASS, Verdict.PASS)


class _NoTruthValue:
    __slots__ = ()

    def __bool__(self) -> NoReturn:
        msg = "a decision has no truth value; match on Granted or Denied"
        raise TypeError(msg)


class Release(Struct, frozen=True):
    """What the partner learns beside the grant.

    Args:
        values: by the name that was asked for; None for what we can't tell.
        pseudonym: the partner's own name for the holder; None where its key is not at hand.
        consent: the version of the text that the holder agreed to with the PIN.
        rely_until: how long the partner may rely on the values.
    """

    values: Mapping[str, str | bool | None] = field(default_factory=dict)
    pseudonym: str | None = None
    consent: str | None = None
    rely_until: datetime | None = None

    def __repr__(self) -> str:
        return f"Release(names={self.names!r}, consent={self.consent!r})"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of what was released; values stay out of logs and receipts."""
        return tuple(
            name_on_record(name) for name, value in self.values.items() if value is not None
        )


class PolicyTrace(Struct, frozen=True):
    """What the policy looked at and which rule decided; kept with the decision.

    Args:
        inputs: what it was asked about.
        purpose: the code of what the service asks for.
        sha256: of the policy's document, in hex.
        names_card: whether the partner may learn the card's identifier.
        rule: the rule that decided, None where none applied.
    """

    inputs: PolicyInputs
    purpose: str
    sha256: str
    names_card: bool
    rule: str | None


class Granted(_NoTruthValue, Struct, frozen=True):
    """The card may be served."""

    card: VerifiedCard
    policy: ServicePolicy
    at: datetime
    release: Release = Release()
    trace: PolicyTrace | None = None

    @property
    def verdicts(self) -> Verdicts:
        """All three passed."""
        return _ALL_PASSED

    @property
    def guid(self) -> CardGuid:
        """The card."""
        return self.card.guid

    @property
    def level(self) -> AssuranceLevel:
        """The level reached."""
        return self.card.level


class Denied(_NoTruthValue, Struct, frozen=True):
    """The card may not be served.

    Args:
        reasons: why; the first is the one shown.
        verdicts: how far it came.
        at: the instant of the decision.
        guid: the card, where it proved to be that card.
        level: the level reached, where it got that far.
        policy: the policy that refused, where it came to that.
        trace: what the policy looked at.
        note: the rule's own words for the screen, Vietnamese and English.
    """

    reasons: tuple[ReasonCode, ...]
    verdicts: Verdicts
    at: datetime
    guid: CardGuid | None = None
    level: AssuranceLevel | None = None
    policy: ServicePolicy | None = None
    trace: PolicyTrace | None = None
    note: tuple[str, str] | None = None


Decision: TypeAlias = Granted | Denied
