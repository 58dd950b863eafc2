"""Cards of somebody else, a CA and agents that lie to the issuing desk: nothing comes of it."""

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
from cardsvc.card.piv import PIV_AID, Ins, ObjectTag
from cardsvc.card.status import StatusWord
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType, Realm
from issuance import lifecycle
from issuance.desk import PersonalisationDesk
from issuance.ports import CertificateRequest
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.state import CardState as ChipState
from tests.support.issuing_room import AGENT, AT, ISSUER, IssuingRoom, blank
from tests.support.odd_cards import RefusingCard

OK = StatusWord.SUCCESS


def memory_of(card: VirtualCard) -> ChipState:
    return card.state.copy()


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
    lifecycle.hand_over(room.store, guid, operator=ISSUER, at=AT)
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

    def issuer(self, card_type: CardType, realm: Realm = Realm.PRODUCTION) -> x509.Certificate:
        return self._factory.issuer(card_type, realm)


def other_key(request: CertificateRequest) -> CertificateRequest:
    return replace(request, public_key=ec.generate_private_key(ec.SECP256R1()).public_key())


def other_card(request: CertificateRequest) -> CertificateRequest:
    return replace(request, guid=type(request.guid)(secrets.token_bytes(16)))


def other_ca(request: CertificateRequest) -> CertificateRequest:
    subject = (("serial_number", "1"), ("common_name", "A"), ("organization", "B"))
    named = subject if request.subject else ()
    return replace(request, card_type=CardType.BUSINESS, subject=named)


def other_realm(request: CertificateRequest) -> CertificateRequest:
    return replace(request, realm=Realm.SANDBOX)


def longer_life(request: CertificateRequest) -> CertificateRequest:
    return replace(request, not_after=request.not_after + timedelta(days=1))


@pytest.mark.reason(ReasonCode.CERTIFICATE_MISMATCH)
@pytest.mark.parametrize("change", [other_key, other_card, other_ca, other_realm, longer_life])
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
