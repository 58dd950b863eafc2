"""What an agent is told of its counter: the section ``[counter]`` of agent.toml."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reader_agent.kiosk.config import KioskConfig
from reader_agent.kiosk.words import Words
from reader_agent.run.config_section import ConfigSection

_ORIGIN = re.compile(r"(?!https:.*:443$|http:.*:80$)https?://[a-z0-9.-]+(:[0-9]{1,5})?")
"""As browsers write one: without the port that goes without saying (RFC 6454 section 6.2)."""


@dataclass(frozen=True, slots=True)
class CounterConfig:
    """How a counter is set up.

    Args:
        name: for the head of the holder's screen.
        origins: of the pages that may ask (RFC 6454), such as ``https://motcua.example``.
        sample: serve the sample page.
        sound: let the holder's screen make sounds.
        shuffle_pin_pad: mix the digits of its pad.
        pin_at_reader: let the PIN be typed at the reader where it has a pad of its own.
    """

    name: Words
    origins: frozenset[str] = frozenset()
    sample: bool = False
    sound: bool = True
    shuffle_pin_pad: bool = False
    pin_at_reader: bool = True

    def display(self) -> KioskConfig:
        """Return what the holder's screen is: a kiosk that the counter leads."""
        return KioskConfig(
            self.name,
            (),
            shuffle_pin_pad=self.shuffle_pin_pad,
            sound=self.sound,
            change_pin=False,
            activate=False,
            report_loss=False,
            own_checks=False,
            pin_at_reader=self.pin_at_reader,
            led=True,
        )


def parse_counter(section: ConfigSection) -> CounterConfig:
    """Parse the section ``[counter]``.

    Raises:
        ConfigError: an entry is unknown, missing or of another kind.
    """
    origins = section.texts("origins", ())
    if any(_ORIGIN.fullmatch(one) is None for one in origins):
        what = "origins such as https://motcua.example are needed, without path and usual port"
        section.refuse("origins", what)
    config = CounterConfig(
        Words(section.text("name_vi", most=80), section.text("name_en", most=80)),
        frozenset(origins),
        sample=section.flag("sample", default=False),
        sound=section.flag("sound", default=True),
        shuffle_pin_pad=section.flag("shuffle_pin_pad", default=False),
        pin_at_reader=section.flag("pin_at_reader", default=True),
    )
    section.done()
    return config
