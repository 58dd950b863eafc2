"""What a kiosk is told of itself: the section ``[kiosk]`` of the agent's configuration."""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.fields import Fields
from cardsvc.wire.tap import parse_level
from reader_agent.kiosk.words import Words

MOST_SERVICES = 6
"""More tiles do not fit on the screen at a size that everybody can read."""
_LEVELS = (AssuranceLevel.X1, AssuranceLevel.X2)
_SERVICE_FIELDS = (
    "relying_party",
    "service",
    "level",
    "title_vi",
    "title_en",
    "consent_vi",
    "consent_en",
)
_FIELDS = (
    "name_vi",
    "name_en",
    "reader",
    "services",
    "shuffle_pin_pad",
    "sound",
    "change_pin",
    "activate",
    "report_loss",
)


@dataclass(frozen=True, slots=True)
class KioskService:
    """A service that a card is shown for.

    Args:
        relying_party: who relies on the answer.
        service: its service.
        level: X1, or X2 which asks for the PIN.
        title: what stands on the tile.
        consent: what the holder agrees to by typing the PIN below it.
    """

    relying_party: str
    service: str
    level: AssuranceLevel
    title: Words
    consent: Words | None = None


@dataclass(frozen=True, slots=True)
class KioskConfig:
    """How a kiosk is set up.

    Args:
        name: where it stands, for the head of the page.
        services: what the card is shown for, one to six.
        reader: the reader's name or part of it; empty is whichever holds the card.
        shuffle_pin_pad: mix the digits of the pad, so that fingers on glass give nothing away.
        sound: let the page make sounds.
        change_pin: offer a change of PIN.
        activate: offer activation of a card that was handed over.
        report_loss: offer to report a lost card.
    """

    name: Words
    services: tuple[KioskService, ...]
    reader: str = ""
    shuffle_pin_pad: bool = False
    sound: bool = True
    change_pin: bool = True
    activate: bool = True
    report_loss: bool = True


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How many seconds a screen stays without anybody touching anything.

    People of 70 read slowly: these are long, are shown running out, and any touch begins them anew.
    """

    menu_with_card: float = 60.0
    place_card: float = 60.0
    pad: float = 90.0
    reading: float = 60.0
    result: float = 45.0
    result_without_card: float = 12.0
    trouble: float = 60.0
    helping: float = 90.0


def parse_kiosk_config(section: object) -> KioskConfig:
    """Parse the section ``[kiosk]``, as TOML gives it.

    Raises:
        Malformed: MALFORMED_MESSAGE; a field is unknown, missing or of another kind.
    """
    fields = Fields(section, _FIELDS)
    services = tuple(_service(one) for one in fields.items("services", most=MOST_SERVICES))
    if not services:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "a kiosk needs a service")
    keys = {(one.relying_party, one.service) for one in services}
    if len(keys) != len(services):
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "a service stands twice")
    return KioskConfig(
        name=Words(fields.text("name_vi"), fields.text("name_en")),
        services=services,
        reader=fields.text("reader") if fields.has("reader") else "",
        shuffle_pin_pad=_flag(fields, "shuffle_pin_pad", default=False),
        sound=_flag(fields, "sound", default=True),
        change_pin=_flag(fields, "change_pin", default=True),
        activate=_flag(fields, "activate", default=True),
        report_loss=_flag(fields, "report_loss", default=True),
    )


def _flag(fields: Fields, name: str, *, default: bool) -> bool:
    return fields.flag(name) if fields.has(name) else default


def _service(section: object) -> KioskService:
    fields = Fields(section, _SERVICE_FIELDS)
    level = parse_level(fields)
    if level not in _LEVELS:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "a kiosk reads at X1 or X2")
    consent = None
    if fields.has("consent_vi") or fields.has("consent_en"):
        consent = Words(fields.text("consent_vi", most=400), fields.text("consent_en", most=400))
    return KioskService(
        fields.text("relying_party"),
        fields.text("service"),
        level,
        Words(fields.text("title_vi", most=60), fields.text("title_en", most=60)),
        consent,
    )
