"""What is wired to the board's pins: the leaf's contact, buttons, detectors (gpiozero)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial

from gpiozero import DigitalInputDevice
from gpiozero.pins import Factory

from reader_agent.door.input_roles import Input, told_by
from reader_agent.door.moves import Happening


@contextmanager
def watched(
    pins: Mapping[Input, int],
    tell: Callable[[Happening], None],
    factory: Factory | None = None,
) -> Iterator[None]:
    """Tell what happens at pins, and first how they stand.

    Args:
        pins: by what they tell; each has a pull-up, its contact closes to ground.
        tell: called from gpiozero's threads.
        factory: of pins; None for the board's own.
    """
    with ExitStack() as undo:
        for role, pin in pins.items():
            device = DigitalInputDevice(pin, pull_up=True, pin_factory=factory)
            undo.callback(device.close)
            begins, ends = (told_by(role, is_active=is_active) for is_active in (True, False))
            if begins is not None:
                device.when_activated = partial(tell, begins)
            if ends is not None:
                device.when_deactivated = partial(tell, ends)
            if role in (Input.CONTACT, Input.GUARD):
                stands = told_by(role, is_active=device.is_active)
                if stands is not None:
                    tell(stands)
        yield
