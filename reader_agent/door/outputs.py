"""What a door moves: a bolt and a panel; and what each is asked to do when the agent fails."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Protocol

from cardsvc.errors import CardError, ReasonCode
from reader_agent.door.moves import Signal


@unique
class Fail(StrEnum):
    """How the bolt stands without power, or without an agent."""

    SECURE = "secure"
    """Power opens it; without power it is locked from outside."""
    SAFE = "safe"
    """Power locks it; without power it is open, as an escape route must be."""


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """How a relay is wired.

    Args:
        pin: by Broadcom's number, such as 17.
        active_high: whether a high level energises the relay.
        fail: how the bolt stands while it is not energised.
    """

    pin: int
    active_high: bool = True
    fail: Fail = Fail.SECURE


class OutputFailed(CardError):
    """The bolt did not take an order, or nobody knows whether it did."""

    def __init__(self, what: str) -> None:
        super().__init__(ReasonCode.READER_FAILED, what)


class Bolt(Protocol):
    """Keeps a door shut."""

    def unlock(self, seconds: float | None) -> None:
        """Let the door be opened.

        Args:
            seconds: for so long, even if we die before; None until ``lock``.

        Raises:
            OutputFailed: it did not take the order.
        """
        ...

    def lock(self) -> None:
        """Keep the door shut.

        Raises:
            OutputFailed: it did not take the order.
        """
        ...

    def rest(self) -> None:
        """Take the power off: locked or open, as the lock is built."""
        ...

    def refresh(self, seconds: float) -> None:
        """Keep an order alive; called several times a second.

        Args:
            seconds: of the monotonic clock.

        Raises:
            OutputFailed: an order was not carried out.
        """
        ...

    def close(self) -> None:
        """Rest, and give the output back."""
        ...


class Panel(Protocol):
    """The light and the sound at the reader."""

    def show(self, signal: Signal) -> None:
        """Show a signal; a panel that is away shows nothing, and nothing is raised."""
        ...


class NoPanel:
    """A door without light and sound."""

    def show(self, signal: Signal) -> None:
        """Show nothing."""
