"""The messages of a report of loss at a kiosk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, ClassVar

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.wire.kinds import Day, Parsed, Text
from cardsvc.wire.message import Message


def _number(text: str) -> PersonalNumber:
    try:
        return PersonalNumber.parse(text)
    except Malformed as error:
        # why a number is none is nothing to tell at a kiosk
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "no personal number") from error


@dataclass(frozen=True, slots=True)
class LossReportMessage(Message):
    """What somebody who lost a card typed: personal number and birth date."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "personal_number": "046190012345",
        "birth_date": "1990-09-02",
    }

    personal_number: Annotated[
        PersonalNumber,
        Parsed(_number, lambda number: number.value, 12, "[0-9]{12}", about="12 digits"),
    ] = field(repr=False)
    birth_date: Annotated[date, Day()] = field(repr=False)


@dataclass(frozen=True, slots=True)
class LossReceivedMessage(Message):
    """The answer, the same whether or not there is such a person."""

    message_vi: Annotated[str, Text(500, about="for the person, in Vietnamese")]
    message_en: Annotated[str, Text(500, about="the same in English")]
