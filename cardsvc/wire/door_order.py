"""An agent asks whether one of its doors is to be opened from afar, and is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from cardsvc.wire.composites import ListOf, OrNull
from cardsvc.wire.kinds import Number, Octets, Text
from cardsvc.wire.message import Message

DOOR_NONCE_OCTETS = 32
MAX_DOORS = 32
MAX_ORDER_CHARACTERS = 4096


@dataclass(frozen=True, slots=True)
class DoorQuestion(Message):
    """Is a door to be opened?"""

    MOST_OCTETS: ClassVar[int] = 4096
    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "nonce": "A" * 43,
        "doors": ["cua-bac"],
        "wait": 8,
    }

    nonce: Annotated[
        bytes, Octets(DOOR_NONCE_OCTETS, DOOR_NONCE_OCTETS, about="fresh for each question")
    ]
    doors: Annotated[tuple[str, ...], ListOf(Text(64), most=MAX_DOORS, least=1, about="its doors")]
    wait: Annotated[int, Number(0, 99, about="seconds to wait for an order; more than 8 are 8")]


@dataclass(frozen=True, slots=True)
class DoorAnswer(Message):
    """An order, or that there is none."""

    order: Annotated[
        str | None,
        OrNull(Text(MAX_ORDER_CHARACTERS), about="a JWS; answers this question, opens one door"),
    ]
    again_seconds: Annotated[int, Number(0, 3600, about="when to ask again; 0 is at once")]
