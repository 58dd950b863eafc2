"""A policy document as frozen values. ``parse.parse_policy`` makes them from TOML."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, unique

from cardsvc.identity.card_number import StaffCategory
from cardsvc.terms import AssuranceLevel, CardType
from verification.policy.schedule import EVERY_DAY, NO_OWN_DAYS, Calendar, Schedule


@unique
class Effect(StrEnum):
    """What a rule does with the cards that it applies to."""

    ALLOW = "allow"
    DENY = "deny"


@unique
class WhenStale(StrEnum):
    """What to do where the card's status is older than the service wants."""

    ALLOW = "allow"
    STEP_UP = "step_up"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for a screen, Vietnamese first."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """What the service asks for cards for; ``code`` is what logs and receipts carry."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Consent:
    """What the holder agrees to by entering the PIN; ``version`` is kept with the decision."""

    version: str
    text: Text

    @property
    def id(self) -> str:
        """What an answer repeats: the version, and a digest of the words that were shown.

        A text that was changed without a new version is another text.
        """
        words = f"{self.text.vi}\x00{self.text.en}".encode()
        return f"{self.version}.{hashlib.sha256(words).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    """What the service may learn of a holder who is granted.

    Args:
        attributes: names from ``verification.release.attributes``, in the document's order.
        rely_for_seconds: how long the partner may rely on what it learned; None for no bound.
        consent: the text that the holder must agree to first, None where none is needed.
        home_province: of ``resident``: the province's code in the table of 2025.
    """

    attributes: tuple[str, ...] = ()
    rely_for_seconds: int | None = None
    consent: Consent | None = None
    home_province: str | None = None


@dataclass(frozen=True, slots=True)
class StatusRule:
    """How old a card's status may be, and what happens past that.

    Args:
        fresh_for_seconds: the greatest age.
        when_stale: what to do with an older one.
        step_up_to: the level that makes up for it.
    """

    fresh_for_seconds: int = 3600
    when_stale: WhenStale = WhenStale.DENY
    step_up_to: AssuranceLevel = AssuranceLevel.X2


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. It applies to a card that meets every condition; a condition left out is met.

    Args:
        name: what explanations and records call it; unique in the document.
        effect: allow or deny.
        card_types: the types that it applies to.
        categories: of staff; a card without a category meets no such condition.
        agencies: levels of agency codes, highest first; an agency below one of them is meant too.
        except_agencies: agencies that are taken out again.
        agents: where: patterns of agent identifiers, a ``*`` at the end stands for the rest.
        schedule: when.
        first_day: the first day, Vietnam's date.
        last_day: the last day.
        minimum_level: the least assurance that an allowing rule asks for.
        note: said instead of the standard words where this rule refuses.
    """

    name: str
    effect: Effect
    card_types: frozenset[CardType] | None = None
    categories: frozenset[StaffCategory] | None = None
    agencies: tuple[tuple[str, ...], ...] | None = None
    except_agencies: tuple[tuple[str, ...], ...] = ()
    agents: tuple[str, ...] | None = None
    schedule: Schedule = EVERY_DAY
    first_day: date | None = None
    last_day: date | None = None
    minimum_level: AssuranceLevel = AssuranceLevel.X1
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A whole policy.

    Args:
        service: the service that it is for.
        partner: the relying party, None in a template that several may use.
        title: the service's name.
        purpose: what for.
        rules: in order; the first that applies decides, and where none does, nobody is served.
        status: freshness.
        release: what is told.
        calendar: days that the service's own calendar moves.
        first_day: the first day of the whole policy, Vietnam's date.
        last_day: the last day.
        schedules: by name, as the rules use them.
        sha256: of the document's UTF-8 octets, in hex.
    """

    service: str
    partner: str | None
    title: Text
    purpose: Purpose
    rules: tuple[Rule, ...]
    status: StatusRule = StatusRule()
    release: ReleaseRule = ReleaseRule()
    calendar: Calendar = NO_OWN_DAYS
    first_day: date | None = None
    last_day: date | None = None
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    sha256: str = ""
