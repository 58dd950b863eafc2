"""Cards, agents and CAs that lie to the issuing desk; none gets a card out of PERSONALISING."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.card import tlv
from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.batch import ApduBatch, BatchAnswer
from cardsvc.card.piv import PIV_AID, Algorithm, Ins, KeySlot, ObjectTag, PinReference
from cardsvc.card.public_key import encode_public_key
from cardsvc.card.status import StatusWord
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType
from issuance import lifecycle
from issuance.desk import PersonalisationDesk
from issuance.ports import CertificateRequest
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.state import CardState as ChipState
from tests.support.issuing_room import AGENT, APPROVER, AT, IssuingRoom, blank
from tests.support.odd_cards import Lie, LyingCard, RefusingCard

OK = StatusWord.SUCCESS


def memory_of(card: VirtualCard) -> ChipState:
    return card.state.copy()


def torn_by(room: IssuingRoom, lie: Lie, card: VirtualCard | None = None) -> ReasonCode | None:
    """Run a job on a lying card; return why it was torn."""
    application = room.application()
    job = room.job(room.order(application))
    assert room.run(job, LyingCard(card or blank(), lie)) is CardState.TORN
    assert room.record(application).state is CardState.TORN
    assert None not in room.certificate_states(room.record(application).guid)
    return room.failure(job)


# --- keys


@pytest.mark.reason(ReasonCode.KEY_PROOF_FAILED)
@pytest.mark.parametrize(
    "slot",
    [
        KeySlot.AUTHENTICATION,
        KeySlot.SIGNATURE,
        KeySlot.KEY_MANAGEMENT,
        KeySlot.CARD_AUTHENTICATION,
    ],
)
def test_a_card_shows_a_key_that_it_does_not_hold(slot: KeySlot) -> None:
    def other_key(command: CommandApdu, _response: ResponseApdu) -> ResponseApdu | None:
        if command.ins != Ins.GENERATE_ASYMMETRIC or command.p2 != slot:
            return None
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        return ResponseApdu(encode_public_key(key), OK)

    room = IssuingRoom()
    assert torn_by(room, other_key) is ReasonCode.KEY_PROOF_FAILED
    # nothing was ever certified for it
    assert not room.certificate_states(next(iter(room.store.cards)))


@pytest.mark.reason(ReasonCode.KEY_PROOF_FAILED)
def test_a_key_that_stops_signing_is_found_at_read_back() -> None:
    chuid_written = False

    def stop(command: CommandApdu, response: ResponseApdu) -> ResponseApdu | None:
        nonlocal chuid_written
        chuid_written |= command.ins == Ins.SET_MANAGEMENT_KEY
        signs = command.ins == Ins.GENERAL_AUTHENTICATE and command.p2 == KeySlot.SIGNATURE
        if not signs or not chuid_written:
            return None
        return ResponseApdu(response.data[:-1] + bytes([response.data[-1] ^ 1]), OK)

    assert torn_by(IssuingRoom(), stop) is ReasonCode.KEY_PROOF_FAILED


# --- read back


def changed_object(command: CommandApdu, response: ResponseApdu) -> ResponseApdu | None:
    if command.ins != Ins.GET_DATA or not command.data.endswith(bytes.fromhex("5FC107")):
        return None
    return ResponseApdu(response.data[:-3] + b"\x01\xfe\x00", response.status)


def printed_without_pin() -> Lie:
    """A card that guards nothing: it gives the Printed Information to anybody."""
    written = b""

    def lie(command: CommandApdu, response: ResponseApdu) -> ResponseApdu | None:
        nonlocal written
        tag = bytes.fromhex("5C035FC109")
        if command.ins == Ins.PUT_DATA and command.data.startswith(tag):
            written = command.data[len(tag) :]
        if command.ins == Ins.GET_DATA and command.data == tag and not response.status.ok:
            return ResponseApdu(written, OK)
        return None

    return lie


def default_pin_opens(command: CommandApdu, _response: ResponseApdu) -> ResponseApdu | None:
    is_default = command.ins == Ins.VERIFY and command.data == b"123456\xff\xff"
    return ResponseApdu(b"", OK) if is_default else None


def default_puk_opens(command: CommandApdu, _response: ResponseApdu) -> ResponseApdu | None:
    changes = (command.ins, command.p2) == (Ins.CHANGE_REFERENCE_DATA, PinReference.PUK)
    return ResponseApdu(b"", OK) if changes and command.data.startswith(b"12345678") else None


def lost_object(command: CommandApdu, _response: ResponseApdu) -> ResponseApdu | None:
    lost = command.ins == Ins.GET_DATA and command.data.endswith(bytes.fromhex("5FC10A"))
    return ResponseApdu(b"", StatusWord.NOT_FOUND) if lost else None


@pytest.mark.reason(ReasonCode.READ_BACK_MISMATCH)
@pytest.mark.parametrize(
    "lie",
    [
        changed_object,
        printed_without_pin(),
        default_pin_opens,
        default_puk_opens,
        lost_object,
    ],
)
def test_what_is_read_back_is_not_what_it_should_be(lie: Lie) -> None:
    assert torn_by(IssuingRoom(), lie) is ReasonCode.READ_BACK_MISMATCH


@pytest.mark.reason(ReasonCode.READ_BACK_MISMATCH)
def test_another_persons_fingerprints_can_not_be_taken_out() -> None:
    card = blank()
    card.state.put_object(ObjectTag.FINGERPRINTS, b"somebody")

    def keep(apdu: CommandApdu) -> StatusWord | None:
        deletes = apdu.ins == Ins.PUT_DATA and apdu.data == bytes.fromhex("5C035FC1035300")
        return OK if deletes else None

    room = IssuingRoom()
    job = room.job()
    assert room.run(job, RefusingCard(card, keep)) is CardState.TORN
    assert room.failure(job) is ReasonCode.READ_BACK_MISMATCH


@pytest.mark.reason(ReasonCode.READ_BACK_MISMATCH)
def test_the_default_management_key_still_opens() -> None:
    card = blank(Algorithm.AES_256)
    default = card.state.management_key

    class BackDoor(LyingCard):
        """Takes the new key, and at read back the default too."""

        def answer(self, command: bytes) -> bytes:
            apdu = CommandApdu.parse(command)
            answer = super().answer(command)
            if apdu.ins == Ins.CHANGE_REFERENCE_DATA and answer[-2:-1] == b"\x63":
                # the probe of the default PUK: the management key is tried next
                card.state.management_key = default
            return answer

    room = IssuingRoom()
    job = room.job()
    assert room.run(job, BackDoor(card, lambda _c, _r: None)) is CardState.TORN
    assert room.failure(job) is ReasonCode.READ_BACK_MISMATCH


def test_a_card_that_only_says_it_took_its_pin_is_not_finished() -> None:
    def pretend(apdu: CommandApdu) -> StatusWord | None:
        return OK if apdu.ins == Ins.RESET_RETRY_COUNTER else None

    card = blank()
    room = IssuingRoom()
    job = room.job()
    assert room.run(job, RefusingCard(card, pretend)) is CardState.TORN
    assert room.failure(job) is ReasonCode.KEY_PROOF_FAILED
    assert card.state.pin.tries == 2


# --- the management key


@pytest.mark.reason(ReasonCode.MANAGEMENT_KEY_REFUSED)
def test_a_card_with_an_unknown_key_loses_no_try() -> None:
    card = blank()
    card.state.set_management_key(Algorithm.AES_192, secrets.token_bytes(24))
    room = IssuingRoom()
    before = memory_of(card)
    job = room.job()
    assert room.run(job, card) is CardState.TORN
    assert room.failure(job) is ReasonCode.MANAGEMENT_KEY_REFUSED
    assert memory_of(card) == before


@pytest.mark.reason(ReasonCode.MANAGEMENT_KEY_REFUSED)
def test_a_card_that_takes_any_key_does_not_prove_its_own() -> None:
    def welcome(command: CommandApdu, _response: ResponseApdu) -> ResponseApdu | None:
        if command.ins != Ins.GENERAL_AUTHENTICATE or command.p2 != 0x9B:
            return None
        template = tlv.parse_unique(tlv.parse_one(command.data, 0x7C))
        tag = 0x82 if 0x81 in template else 0x80
        return ResponseApdu(tlv.encode(0x7C, tlv.encode(tag, secrets.token_bytes(16))), OK)

    assert torn_by(IssuingRoom(), welcome) is ReasonCode.MANAGEMENT_KEY_REFUSED


# --- PIN and PUK


@pytest.mark.reason(ReasonCode.PIN_WRONG)
def test_a_card_with_an_unknown_puk_is_tried_once_and_never_again() -> None:
    card = blank()
    card.state.set_puk("87654321")
    room = IssuingRoom()
    application = room.application()
    for _ in range(4):
        job = room.job(room.order(application))
        assert room.run(job, card) is CardState.TORN
        assert room.failure(job) is ReasonCode.PIN_WRONG
    for _ in range(4):
        other = room.job()
        assert room.run(other, card) is CardState.TORN
    assert card.state.puk.tries >= 1
    assert card.state.pin.tries == 3


@pytest.mark.reason(ReasonCode.PIN_BLOCKED)
def test_a_blocked_puk_is_told() -> None:
    card = blank()
    card.state.block_puk()
    room = IssuingRoom()
    job = room.job()
    assert room.run(job, card) is CardState.TORN
    assert room.failure(job) is ReasonCode.PIN_BLOCKED


# --- cards that belong to somebody


@pytest.mark.reason(ReasonCode.CARD_IN_USE)
@pytest.mark.parametrize(
    "state",
    [
        CardState.PERSONALISED,
        CardState.ISSUED,
        CardState.ACTIVE,
        CardState.SUSPENDED,
        CardState.REVOKED,
        CardState.REPLACED,
    ],
)
def test_somebodys_card_is_not_personalised_again(state: CardState) -> None:
    room = IssuingRoom()
    application = room.application()
    card = blank()
    assert room.run(room.job(room.order(application)), card) is CardState.PERSONALISED
    guid = room.record(application).guid
    lifecycle.hand_over(room.store, guid, operator=APPROVER, at=AT)
    room.store.cards[guid] = replace(room.store.cards[guid], state=state)
    before, record = memory_of(card), room.store.cards[guid]
    job = room.job()
    assert room.run(job, card) is CardState.TORN
    assert room.failure(job) is ReasonCode.CARD_IN_USE
    assert memory_of(card) == before
    assert room.store.cards[guid] == record
    assert room.certificate_states(guid) == {None}


@pytest.mark.reason(ReasonCode.CARD_IN_USE)
def test_an_application_gets_one_card() -> None:
    room = IssuingRoom()
    application = room.application()
    assert room.run(room.job(room.order(application)), blank()) is CardState.PERSONALISED
    second = room.job(room.order(application))
    with pytest.raises(IssuanceError) as caught:
        room.desk.start(second, AGENT)
    assert caught.value.reason is ReasonCode.CARD_IN_USE
    assert len(room.store.cards) == 1


@pytest.mark.reason(ReasonCode.CARD_IN_USE)
def test_two_desks_do_not_work_on_one_application_at_once() -> None:
    room = IssuingRoom()
    application = room.application()
    first, second = (room.job(room.order(application)) for _ in range(2))
    assert isinstance(room.desk.start(first, AGENT), ApduBatch)
    with pytest.raises(IssuanceError) as caught:
        room.desk.start(second, AGENT)
    assert caught.value.reason is ReasonCode.CARD_IN_USE


@pytest.mark.reason(ReasonCode.CARD_IN_USE)
def test_a_blank_that_claims_a_live_jobs_record_does_not_end_that_job() -> None:
    room = IssuingRoom()
    application = room.application()
    live = room.job(room.order(application))
    room.desk.start(live, AGENT)
    guid = room.record(application).guid
    forged = blank()
    chuid = tlv.encode_all([(0x30, bytes(25)), (0x34, guid.octets), (0x35, b"19700101")])
    forged.state.put_object(ObjectTag.CHUID, chuid)
    job = room.job()
    assert room.run(job, forged) is CardState.TORN
    assert room.failure(job) is ReasonCode.CARD_IN_USE
    assert room.store.cards[guid].state is CardState.PERSONALISING


# --- the CA


class CrossedCa:
    """Certifies, but gives back something else than was asked for."""

    def __init__(self, room: IssuingRoom, change: Callable[[CertificateRequest], object]) -> None:
        self._factory = room.pki.factory
        self._change = change

    def prepare(self, request: CertificateRequest, at: datetime) -> str:
        changed = self._change(request)
        assert isinstance(changed, CertificateRequest)
        return self._factory.prepare(changed, at)

    def sign(self, token: str, at: datetime) -> x509.Certificate:
        return self._factory.sign(token, at)

    def issuer(self, card_type: CardType) -> x509.Certificate:
        return self._factory.issuer(card_type)


def other_key(request: CertificateRequest) -> CertificateRequest:
    return replace(request, public_key=ec.generate_private_key(ec.SECP256R1()).public_key())


def other_card(request: CertificateRequest) -> CertificateRequest:
    return replace(request, guid=type(request.guid)(secrets.token_bytes(16)))


def other_ca(request: CertificateRequest) -> CertificateRequest:
    subject = (("serial_number", "1"), ("common_name", "A"), ("organization", "B"))
    named = subject if request.subject else ()
    return replace(request, card_type=CardType.BUSINESS, subject=named)


def longer_life(request: CertificateRequest) -> CertificateRequest:
    return replace(request, not_after=request.not_after + timedelta(days=1))


@pytest.mark.reason(ReasonCode.CERTIFICATE_MISMATCH)
@pytest.mark.parametrize("change", [other_key, other_card, other_ca, longer_life])
def test_a_certificate_that_was_not_asked_for_stays_off_the_card(
    change: Callable[[CertificateRequest], object],
) -> None:
    room = IssuingRoom()
    room.desk = PersonalisationDesk(
        room.store, room.orders, replace(room.tools, authority=CrossedCa(room, change))
    )
    card = blank()
    job = room.job()
    assert room.run(job, card) is CardState.TORN
    assert room.failure(job) is ReasonCode.CERTIFICATE_MISMATCH
    assert ObjectTag.CERTIFICATE_CARD_AUTHENTICATION not in card.state.objects


# --- the agent


@pytest.mark.reason(ReasonCode.JOB_UNKNOWN)
def test_another_agents_job_is_not_there() -> None:
    room = IssuingRoom()
    job = room.job()
    for agent, name in (("desk-2", job), (AGENT, "nothing")):
        with pytest.raises(IssuanceError) as caught:
            room.desk.start(name, agent)
        assert caught.value.reason is ReasonCode.JOB_UNKNOWN
    assert not room.store.cards


@pytest.mark.parametrize("responses", [0, 1, 9])
def test_an_agent_without_a_card_does_not_get_far(responses: int) -> None:
    room = IssuingRoom()
    application = room.application()
    job = room.job(room.order(application))
    step = room.desk.start(job, AGENT)
    answer = BatchAnswer((ResponseApdu(b"", OK),) * responses)
    while isinstance(step, ApduBatch):
        step = room.desk.answer(job, AGENT, answer)
    assert step is CardState.TORN
    assert room.record(application).state is CardState.TORN


@pytest.mark.reason(ReasonCode.NO_PIV_APPLICATION)
def test_a_card_without_the_application_is_told_apart() -> None:
    def no_piv(apdu: CommandApdu) -> StatusWord | None:
        selects = apdu.ins == Ins.SELECT and PIV_AID.startswith(apdu.data)
        return StatusWord.NOT_FOUND if selects else None

    room = IssuingRoom()
    job = room.job()
    assert room.run(job, RefusingCard(blank(), no_piv)) is CardState.TORN
    assert room.failure(job) is ReasonCode.NO_PIV_APPLICATION
