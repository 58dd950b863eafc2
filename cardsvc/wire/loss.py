"""The messages of a report of loss at a kiosk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.wire.fields import Fields, encode_object, parse_object


@dataclass(frozen=True, slots=True)
class LossReportMessage:
    """What somebody who lost a card typed: personal number and birth date."""

    personal_number: PersonalNumber = field(repr=False)
    birth_date: date = field(repr=False)

    @classmethod
    def parse(cls, octets: bytes) -> LossReportMessage:
        """Parse; raises ``Malformed``."""
        fields = Fields(parse_object(octets), ("personal_number", "birth_date"))
        number, day = fields.text("personal_number", most=12), fields.text("birth_date", most=10)
        try:
            return cls(PersonalNumber.parse(number), date.fromisoformat(day))
        except ValueError as error:  # a malformed number is one, too
            raise Malformed(
                ReasonCode.MALFORMED_MESSAGE, "a personal number of 12 digits and a date"
            ) from error

    def encode(self) -> bytes:
        """Return the JSON octets."""
        return encode_object(
            {
                "personal_number": self.personal_number.value,
                "birth_date": self.birth_date.isoformat(),
            }
        )


@dataclass(frozen=True, slots=True)
class LossReceivedMessage:
    """The answer, the same whether or not there is such a person."""

    message_vi: str
    message_en: str

    @classmethod
    def parse(cls, octets: bytes) -> LossReceivedMessage:
        """Parse; raises ``Malformed``."""
        fields = Fields(parse_object(octets), ("message_vi", "message_en"))
        return cls(fields.text("message_vi", most=500), fields.text("message_en", most=500))

    def encode(self) -> bytes:
        """Return the JSON octets."""
        return encode_object({"message_vi": self.message_vi, "message_en": self.message_en})
