"""The messages by which a device becomes an agent and stays one (ADR-0018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from cardsvc.wire.kinds import Octets, Text
from cardsvc.wire.message import Message

MAX_REQUEST_OCTETS = 4096
MAX_CERTIFICATE_OCTETS = 8192


@dataclass(frozen=True, slots=True)
class EnrolmentMessage(Message):
    """A device asks to become the agent that it was invited as."""

    MOST_OCTETS: ClassVar[int] = 16_384

    code: Annotated[str, Text(64, about="as `cardsvc agent invite` showed it, once")]
    request: Annotated[
        bytes, Octets(MAX_REQUEST_OCTETS, about="PKCS #10 in DER, of a P-256 key (RFC 2986)")
    ]
    held: Annotated[
        str | None, Text(64, about="the agent that the device is already; may be no other's")
    ] = None


@dataclass(frozen=True, slots=True)
class RenewalMessage(Message):
    """An agent asks for its next certificate."""

    MOST_OCTETS: ClassVar[int] = 16_384

    request: Annotated[bytes, Octets(MAX_REQUEST_OCTETS, about="PKCS #10 in DER, of a new key")]


@dataclass(frozen=True, slots=True)
class EnrolledMessage(Message):
    """A device's certificate."""

    agent: Annotated[str, Text(64, about="who the device is now")]
    certificate: Annotated[bytes, Octets(MAX_CERTIFICATE_OCTETS, about="X.509 in DER")]
    authority: Annotated[bytes, Octets(MAX_CERTIFICATE_OCTETS, about="the device CA's, in DER")]
