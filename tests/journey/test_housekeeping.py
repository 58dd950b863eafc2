"""The regular work of a whole service, on both databases, and of one that is served."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest
import urllib3

from cardsvc.batch_records import BatchKind, BatchOrder, BatchState, Selection
from cardsvc.errors import ReasonCode
from cardsvc.housekeeping_records import StepName
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.lifecycle import CardState
from cardsvc.records import Suspension
from cardsvc.store.card_figures import SqlCardFigures
from cardsvc.terms import SuspensionCause
from issuance import lifecycle
from issuance.batches.plan import plan_batch
from issuance.batches.run import begin_batch
from tests.support.installations import ServiceUnderTest, serve
from tests.support.served import run_cardsvc, serving_process
from web.housekeeping_wiring import wire_housekeeping


def test_a_leave_ends_and_everything_is_published_signed_and_counted(
    service_on_either_database: ServiceUnderTest,
) -> None:
    service = service_on_either_database
    installation, clock = service.installation, service.clock
    _, guid = service.active_card()
    leave = Suspension(SuspensionCause.LEAVE, clock.now() + timedelta(days=3))
    lifecycle.suspend(installation.store, guid, operator="lan", at=clock.now(), suspension=leave)
    housekeeper = wire_housekeeping(installation)

    records = {one.step: one for one in housekeeper.run_all()}
    assert [one.failure for one in records.values()] == [""] * len(records)
    assert records.keys() == set(StepName) - {StepName.END_RETENTION}
    assert records[StepName.RESUME_RETURNS].done == 0
    assert records[StepName.PUBLISH_STATUS].done >= 4  # CRLs of three CAs and a status list
    head = installation.audit.latest_signed_head()
    assert head is not None
    assert head.head.size > 0
    figures = SqlCardFigures(installation.database).current(clock.now())
    assert [(one.agency, one.state, one.cards) for one in figures.cards] == [
        ("H57", CardState.SUSPENDED, 1)
    ]
    assert [one.cards for one in figures.issued] == [1]
    assert [one.quantity for one in figures.returns] == [1]

    clock.advance(timedelta(days=3))
    records = {one.step: one for one in housekeeper.run_due()}
    assert records[StepName.RESUME_RETURNS].done == 1
    assert installation.history.card_state(guid) is CardState.ACTIVE
    assert records[StepName.SIGN_TREE_HEAD].done == 1
    # what the unlocked card changed is published although nobody asked
    clock.advance(timedelta(minutes=1))
    due = {one.step: one for one in housekeeper.run_due()}
    assert due[StepName.PUBLISH_STATUS].done >= 2
    installation.audit.verify(installation.log_verifier)


@pytest.mark.reason(ReasonCode.SIGNER_ENDING)
def test_signers_that_end_soon_are_told_until_a_start_follows_them_up(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with serve(tmp_path_factory.mktemp("service")) as service:
        housekeeper = wire_housekeeping(service.installation)

        def failing() -> dict[StepName, str]:
            return {one.step: one.failure for one in housekeeper.run_all() if one.failure}

        service.clock.advance(timedelta(days=365))  # of an OCSP signer's 397
        assert failing() == {}
        service.clock.advance(timedelta(days=3))
        assert failing() == {StepName.CHECK_SIGNERS: "signer_ending"}
        ending = service.installation.pki.ending(service.clock.now())
        assert {label.removeprefix("sandbox-").partition("-")[0] for label in ending} == {"ocsp"}


def test_a_change_to_many_cards_that_was_cut_off_is_finished(
    service_on_either_database: ServiceUnderTest,
) -> None:
    service = service_on_either_database
    service.clock.advance(timedelta(minutes=10))  # whoever kept house before has gone
    installation, at = service.installation, service.clock.now()
    _, guid = service.active_card()
    selection = Selection(agency_code=AgencyCode.parse("H57"))
    order = BatchOrder(BatchKind.RETIREMENT)
    plan_batch(
        installation.store, batch_id="b", order=order, selection=selection, operator="lan", at=at
    )
    begin_batch(installation.store, "b", operator="hung", at=at)  # and the process died
    records = {one.step: one for one in wire_housekeeping(installation).run_all()}
    assert records[StepName.RESUME_BATCHES].done == 1
    assert installation.history.card_state(guid) is CardState.REVOKED
    batch = installation.batches.batch("b")
    assert batch is not None
    assert (batch.state, batch.run_by) == (BatchState.FINISHED, "hung")


def test_a_served_installation_keeps_house_and_says_so(tmp_path: Path) -> None:
    environment = {
        "CARDSVC_DATA_DIR": str(tmp_path / "data"),
        "CARDSVC_VAULT_PASSPHRASE": "mật khẩu",
        "CARDSVC_RETENTION_SWEEP": "on",
    }
    with serving_process(environment, tmp_path / "log") as served:
        deadline = time.monotonic() + 60
        ran: set[str] = set()
        while ran != {step.value for step in StepName}:
            assert time.monotonic() < deadline, (ran, served.printed)
            time.sleep(0.5)
            body = json.loads(urllib3.request("GET", f"{served.url}/readyz").data)
            ran = set(body["housekeeping"]["ran"])
        assert body["housekeeping"]["failing"] == []
        assert body["database"] is True
        status, printed = run_cardsvc(environment, "housekeeping", "run", "--once")
        assert (status, "does it" in printed) == (1, True), printed
        assert served.stop() == 0
    # it gave the lease back: nobody has to wait for its end
    status, printed = run_cardsvc(environment, "housekeeping", "run", "--once")
    assert status == 0, printed
    assert {line.split("\t")[0] for line in printed.splitlines()} == ran
    status, printed = run_cardsvc(environment, "housekeeping", "show")
    assert (status, len(printed.splitlines())) == (0, len(ran))
