"""What happens at an agent, as its parts tell each other over the hub.

``reader`` is the reader's name in agent.toml. Nothing in here names a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cardsvc.errors import ReasonCode
from cardsvc.wire.tap import DecisionMessage


@dataclass(frozen=True, slots=True)
class Happening:
    """Something happened.

    Args:
        at: when, by the agent's clock, in UTC.
    """

    at: datetime


@dataclass(frozen=True, slots=True)
class SettingsTold(Happening):
    """Settings from afar apply from now on, or were refused."""


@dataclass(frozen=True, slots=True)
class AtReader(Happening):
    """Something happened at a reader.

    Args:
        reader: its name in agent.toml.
    """

    reader: str


@dataclass(frozen=True, slots=True)
class CardIn(AtReader):
    """A card that answers is in the reader, or on it."""


@dataclass(frozen=True, slots=True)
class CardUnreadable(AtReader):
    """Something that does not answer is in the reader: upside down, broken, not a card."""


@dataclass(frozen=True, slots=True)
class CardRemoved(AtReader):
    """What was in the reader, answering or not, has left it."""


@dataclass(frozen=True, slots=True)
class ReaderLost(AtReader):
    """The reader is gone, or the PC/SC service is."""


@dataclass(frozen=True, slots=True)
class ReaderBack(AtReader):
    """The reader is there; told at the start, too."""


@dataclass(frozen=True, slots=True)
class TapStarted(AtReader):
    """A tap has begun.

    Args:
        service: what the card is asked for.
    """

    service: str


@dataclass(frozen=True, slots=True)
class TapDecided(AtReader):
    """A tap has ended in a decision.

    Args:
        service: what the card was asked for.
        decision: granted or denied.
        offline: whether it was made here, without the service.
        order: names the order that it was run for; empty where nobody has ordered it.
    """

    service: str
    decision: DecisionMessage
    offline: bool
    order: str = ""


@dataclass(frozen=True, slots=True)
class TapFailed(AtReader):
    """A tap has ended without a decision.

    Args:
        service: what the card was asked for.
        reason: what was in the way.
        order: names the order that it was run for; empty where nobody has ordered it.
    """

    service: str
    reason: ReasonCode
    order: str = ""


@dataclass(frozen=True, slots=True)
class NetworkLost(Happening):
    """The service can't be reached any more."""


@dataclass(frozen=True, slots=True)
class NetworkBack(Happening):
    """The service is reached; told at the start, too."""


@dataclass(frozen=True, slots=True)
class PcscLost(Happening):
    """The PC/SC service does not answer, or refuses us.

    Args:
        reason: SERVICE_UNAVAILABLE or ACCESS_DENIED.
    """

    reason: ReasonCode


@dataclass(frozen=True, slots=True)
class PcscBack(Happening):
    """The PC/SC service answers; told at the start, too."""


@dataclass(frozen=True, slots=True)
class TooManyReaders(Happening):
    """There are as many readers as PC/SC lists: some may not be seen.

    Args:
        count: how many are seen.
    """

    count: int
