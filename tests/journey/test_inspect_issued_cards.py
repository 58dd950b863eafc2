"""Cards that our own desk personalised, judged by the inspection as any foreign card is."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import pytest

from cardsvc.card.session import PivSession
from cardsvc.errors import ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.terms import AssuranceLevel, CardType, RevocationReason
from issuance import lifecycle
from issuance.job_records import JobOrder
from issuance.lifecycle import ActivationProof
from reader_agent.inspect import PinChoice, read_card
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from tests.support.issuing_room import AGENT, APPROVER, AT, ISSUER, P256_KEYS, IssuingRoom, blank
from tests.support.portraits import jpeg
from verification.inspection.inspect import inspect_card
from verification.inspection.report import InspectionReport, Mode, Verdict
from verification.path.trust import TrustMaterial
from verification.status.crl import parse_crl
from verification.status.revocation import RevocationMaterial

PIN = "135790"


class IssuedCard:
    """One card through its life, and what an inspection says of it."""

    def __init__(self, card_type: CardType) -> None:
        self.room = IssuingRoom()
        self.card: VirtualCard = blank()
        self.card_type = card_type
        application = self.room.application(card_type)
        order = JobOrder(application, AGENT, ISSUER, keys=P256_KEYS, photo_jpeg=jpeg())
        assert self.room.run(self.room.job(order), self.card) is CardState.PERSONALISED
        self.guid = self.room.record(application).guid
        self.card.state.set_pin(PIN)  # what the holder does at activation

    def activate(self) -> None:
        store = self.room.store
        lifecycle.hand_over(store, self.guid, operator=ISSUER, at=AT)
        proof = ActivationProof(self.guid, AssuranceLevel.X2, AT, "decision-1")
        lifecycle.activate(store, self.guid, proof=proof, operator=APPROVER, at=AT)

    def inspect(self, mode: Mode, at: datetime = AT + timedelta(hours=1)) -> InspectionReport:
        pki = self.room.pki
        trust = TrustMaterial((pki.root_certificate,), tuple(pki.issuing_certificates.values()))
        names = ("root", self.card_type.value)
        crls = [pki.status.crl(name, at) for name in names]
        revocation = RevocationMaterial(tuple(parse_crl(one) for one in crls if one is not None))
        session = PivSession(connect_in_process(self.card))
        image = read_card(session, mode, PinChoice(PIN), os.urandom)
        return inspect_card(image, trust, revocation, at)


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("card_type", CardType)
def test_an_active_card_of_every_type_is_accepted(card_type: CardType, mode: Mode) -> None:
    issued = IssuedCard(card_type)
    issued.activate()
    report = issued.inspect(mode)
    assert report.verdict is Verdict.ACCEPT, report.reasons
    assert report.card.guid == str(issued.guid)


def test_a_card_is_on_hold_until_it_is_handed_over() -> None:
    report = IssuedCard(CardType.INDIVIDUAL).inspect(Mode.CAK)
    assert report.reasons == (ReasonCode.CERTIFICATE_ON_HOLD,)


def test_a_revoked_card_is_rejected_for_that_alone() -> None:
    issued = IssuedCard(CardType.BUSINESS)
    issued.activate()
    lifecycle.revoke(
        issued.room.store,
        issued.guid,
        reason=RevocationReason.KEY_COMPROMISE,
        operator=APPROVER,
        at=AT,
    )
    for mode in Mode:
        assert issued.inspect(mode).reasons == (ReasonCode.CERTIFICATE_REVOKED,)
