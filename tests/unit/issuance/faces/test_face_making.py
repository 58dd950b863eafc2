"""Faces of cards on record: who may be printed, what is signed, what the audit says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cardsvc.audit import AuditAction
from cardsvc.errors import IssuanceError, ReasonCode, VerificationError
from cardsvc.lifecycle import ENDED_STATES, ApplicationState, CardState
from cardsvc.records import Application, CardRecord
from cardsvc.terms import CardType, Realm
from issuance.faces.layout_file import load_layout
from issuance.faces.make import FaceMaker
from tests.support.faces import AT, EXPIRES, GUID, ISSUER, credential_signer, portrait
from tests.support.memory_issuance_store import MemoryIssuanceStore
from tests.support.memory_ledger import MemoryCertificateLedger
from tests.support.people import HOLDERS
from verification.credential import verify_credential


class CountingSigner:
    """Signs for real, and keeps what it signed."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def sign(self, payload: bytes) -> str:
        self.made.append(credential_signer().sign(payload))
        return self.made[-1]


class Office:
    def __init__(self, card_type: CardType, state: CardState) -> None:
        self.store = MemoryIssuanceStore(MemoryCertificateLedger())
        holder = HOLDERS[card_type]
        application = Application("a-1", card_type, holder, "lan", AT, ApplicationState.APPROVED)
        self.store.applications["a-1"] = application
        card = CardRecord(GUID, card_type, holder.id, "a-1", state, EXPIRES)
        self.store.cards[GUID] = card
        self.signer = CountingSigner()
        self.maker = FaceMaker(self.store, load_layout, dict.fromkeys(Realm, self.signer), ISSUER)


def test_a_face_is_signed_for_its_card_and_recorded() -> None:
    office = Office(CardType.INDIVIDUAL, CardState.PERSONALISED)
    made = office.maker.card(GUID, operator="mai", at=AT, photo=portrait())
    assert not made.proof
    (text,) = office.signer.made
    verified = verify_credential(text, credential_signer().jwks(), expected_issuer=ISSUER, at=AT)
    assert verified.credential.guid == GUID
    assert verified.credential.full_name == HOLDERS[CardType.INDIVIDUAL].name.value
    assert verified.credential.expires_at == EXPIRES
    (event,) = office.store.events
    assert (event.action, event.actor, event.subject) == (
        AuditAction.CARD_FACE_MADE,
        "mai",
        str(GUID),
    )
    assert event.facts == {"proof": False}


@pytest.mark.reason(ReasonCode.CREDENTIAL_MISISSUED)
def test_a_test_card_is_watermarked_and_signed_under_another_name() -> None:
    office = Office(CardType.INDIVIDUAL, CardState.PERSONALISED)
    office.store.cards[GUID] = replace(office.store.cards[GUID], realm=Realm.SANDBOX)
    assert office.maker.card(GUID, operator="mai", at=AT, photo=portrait()).test
    (text,) = office.signer.made
    keys = credential_signer().jwks()
    verify_credential(text, keys, expected_issuer=f"{ISSUER}/sandbox", at=AT)
    with pytest.raises(VerificationError) as refused:
        verify_credential(text, keys, expected_issuer=ISSUER, at=AT)
    assert refused.value.reason is ReasonCode.CREDENTIAL_MISISSUED


def test_a_proof_needs_no_photo_and_no_signature() -> None:
    office = Office(CardType.BUSINESS, CardState.PERSONALISED)
    assert office.maker.card(GUID, operator="mai", at=AT, proof=True).proof
    assert office.signer.made == []
    assert office.store.events[0].facts == {"proof": True}


def test_a_proof_can_be_had_before_there_is_a_card() -> None:
    office = Office(CardType.CIVIL_SERVANT, CardState.SPOILED)
    assert office.maker.live_card("a-1") is None
    made = office.maker.proof_of_application("a-1", operator="lan", at=AT)
    assert made.proof
    assert office.store.events[0].subject == "a-1"


@pytest.mark.reason(ReasonCode.FACE_OF_ENDED_CARD)
@pytest.mark.parametrize("state", CardState)
def test_nobody_gets_a_fresh_copy_of_a_card_that_has_ended(state: CardState) -> None:
    office = Office(CardType.INDIVIDUAL, state)
    if state not in ENDED_STATES:
        assert office.maker.card(GUID, operator="mai", at=AT, photo=portrait())
        assert office.maker.live_card("a-1") == GUID
        return
    with pytest.raises(IssuanceError) as refused:
        office.maker.card(GUID, operator="mai", at=AT, photo=portrait())
    assert refused.value.reason is ReasonCode.FACE_OF_ENDED_CARD
    assert office.store.events == office.signer.made == []


@pytest.mark.reason(ReasonCode.FACE_FIELD_MISSING)
def test_what_can_not_be_printed_leaves_no_event() -> None:
    office = Office(CardType.INDIVIDUAL, CardState.PERSONALISED)
    with pytest.raises(IssuanceError) as refused:
        office.maker.card(GUID, operator="mai", at=AT)
    assert refused.value.reason is ReasonCode.FACE_FIELD_MISSING
    assert office.store.events == []


def test_an_unknown_application_has_no_face() -> None:
    office = Office(CardType.INDIVIDUAL, CardState.PERSONALISED)
    office.store.cards[GUID] = replace(office.store.cards[GUID], expires_at=AT + timedelta(days=1))
    with pytest.raises(IssuanceError):
        office.maker.live_card("a-2")
