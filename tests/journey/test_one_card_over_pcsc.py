"""One card over a real PC/SC service and HTTP: desk, activation, tap, inspection, OpenSC."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from cardsvc.errors import CardError, ReasonCode
from cardsvc.terms import RevocationReason
from issuance import lifecycle
from issuance.job_records import JobOrder
from reader_agent.activation import activate_card
from reader_agent.desk import relay_job
from reader_agent.pcsc import PcscConnection
from reader_agent.virtual.faults import Tear, TornCard
from reader_agent.virtual.private_pcscd import VirtualPcscReader
from tests.support import pcscd
from tests.support.installations import DESK, PIN, ServiceUnderTest
from tests.support.pcsc_journey import PcscJourney
from tests.support.pcscd import ForeignTools

pytestmark = pytest.mark.pcsc


@pytest.fixture
def issued(
    service: ServiceUnderTest, pcsc_reader: VirtualPcscReader, tmp_path: Path
) -> PcscJourney:
    journey = PcscJourney(service, pcsc_reader, service.blank(), tmp_path)
    pcscd.insert(pcsc_reader, journey.card)
    journey.personalise()
    return journey


@pytest.fixture
def active(issued: PcscJourney) -> PcscJourney:
    issued.hand_over()
    issued.activate()
    return issued


def test_a_card_from_the_factory_to_its_revocation(issued: PcscJourney) -> None:
    service, guid = issued.service, issued.issued_guid()
    status, decision = issued.tap()
    assert (status, decision["code"]) == (1, "card_not_active")
    status, report = issued.inspect("cak")
    assert (status, report["verdict"]) == (1, "reject")
    assert ReasonCode.CERTIFICATE_ON_HOLD in str(report["checks"])

    issued.hand_over()
    issued.activate()
    status, decision = issued.tap()
    assert (status, decision["granted"], decision["level"]) == (0, True, "X1")
    assert decision["apdus"] <= 6
    assert decision["octets"] <= 900
    status, decision = issued.tap("--level", "X2", "--pin-stdin", pin=PIN)
    assert (status, decision["granted"], decision["level"]) == (0, True, "X2")

    for mode in ("cak", "full"):
        status, report = issued.inspect(mode)
        assert (status, report["verdict"]) == (0, "accept"), report["checks"]
        assert report["card"]["guid"] == str(guid)
        assert not [one for one in report["checks"] if one["result"] == "fail"]

    at = service.clock.now()
    lifecycle.revoke(
        service.installation.store,
        guid,
        reason=RevocationReason.KEY_COMPROMISE,
        operator="hung",
        at=at,
    )
    for mode in ("cak", "full"):
        status, report = issued.inspect(mode)
        assert (status, report["verdict"]) == (1, "reject")
        failed = {one["reason"] for one in report["checks"] if one["result"] == "fail"}
        assert failed == {"certificate_revoked"}
    status, decision = issued.tap()
    assert (status, decision["code"]) == (1, "card_revoked")


def test_a_wrong_pin_at_the_tap_is_said_and_counted(active: PcscJourney) -> None:
    status, answer = active.tap("--level", "X2", "--pin-stdin", pin="999999")
    assert (status, answer["reason"]) == (2, "pin_wrong")
    assert active.card.state.pin.tries == 2
    status, answer = active.tap("--level", "X2", "--pin-stdin", pin="12")
    assert (status, answer["reason"]) == (2, "pin_format")
    assert active.card.state.pin.tries == 2
    active.reader.slot.remove()
    pcscd.wait_for(active.reader, pcscd.STATE_EMPTY)
    assert active.tap() == (2, {"granted": False, "code": "unreadable", "reason": "no_card"})


def test_a_card_torn_at_the_desk_is_made_again(
    service: ServiceUnderTest, pcsc_reader: VirtualPcscReader
) -> None:
    card = service.blank()
    pcscd.insert(pcsc_reader, TornCard(card, 60, Tear.AFTER))
    application_id = service.approved_application()
    jobs = service.installation.jobs
    for expected in ("torn", "personalised"):
        job = jobs.open_job(JobOrder(application_id, agent=DESK, operator="mai"))
        connection = PcscConnection(pcsc_reader.name)
        relayed = relay_job(service.desk, job, connection)
        connection.close()
        assert relayed.state == expected, jobs.failure(job, DESK)
        pcscd.insert(pcsc_reader, card)


@pytest.mark.opensc
def test_opensc_reads_and_uses_the_card(active: PcscJourney, opensc: ForeignTools) -> None:
    dump = opensc.run("pkcs15-tool", "--dump")
    for label in ("PIV Authentication", "Digital Signature", "Key Management", "Card Auth"):
        assert f"Certificate for {label}" in dump
    with active.service.installation.store.transaction() as unit:
        serials = {key.serial for key in unit.card(active.issued_guid()).keys}
    numbers = ("01", "02", "03", "04")
    read = {}
    for number in numbers:
        opensc.run("pkcs15-tool", "--read-certificate", number, "--output", "read.pem")
        read[number] = x509.load_pem_x509_certificate((opensc.folder / "read.pem").read_bytes())
    assert {certificate.serial_number for certificate in read.values()} == serials
    (opensc.folder / "digest").write_bytes(bytes(range(32)))
    for number in ("01", "02", "04"):
        opensc.run(
            *("pkcs11-tool", "--login", "--pin", PIN, "--sign", "--mechanism", "ECDSA"),
            *("--id", number, "--input-file", "digest", "--output-file", "der"),
            *("--signature-format", "openssl"),
        )
        key = read[number].public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        signature = (opensc.folder / "der").read_bytes()
        key.verify(signature, bytes(range(32)), ec.ECDSA(Prehashed(hashes.SHA256())))
    refused = opensc.run(
        "pkcs11-tool", "--login", "--pin", "123456", "--list-objects", succeeds=False
    )
    assert "CKR_PIN_INCORRECT" in refused


def test_a_card_that_leaves_the_desk_reader_is_typed(
    active: PcscJourney,
) -> None:
    connection = PcscConnection(active.reader.name)
    active.reader.slot.remove()
    with pytest.raises(CardError) as caught:
        activate_card(active.service.desk, connection, agent=DESK, pin=PIN)
    assert caught.value.reason is ReasonCode.CARD_REMOVED
    connection.close()
