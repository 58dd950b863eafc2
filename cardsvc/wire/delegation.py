"""The message that asks whether a delegate may do something for a company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.wire.composites import Inner
from cardsvc.wire.kinds import Parsed, Text
from cardsvc.wire.message import Message
from cardsvc.wire.tap import PresentationMessage

_MOST_ACT = 200


@dataclass(frozen=True, slots=True)
class DelegationMessage(Message):
    """A delegate's card answered; may its holder do this for that company today?"""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "presentation": {"nonce": "A" * 43, "objects": {}, "proofs": {}},
        "enterprise_number": "0100109106",
        "act": "nộp hồ sơ",
    }

    presentation: Annotated[
        PresentationMessage, Inner(PresentationMessage, about="what it asks for is told besides")
    ]
    enterprise_number: Annotated[
        EnterpriseNumber,
        Parsed(
            EnterpriseNumber.parse,
            lambda number: number.value,
            most=14,
            pattern="[0-9]{10}(-?[0-9]{3})?|[0-9]{12}",
            about="the company; 12 digits for a household under its owner's number",
        ),
    ]
    act: Annotated[
        str | None, Text(_MOST_ACT, about="one act of the scope; null where any will do")
    ] = None
