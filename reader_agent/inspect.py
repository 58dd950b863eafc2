"""Reads a card for inspection: only the conversation, no judgement.

Whatever a hostile card answers ends up as octets or a reason in the ``CardImage``; a card that
is torn, removed or silent ends the reading, and the image says so. At most one VERIFY with a
PIN is ever sent. Spec: SP 800-73-5 Part 1 section 3 and Part 2 section 3.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm

from cardsvc.card import commands
from cardsvc.card.certificate_object import parse_certificate_object
from cardsvc.card.commands import ApplicationProperties, RefusedByCard, WrongPin
from cardsvc.card.discovery import parse_discovery
from cardsvc.card.piv import (
    CERTIFICATE_OBJECT,
    PIN_GATED_OBJECTS,
    PIV_AID,
    KeySlot,
    ObjectTag,
    PinReference,
)
from cardsvc.card.public_key import algorithm_of
from cardsvc.card.session import PivSession
from cardsvc.errors import CardError, CardsvcError, Malformed, ReasonCode
from verification.inspection.image import CardImage, Fault, KeyProof, ObjectReading, PinOutcome
from verification.inspection.key_challenge import Random, make_challenge
from verification.inspection.report import Mode

FAULTS = frozenset(
    {
        ReasonCode.NO_READER,
        ReasonCode.NO_CARD,
        ReasonCode.CARD_REMOVED,
        ReasonCode.CARD_RESET,
        ReasonCode.CARD_SILENT,
        ReasonCode.READER_FAILED,
        ReasonCode.READER_BUSY,
        ReasonCode.SERVICE_UNAVAILABLE,
        ReasonCode.NO_PIV_APPLICATION,
    }
)
"""Reasons after which nothing more can be asked of the card."""

_PIN_SLOTS = (
    # 9C first: its PIN policy wants VERIFY to be the command just before (Part 1 table 4)
    KeySlot.SIGNATURE,
    KeySlot.AUTHENTICATION,
    KeySlot.KEY_MANAGEMENT,
    *(slot for slot in KeySlot if slot.is_retired),
)


@dataclass(frozen=True, slots=True)
class PinChoice:
    """What may be done with the PIN.

    Args:
        pin: the PIN; None where none was given. Never printed.
        allow_last_try: spend the PIN's last try, too.
    """

    pin: str | None = field(default=None, repr=False)
    allow_last_try: bool = False


def read_card(session: PivSession, mode: Mode, pin: PinChoice, random: Random) -> CardImage:
    """Read a card; never raises for what a card does.

    Args:
        session: a card in a reader, not selected yet.
        mode: what a door reads, or everything.
        pin: used in full mode only.
        random: gives unpredictable octets for the challenges.
    """
    reading = _Reading(session, random)
    fault: Fault | None = None
    try:
        reading.select()
        if mode is Mode.CAK:
            reading.read(ObjectTag.CERTIFICATE_CARD_AUTHENTICATION)
            reading.prove(KeySlot.CARD_AUTHENTICATION)
        else:
            reading.read_everything(pin)
    except CardsvcError as error:
        fault = Fault(error.reason, str(error))
    return CardImage(
        mode,
        session.transport.connection.atr,
        reading.application,
        reading.readings,
        reading.pin,
        reading.proofs,
        fault,
    )


class _Reading:
    def __init__(self, session: PivSession, random: Random) -> None:
        self._session = session
        self._random = random
        self.application: ApplicationProperties | None = None
        self.readings: dict[ObjectTag, ObjectReading] = {}
        self.proofs: dict[KeySlot, KeyProof] = {}
        self.pin = PinOutcome()

    def select(self) -> None:
        """Select by the truncated AID; a card that wants the whole one gets it."""
        try:
            self.application = self._session.select()
        except RefusedByCard as error:
            if error.reason is not ReasonCode.NO_PIV_APPLICATION:
                raise
            response = self._session.send(commands.select_piv(PIV_AID))
            self.application = commands.parse_application_properties(response)

    def read_everything(self, pin: PinChoice) -> None:
        open_objects = [tag for tag in ObjectTag if tag not in PIN_GATED_OBJECTS]
        self.read(*open_objects)
        self.prove(KeySlot.CARD_AUTHENTICATION)
        self.present_pin(pin)
        if not self.pin.verified:
            closed = ObjectReading(reason=ReasonCode.PIN_REQUIRED)
            self.readings.update(dict.fromkeys(PIN_GATED_OBJECTS, closed))
            return
        self.prove(*_PIN_SLOTS)
        refused = [tag for tag in open_objects if self._wants_pin(tag)]
        self.read(*refused, *sorted(PIN_GATED_OBJECTS))

    def _wants_pin(self, tag: ObjectTag) -> bool:
        return self.readings[tag].reason is ReasonCode.PIN_REQUIRED

    def read(self, *tags: ObjectTag) -> None:
        for tag in tags:
            self.readings[tag] = self._read_one(tag)

    def _read_one(self, tag: ObjectTag) -> ObjectReading:
        try:
            return ObjectReading(self._session.read_object(tag))
        except RefusedByCard as error:
            return ObjectReading(reason=error.reason, status=error.status)
        except Malformed as error:
            return ObjectReading(reason=error.reason)
        except CardError as error:
            _stop_at_fault(error)
            return ObjectReading(reason=error.reason)

    def prove(self, *slots: KeySlot) -> None:
        for slot in slots:
            proof = self._prove_one(slot)
            if proof is not None:
                self.proofs[slot] = proof

    def _prove_one(self, slot: KeySlot) -> KeyProof | None:
        reading = self.readings.get(CERTIFICATE_OBJECT[slot])
        if reading is None or reading.octets is None:
            return None
        try:
            key = parse_certificate_object(reading.octets).public_key()
            algorithm = algorithm_of(key)
            # algorithm_of admits only the types that CardPublicKey names
            challenge = make_challenge(key, algorithm, slot, self._random)  # type: ignore[arg-type]
        except (CardsvcError, ValueError, UnsupportedAlgorithm):
            return None  # the checks say what is wrong with the certificate
        try:
            answer = commands.parse_authentication(self._session.send(challenge.command()))
        except RefusedByCard as error:
            return KeyProof(challenge, reason=error.reason, status=error.status)
        except Malformed as error:
            return KeyProof(challenge, reason=error.reason)
        except CardError as error:
            _stop_at_fault(error)
            return KeyProof(challenge, reason=error.reason)
        return KeyProof(challenge, answer)

    def present_pin(self, choice: PinChoice) -> None:
        reference = self._primary_pin()
        tries: int | None = None
        try:
            command = None if choice.pin is None else commands.verify_pin(choice.pin, reference)
            status = self._session.send(commands.pin_status(reference)).status
            tries = 0 if status == 0x6983 else status.tries_left
            refusal = _refuse_to_try(choice, tries, known=tries is not None or status.ok)
            if refusal or command is None:
                self.pin = PinOutcome(
                    reason=refusal or ReasonCode.PIN_REQUIRED, reference=reference, tries_left=tries
                )
                return
            commands.check_pin_response(self._session.send(command))
            self.pin = PinOutcome(verified=True, reference=reference, tries_left=tries)
        except WrongPin as error:
            self.pin = PinOutcome(
                reason=error.reason, reference=reference, tries_left=error.tries_left
            )
        except CardsvcError as error:
            _stop_at_fault(error)
            self.pin = PinOutcome(reason=error.reason, reference=reference, tries_left=tries)

    def _primary_pin(self) -> PinReference:
        octets = self.readings[ObjectTag.DISCOVERY].octets
        if octets is None:
            return PinReference.APPLICATION
        try:
            return parse_discovery(octets).primary_pin
        except Malformed:
            return PinReference.APPLICATION


def _refuse_to_try(choice: PinChoice, tries: int | None, *, known: bool) -> ReasonCode | None:
    if tries == 0:
        return ReasonCode.PIN_BLOCKED
    if choice.pin is None:
        return ReasonCode.PIN_REQUIRED
    if choice.allow_last_try:
        return None
    if not known:
        return ReasonCode.UNEXPECTED_STATUS  # the card does not say what a wrong PIN would cost
    return ReasonCode.PIN_LAST_TRY if tries == 1 else None


def _stop_at_fault(error: CardsvcError) -> None:
    if error.reason in FAULTS:
        raise error
