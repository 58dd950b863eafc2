"""The messages of a tap: challenge asked and given, presentation, decision."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cardsvc.card.piv import KeySlot, ObjectTag
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.service_records import MAX_NONCE_OCTETS, NONCE_OCTETS
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.fields import (
    Fields,
    decode_octets,
    encode_instant,
    encode_object,
    encode_octets,
    parse_object,
)

MAX_MESSAGE_OCTETS = 4096
"""A challenge's message: the nonce, and the texts that it is bound to."""
MAX_ATTRIBUTES = 32
MAX_ATTRIBUTE_CHARACTERS = 64
MAX_CONSENT_CHARACTERS = 400
"""One language of a consent's text, as policies allow it."""


@dataclass(frozen=True, slots=True)
class ChallengeRequest:
    """An agent asks for a question to put to a card."""

    relying_party: str
    service: str
    level: AssuranceLevel

    @classmethod
    def parse(cls, octets: bytes) -> ChallengeRequest:
        """Parse; raises ``Malformed``."""
        fields = Fields(parse_object(octets), ("relying_party", "service", "level"))
        return cls(fields.text("relying_party"), fields.text("service"), parse_level(fields))

    def encode(self) -> bytes:
        """Return the JSON octets."""
        return encode_object(
            {
                "relying_party": self.relying_party,
                "service": self.service,
                "level": self.level.name,
            }
        )


@dataclass(frozen=True, slots=True)
class ConsentText:
    """What the holder must be shown before the PIN is asked for; the answer repeats ``id``."""

    id: str
    vi: str
    en: str

    @classmethod
    def read(cls, value: object) -> ConsentText:
        """Read the member of a message; raises ``Malformed``."""
        fields = Fields(value, ("id", "vi", "en"))
        vi = fields.text("vi", most=MAX_CONSENT_CHARACTERS)
        return cls(fields.text("id"), vi, fields.text("en", most=MAX_CONSENT_CHARACTERS))

    def as_object(self) -> dict[str, str]:
        """Return the member of a message."""
        return {"id": self.id, "vi": self.vi, "en": self.en}


@dataclass(frozen=True, slots=True)
class ChallengeMessage:
    """The question: the nonce and the octets that the card's answer must cover.

    ``consent`` is there where the service gets nothing without the holder's agreement.
    """

    nonce: bytes
    message: bytes
    expires_at: datetime
    consent: ConsentText | None = None

    @classmethod
    def parse(cls, octets: bytes) -> ChallengeMessage:
        """Parse; raises ``Malformed``."""
        fields = Fields(parse_object(octets), ("nonce", "message", "expires_at", "consent"))
        return cls(
            _nonce(fields),
            fields.octets("message", most=MAX_MESSAGE_OCTETS),
            fields.instant("expires_at"),
            ConsentText.read(fields.mapping("consent")) if fields.has("consent") else None,
        )

    def encode(self) -> bytes:
        """Return the JSON octets."""
        message: dict[str, object] = {
            "nonce": encode_octets(self.nonce),
            "message": encode_octets(self.message),
            "expires_at": encode_instant(self.expires_at),
        }
        if self.consent is not None:
            message["consent"] = self.consent.as_object()
        return encode_object(message)


@dataclass(frozen=True, slots=True)
class PresentationMessage:
    """What the card answered: object contents by tag, signatures by slot.

    ``asked`` names the attributes that the partner wants; None for all that it may have.
    ``consent`` is the identifier of the text that the holder was shown before the PIN.
    """

    nonce: bytes
    objects: Mapping[ObjectTag, bytes] = field(default_factory=dict, repr=False)
    proofs: Mapping[KeySlot, bytes] = field(default_factory=dict)
    asked: tuple[str, ...] | None = None
    consent: str | None = None

    @classmethod
    def parse(cls, octets: bytes) -> PresentationMessage:
        """Parse; raises ``Malformed``."""
        return cls.read(parse_object(octets))

    @classmethod
    def read(cls, value: object) -> PresentationMessage:
        """Read a presentation that is a part of a message; raises ``Malformed``."""
        fields = Fields(value, ("nonce", "objects", "proofs", "asked", "consent"))
        try:
            objects = {
                ObjectTag(_number(tag)): decode_octets(content, most=32_768)
                for tag, content in fields.mapping("objects", most=8).items()
            }
            proofs = {
                KeySlot(_number(slot)): decode_octets(signature, most=512)
                for slot, signature in fields.mapping("proofs", most=4).items()
            }
        except Malformed:
            raise
        except ValueError as error:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "no such object or slot") from error
        asked = _asked(fields) if fields.has("asked") else None
        consent = fields.text("consent") if fields.has("consent") else None
        return cls(_nonce(fields), objects, proofs, asked, consent)

    def encode(self) -> bytes:
        """Return the JSON octets."""
        message: dict[str, object] = {
            "nonce": encode_octets(self.nonce),
            "objects": {f"{tag:X}": encode_octets(v) for tag, v in self.objects.items()},
            "proofs": {f"{slot:X}": encode_octets(v) for slot, v in self.proofs.items()},
        }
        if self.asked is not None:
            message["asked"] = list(self.asked)
        if self.consent is not None:
            message["consent"] = self.consent
        return encode_object(message)


@dataclass(frozen=True, slots=True)
class DecisionMessage:
    """The service's answer to a tap, as the agent and the screen get it.

    ``released`` has a value for every attribute asked for, null where it can't be told;
    ``pseudonym`` is this partner's own name for the holder.
    """

    granted: bool
    code: str
    level: str | None
    holder_name: str | None
    message_vi: str
    message_en: str
    receipt: str
    released: Mapping[str, str | bool | None] = field(default_factory=dict, repr=False)
    pseudonym: str | None = None

    @classmethod
    def parse(cls, octets: bytes) -> DecisionMessage:
        """Parse; raises ``Malformed``."""
        fields = Fields(
            parse_object(octets),
            (
                "granted",
                "code",
                "level",
                "holder_name",
                "message_vi",
                "message_en",
                "receipt",
                "released",
                "pseudonym",
            ),
        )
        return cls(
            fields.flag("granted"),
            fields.text("code"),
            fields.text("level") if fields.has("level") else None,
            fields.text("holder_name") if fields.has("holder_name") else None,
            fields.text("message_vi", most=500),
            fields.text("message_en", most=500),
            fields.text("receipt", most=8192),
            _released(fields),
            fields.text("pseudonym") if fields.has("pseudonym") else None,
        )

    def encode(self) -> bytes:
        """Return the JSON octets."""
        return encode_object(
            {
                "granted": self.granted,
                "code": self.code,
                "level": self.level,
                "holder_name": self.holder_name,
                "message_vi": self.message_vi,
                "message_en": self.message_en,
                "receipt": self.receipt,
                "released": dict(self.released),
                "pseudonym": self.pseudonym,
            }
        )


def parse_level(fields: Fields) -> AssuranceLevel:
    """Return the ``level`` field; raises ``Malformed`` for a name that is none."""
    try:
        return AssuranceLevel[fields.text("level", most=2)]
    except KeyError as error:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "no such level") from error


def _nonce(fields: Fields) -> bytes:
    nonce = fields.octets("nonce", most=MAX_NONCE_OCTETS)
    if len(nonce) < NONCE_OCTETS:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "nonce is too short")
    return nonce


def _asked(fields: Fields) -> tuple[str, ...]:
    asked = fields.items("asked", most=MAX_ATTRIBUTES)
    if not all(isinstance(one, str) and len(one) <= MAX_ATTRIBUTE_CHARACTERS for one in asked):
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "asked is not a list of names")
    return tuple(asked)


def _released(fields: Fields) -> dict[str, str | bool | None]:
    if not fields.has("released"):
        return {}
    released = fields.mapping("released", most=MAX_ATTRIBUTES)
    if not all(one is None or isinstance(one, str | bool) for one in released.values()):
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "released has a value of another kind")
    return released


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9A-F]{1,6}", text):
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "not a tag or slot")
    return int(text, 16)
