"""What a visit is told, and what it wants done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from cardsvc.errors import ReasonCode
from reader_agent.kiosk.visit import CheckLine, Consent, Stage, Task
from reader_agent.kiosk.words import Words


@dataclass(frozen=True, slots=True)
class CardPut:
    """A card is in the reader.

    Args:
        fault: CARD_SILENT where it does not answer, SEVERAL_CARDS where it is not alone.
    """

    fault: ReasonCode | None = None


@dataclass(frozen=True, slots=True)
class CardTaken:
    """The card left the reader."""


@dataclass(frozen=True, slots=True)
class ReaderChanged:
    """There is a reader (again), or none."""

    there: bool


@dataclass(frozen=True, slots=True)
class NetworkChanged:
    """The service answers (again), or does not."""

    online: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """The person wants this done."""

    task: Task


@dataclass(frozen=True, slots=True)
class Typed:
    """The person typed what was asked for."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StartOver:
    """The person wants back to the beginning."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The person wants the same once more."""


@dataclass(frozen=True, slots=True)
class HelpWanted:
    """The person wants an officer."""


@dataclass(frozen=True, slots=True)
class Touched:
    """The person is still there."""


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    """The person wants the other language first."""

    english: bool


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Nothing happened for a while."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The card can be asked.

    Args:
        tries_left: how many tries its PIN has, where it tells.
        consent: what the holder has to agree to by typing the PIN.
        pin_pad: whether the reader has a pad of its own.
    """

    tries_left: int | None
    consent: Consent | None = None
    pin_pad: bool = False


@dataclass(frozen=True, slots=True)
class PinAwaited:
    """The reader's pad waits for the PIN now.

    Args:
        tries_left: how many tries it has, where the card tells.
    """

    tries_left: int | None


@dataclass(frozen=True, slots=True)
class Progressed:
    """The work has reached a stage."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class Done:
    """The work came to an end with an answer; its fields are those of ``visit.Result``."""

    good: bool
    text: Words
    code: str = ""
    name: str | None = field(default=None, repr=False)
    offline: bool = False
    portrait: str | None = None
    checks: tuple[CheckLine, ...] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """The work could not be done.

    Args:
        reason: why.
        tries_left: after a wrong PIN or code.
        pin_set: the new PIN is on the card nevertheless.
    """

    reason: ReasonCode
    tries_left: int | None = None
    pin_set: bool = False


OfWork: TypeAlias = Looked | PinAwaited | Progressed | Done | Failed
"""What comes back from work that a step began."""

OfPerson: TypeAlias = Chosen | Typed | StartOver | TryAgain | HelpWanted | Touched | LanguageChosen
"""What comes from the page."""

Input: TypeAlias = (
    CardPut | CardTaken | ReaderChanged | NetworkChanged | TimePassed | OfPerson | OfWork
)


@dataclass(frozen=True, slots=True)
class Look:
    """Look whether the card can be asked, and what its holder has to agree to."""

    task: Task


@dataclass(frozen=True, slots=True)
class Tap:
    """Ask the service about the card; ``consent`` names the text that stood above the PIN.

    ``pin`` is None where none is asked for, or where it is typed at the reader.
    """

    task: Task
    pin: str | None = field(default=None, repr=False)
    consent: str | None = None


@dataclass(frozen=True, slots=True)
class ChangePin:
    """Change the PIN."""

    old: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Activate:
    """Change the code into a PIN (where there is a code), and prove it to the service.

    ``pin`` is None where it is set already and typed at the reader.
    """

    code: str | None = field(repr=False)
    pin: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class AskOwnChecks:
    """Ask who checked the card; ``pin`` is None where it is typed at the reader."""

    pin: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReportLoss:
    """Tell the service that a card is lost."""

    personal_number: str = field(repr=False)
    birth_date: date = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallOfficer:
    """Tell the counter that somebody at the kiosk wants help.

    Args:
        task: what the person came for.
        reason: what went wrong, where something did.
    """

    task: Task | None
    reason: ReasonCode | None


Work: TypeAlias = Look | Tap | ChangePin | Activate | AskOwnChecks | ReportLoss
Wish: TypeAlias = Work | CallOfficer
