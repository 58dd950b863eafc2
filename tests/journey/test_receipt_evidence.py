"""Years later a receipt, its evidence and public keys prove a decision without the service."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from cardsvc.errors import CardsvcError, Malformed, ReasonCode, StoreError
from cardsvc.witness_records import LogWitness
from keys.note_keys import NoteKey, make_witness_key
from tests.support.installations import ServiceUnderTest
from tests.support.taps import tap_at
from web.cli import main as cardsvc
from web.wiring.witness import log_key_text, open_witness, watch_log
from web.witness.asking import HttpAnswer, WitnessDesk
from web.witness.evidence import check_evidence, make_evidence


class Case:
    """A receipt and all that is needed to check it."""

    def __init__(self, service: ServiceUnderTest, folder: Path) -> None:
        installation = service.installation
        card, _ = service.active_card()
        self.receipt = tap_at(service.kiosk, card).receipt
        self.decision = installation.check_receipt(self.receipt)["jti"]
        key = make_witness_key(folder / "witness.key", "nhan-chung.example")
        self.log_key = log_key_text(installation.log_signer)
        watch_log(folder, self.log_key)
        witness = open_witness(folder)

        def call(_method: str, _url: str, body: bytes) -> HttpAnswer:
            found = witness.add_checkpoint(body, service.clock.now())
            return HttpAnswer(found.status, found.body)

        self.witness_key = key.public.text
        self.desk: WitnessDesk = replace(installation.witnesses, call=call)
        named = LogWitness(key.public.name, key.public.text, "http://witness")
        self.desk.book.put(named, operator="admin", at=service.clock.now())
        with pytest.raises(StoreError, match="no witness"):
            make_evidence(installation.audit, self.decision, self.desk.book.cosigned())
        self.desk.ask_all(service.clock.now())
        self.evidence = make_evidence(installation.audit, self.decision, self.desk.book.cosigned())

    def check(self, evidence: bytes | None = None, receipt: str | None = None) -> dict[str, object]:
        proved = check_evidence(
            evidence or self.evidence,
            receipt or self.receipt,
            NoteKey.parse(self.log_key),
            [NoteKey.parse(self.witness_key)],
        )
        return {"place": proved.place, "witnesses": list(proved.cosigned_at)}


@pytest.fixture(scope="module")
def case(service: ServiceUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(service, tmp_path_factory.mktemp("witness"))


def test_evidence_is_checked_without_the_service(
    service: ServiceUnderTest, case: Case, tmp_path: Path
) -> None:
    assert case.check()["witnesses"] == ["nhan-chung.example"]
    files = {
        "receipt": case.receipt.encode(),
        "keys": json.dumps(service.installation.services.status.jwks()).encode(),
        "evidence": case.evidence,
    }
    for name, octets in files.items():
        (tmp_path / name).write_bytes(octets)
    arguments = [
        "receipt", "verify", str(tmp_path / "receipt"), "--keys", str(tmp_path / "keys"),
        "--evidence", str(tmp_path / "evidence"),
    ]  # fmt: skip
    keys = ["--log-key", case.log_key, "--witness", case.witness_key]
    result = CliRunner().invoke(cardsvc, [*arguments, *keys])
    assert result.exit_code == 0, result.output
    assert "✓ nhan-chung.example" in result.output
    assert CliRunner().invoke(cardsvc, arguments).exit_code == 2
    swapped = ["--log-key", case.witness_key, "--witness", case.log_key]
    assert CliRunner().invoke(cardsvc, [*arguments, *swapped]).exit_code == 1


@pytest.mark.parametrize("change", ["granted", "place", "path", "checkpoint", "receipt", "more"])
def test_whatever_is_changed_shows(case: Case, change: str) -> None:
    value, receipt = json.loads(case.evidence), case.receipt
    if change == "granted":
        value["entry"] = value["entry"].replace('"granted":true', '"granted":false')
    elif change == "place":
        value["place"] += 1
    elif change == "path":
        value["path"][0] = value["path"][-1][:-2] + "AA"
    elif change == "checkpoint":
        value["checkpoint"] = value["checkpoint"].replace("nhan-chung", "nhan-chunk")
    elif change == "receipt":
        receipt = receipt[:-3] + "AAA"
    else:
        value["more"] = 1
    with pytest.raises(CardsvcError):
        case.check(json.dumps(value).encode(), receipt)


@pytest.mark.parametrize("junk", [b"", b"[]", b"{}", b'{"entry":1}', b"\xff", b'{"checkpoint":7}'])
def test_junk_is_malformed(case: Case, junk: bytes) -> None:
    with pytest.raises(Malformed):
        check_evidence(junk, case.receipt, NoteKey.parse(case.log_key), [])


@pytest.mark.reason(ReasonCode.DECISION_UNKNOWN)
def test_of_no_decision_there_is_no_evidence(service: ServiceUnderTest, case: Case) -> None:
    with pytest.raises(StoreError) as refused:
        make_evidence(service.installation.audit, "nothing", case.desk.book.cosigned())
    assert refused.value.reason is ReasonCode.DECISION_UNKNOWN


@pytest.mark.reason(ReasonCode.WITNESS_MISSING)
def test_a_log_that_nobody_cosigned_is_not_called_broken(
    service: ServiceUnderTest, case: Case
) -> None:
    with pytest.raises(StoreError) as refused:
        make_evidence(service.installation.audit, case.decision, [])
    assert refused.value.reason is ReasonCode.WITNESS_MISSING
