"""A bolt on a relay at a pin of the board (gpiozero)."""

from __future__ import annotations

from gpiozero import DigitalOutputDevice
from gpiozero.pins import Factory

from reader_agent.door.outputs import Fail, RelayConfig


class RelayBolt:
    """Implements ``outputs.Bolt``; locked as soon as it is made.

    The end of a pulse is the door's loop's to tell; its watchdog rests the relay if it does not.

    Args:
        config: the wiring.
        factory: of pins; None for the board's own.
    """

    def __init__(self, config: RelayConfig, factory: Factory | None = None) -> None:
        self._is_energised_locked = config.fail is Fail.SAFE
        self._relay = DigitalOutputDevice(
            config.pin,
            active_high=config.active_high,
            initial_value=self._is_energised_locked,
            pin_factory=factory,
        )

    def unlock(self, seconds: float | None) -> None:
        """Let the door be opened."""
        del seconds
        self._energise(is_on=not self._is_energised_locked)

    def lock(self) -> None:
        """Keep the door shut."""
        self._energise(is_on=self._is_energised_locked)

    def rest(self) -> None:
        """Take the power off."""
        self._energise(is_on=False)

    def refresh(self, seconds: float) -> None:
        """A relay keeps its state by itself."""

    def close(self) -> None:
        """Rest, and give the pin back."""
        self.rest()
        self._relay.close()

    def _energise(self, *, is_on: bool) -> None:
        if is_on:
            self._relay.on()
        else:
            self._relay.off()
