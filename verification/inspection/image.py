"""What was read of one card: octets, refusals and answers to challenges. Nothing is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cardsvc.card.commands import ApplicationProperties
from cardsvc.card.piv import KeySlot, ObjectTag, PinReference
from cardsvc.card.status import StatusWord
from cardsvc.errors import ReasonCode
from verification.inspection.key_challenge import KeyChallenge
from verification.inspection.report import Mode


@dataclass(frozen=True, slots=True)
class ObjectReading:
    """One object as the card gave it, or why it did not.

    Args:
        octets: the content inside the 53 envelope; None where it was not read.
        reason: why not; None where it was read.
        status: the card's status word, where it was a refusal.
    """

    octets: bytes | None = None
    reason: ReasonCode | None = None
    status: StatusWord | None = None

    @property
    def is_absent(self) -> bool:
        """True where the card says that it holds no such object."""
        return self.reason is ReasonCode.OBJECT_MISSING


@dataclass(frozen=True, slots=True)
class PinOutcome:
    """What became of the PIN.

    Args:
        verified: the card accepted it.
        reason: why not; None where it was accepted or was not needed.
        reference: which PIN the Discovery Object made the primary one.
        tries_left: as the card said before or after; None where it did not.
    """

    verified: bool = False
    reason: ReasonCode | None = None
    reference: PinReference = PinReference.APPLICATION
    tries_left: int | None = None


@dataclass(frozen=True, slots=True)
class KeyProof:
    """The answer to one challenge.

    Args:
        challenge: what was asked.
        answer: what the card answered; None where it refused.
        reason: why it refused.
        status: the card's status word, where it refused with one.
    """

    challenge: KeyChallenge
    answer: bytes | None = None
    reason: ReasonCode | None = None
    status: StatusWord | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What ended the reading early: removed, torn, silent, or no PIV application at all."""

    reason: ReasonCode
    detail: str


@dataclass(frozen=True, slots=True)
class CardImage:
    """One card, read once.

    Args:
        mode: how much was asked for.
        atr: the answer to reset.
        application: what SELECT answered; None where there is no PIV application.
        readings: every object that was asked for.
        pin: what became of the PIN.
        proofs: by key slot.
        fault: what ended the reading early; None where it came to its end.
    """

    mode: Mode
    atr: bytes = b""
    application: ApplicationProperties | None = None
    readings: Mapping[ObjectTag, ObjectReading] = field(default_factory=dict)
    pin: PinOutcome = PinOutcome()
    proofs: Mapping[KeySlot, KeyProof] = field(default_factory=dict)
    fault: Fault | None = None

    def octets(self, tag: ObjectTag) -> bytes | None:
        """Return an object's content, or None where it was not read."""
        reading = self.readings.get(tag)
        return reading.octets if reading else None
