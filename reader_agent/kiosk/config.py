"""What a kiosk is told of itself: the section ``[kiosk]`` of agent.toml."""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.terms import AssuranceLevel
from reader_agent.kiosk.words import Words
from reader_agent.run.config_section import ConfigSection

MOST_SERVICES = 6
"""More tiles do not fit on the screen at a size that everybody can read."""
_MOST_TITLE = 60
_LEVELS = {"X1": AssuranceLevel.X1, "X2": AssuranceLevel.X2}


@dataclass(frozen=True, slots=True)
class KioskService:
    """A service that a card is shown for.

    Args:
        service: one of the agent's relying party.
        level: X1, X2 which asks for the PIN, or at a counter X3.
        title: what stands on the tile.
    """

    service: str
    level: AssuranceLevel
    title: Words


@dataclass(frozen=True, slots=True)
class KioskConfig:
    """How a kiosk is set up.

    Args:
        name: where it stands, for the head of the page.
        services: what the card is shown for, one to six.
        shuffle_pin_pad: mix the digits of the pad, so that fingers on glass give nothing away.
        sound: let the page make sounds.
        change_pin: offer a change of PIN.
        activate: offer activation of a card that was handed over.
        report_loss: offer to report a lost card.
        own_checks: offer to tell who checked the card.
        pin_at_reader: let the PIN be typed at the reader where it has a pad of its own.
        led: an officer chooses, and not who stands before it: the holder's screen at a counter.
    """

    name: Words
    services: tuple[KioskService, ...]
    shuffle_pin_pad: bool = False
    sound: bool = True
    change_pin: bool = True
    activate: bool = True
    report_loss: bool = True
    own_checks: bool = True
    pin_at_reader: bool = True
    led: bool = False


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How many seconds a screen stays without anybody touching anything.

    People of 70 read slowly: these are long, are shown running out, and any touch begins them anew.
    """

    menu_with_card: float = 60.0
    place_card: float = 60.0
    pad: float = 90.0
    pin_at_reader: float = 120.0
    reading: float = 60.0
    result: float = 45.0
    result_without_card: float = 12.0
    trouble: float = 60.0
    helping: float = 90.0


def parse_kiosk(section: ConfigSection) -> KioskConfig:
    """Parse the section ``[kiosk]`` with its ``[[kiosk.services]]``.

    Raises:
        ConfigError: an entry is unknown, missing or of another kind.
    """
    services: list[KioskService] = []
    for one in section.sections("services", most=MOST_SERVICES):
        service = _service(one)
        if any(service.service == other.service for other in services):
            one.refuse("service", "a service stands twice")
        services.append(service)
    if not services:
        section.refuse("services", "at least one service is needed")
    config = KioskConfig(
        name=Words(section.text("name_vi", most=80), section.text("name_en", most=80)),
        services=tuple(services),
        shuffle_pin_pad=section.flag("shuffle_pin_pad", default=False),
        sound=section.flag("sound", default=True),
        change_pin=section.flag("change_pin", default=True),
        activate=section.flag("activate", default=True),
        report_loss=section.flag("report_loss", default=True),
        own_checks=section.flag("own_checks", default=True),
        pin_at_reader=section.flag("pin_at_reader", default=True),
    )
    section.done()
    return config


def _service(section: ConfigSection) -> KioskService:
    level = _LEVELS.get(section.text("level", "X1"))
    if level is None:
        section.refuse("level", "X1 or X2 is needed")
    service = KioskService(
        section.text("service", most=64),
        level,
        Words(
            section.text("title_vi", most=_MOST_TITLE), section.text("title_en", most=_MOST_TITLE)
        ),
    )
    section.done()
    return service
