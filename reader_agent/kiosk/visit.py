"""Where a visit at the kiosk stands: what is on the screen, and what is known.

Frozen values; ``machine`` makes the next from the last. What the holder types is kept only until
the card has it, and is in no representation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import TypeAlias

from cardsvc.errors import ReasonCode
from reader_agent.kiosk.config import KioskService
from reader_agent.kiosk.words import Words


@unique
class Kind(StrEnum):
    """What somebody came for."""

    SERVICE = "service"
    CHANGE_PIN = "change_pin"
    ACTIVATE = "activate"
    OWN_CHECKS = "own_checks"
    REPORT_LOSS = "report_loss"


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done.

    Args:
        kind: what somebody came for.
        service: which, for ``Kind.SERVICE``.
        order: names it to the counter that has asked for it.
        pin_set: the activation code has been changed into a PIN already.
    """

    kind: Kind
    service: KioskService | None = None
    order: str = ""
    pin_set: bool = False

    @property
    def needs_card(self) -> bool:
        """Tell whether a card takes part."""
        return self.kind is not Kind.REPORT_LOSS


@unique
class Stage(StrEnum):
    """How far a reading is, for the progress on the screen."""

    CARD = "card"
    CHECK = "check"
    NETWORK = "network"


@unique
class Ask(StrEnum):
    """What is to be typed."""

    PIN = "pin"
    CURRENT_PIN = "current_pin"
    CODE = "code"
    NEW_PIN = "new_pin"
    REPEAT_PIN = "repeat_pin"
    PERSONAL_NUMBER = "personal_number"
    BIRTH_DATE = "birth_date"


@dataclass(frozen=True, slots=True)
class Menu:
    """Choose what to do; the resting screen."""


@dataclass(frozen=True, slots=True)
class PlaceCard:
    """Put the card on the reader."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The card is being worked with."""

    stage: Stage = Stage.CARD


@dataclass(frozen=True, slots=True)
class Consent:
    """What the holder agrees to by typing the PIN below it.

    Args:
        id: names the text to the service.
        text: the words.
    """

    id: str
    text: Words


@dataclass(frozen=True, slots=True)
class Pad:
    """Type something.

    Args:
        ask: what.
        tries_left: how often it may still be wrong, where the card tells.
        complaint: why it has to be typed again.
    """

    ask: Ask
    tries_left: int | None = None
    complaint: ReasonCode | None = None


@dataclass(frozen=True, slots=True)
class PinAtReader:
    """The reader's own pad waits for the PIN, in the middle of the work with the card.

    Args:
        tries_left: how often it may still be wrong, where the card tells.
    """

    tries_left: int | None = None


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check of the holder's card, as its holder is told.

    Args:
        at: when, as people write it.
        partner: who relied on it.
        service: for what.
        granted: whether the card was accepted.
    """

    at: str
    partner: str
    service: Words
    granted: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it.

    Args:
        good: whether it is what the holder came for.
        text: the sentence for the person.
        code: the public code of a refusal.
        name: the holder's, where the service may know it.
        offline: decided without the service.
        portrait: under which name the service hands the holder's photo over, where it does; the
            photo itself is fetched for the page and kept nowhere.
        checks: who checked the card, where that was asked.
    """

    good: bool
    text: Words
    code: str = ""
    name: str | None = field(default=None, repr=False)
    offline: bool = False
    portrait: str | None = None
    checks: tuple[CheckLine, ...] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class TakeCard:
    """Take the card away."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something failed: card, reader, network or data."""

    reason: ReasonCode


@dataclass(frozen=True, slots=True)
class Helping:
    """The officer was called."""


@dataclass(frozen=True, slots=True)
class OutOfService:
    """There is no reader to work with."""


AtWork: TypeAlias = Reading | PinAtReader
"""Somebody works with the card; the answer is awaited."""

Screen: TypeAlias = (
    Menu | PlaceCard | AtWork | Pad | Result | TakeCard | Trouble | Helping | OutOfService
)


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit as it stands.

    Args:
        screen: what is shown.
        step: rises with every screen, so that an answer to an older one is known as such.
        task: what somebody came for.
        card: whether a card is in the reader.
        reader: whether there is a reader.
        online: whether the service answers.
        offline: whether somebody decides while it does not.
        english: whether English stands first on the page.
        deadline: when the screen ends by itself, in seconds of the monotonic clock.
        consent: what the holder agrees to by typing the PIN.
        pin_pad: whether the PIN of this task is typed at the reader.
        typed: what was typed so far for this task; goes to the card, or with a report of loss.
    """

    screen: Screen = Menu()
    step: int = 0
    task: Task | None = None
    card: bool = False
    reader: bool = True
    online: bool = True
    offline: bool = False
    english: bool = False
    deadline: float | None = None
    consent: Consent | None = None
    pin_pad: bool = False
    typed: tuple[str, ...] = field(default=(), repr=False)
