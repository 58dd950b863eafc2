"""Two processes, many threads, one database of each kind: everything happens exactly once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest
import urllib3
from cryptography import x509

from cardsvc.errors import CardsvcError
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.service_records import DecisionRecord
from cardsvc.terms import AssuranceLevel
from issuance.job_records import JobOrder
from reader_agent.client import ServiceClient, ServiceError
from reader_agent.desk import relay_job
from reader_agent.virtual.connection import connect_in_process
from tests.support.installations import (
    AGENT,
    DESK,
    RELYING_PARTY,
    SERVICE,
    ServiceUnderTest,
)
from tests.support.second_process import ROOT, SecondProcess, do, second_process
from tests.support.taps import answer_at, tap_at
from web.settings import Settings

REPLAYS = 64
ROUNDS = 5
T = TypeVar("T")


@pytest.fixture(scope="module")
def service(service_on_either_database: ServiceUnderTest) -> Iterator[ServiceUnderTest]:
    """Its audit log holds after all that is done at once here."""
    yield service_on_either_database
    installation = service_on_either_database.installation
    at = service_on_either_database.clock.now()
    signed = installation.audit.sign_head(installation.log_signer, at)
    assert installation.audit.verify(installation.log_verifier, (signed,)).size > 0


@pytest.fixture(scope="module")
def other(service: ServiceUnderTest) -> Iterator[SecondProcess]:
    with second_process(service.installation.settings) as process:
        yield process


def at_once(deeds: Sequence[Callable[[], T]]) -> list[T]:
    """Do all at the same moment, each in a thread of its own."""
    barrier = Barrier(len(deeds))

    def run(deed: Callable[[], T]) -> T:
        barrier.wait(30)
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def decisions_of(service: ServiceUnderTest) -> Sequence[DecisionRecord]:
    return service.installation.history.recent(10_000)


def test_one_answer_sent_64_times_to_two_processes_is_granted_once(
    service: ServiceUnderTest, other: SecondProcess
) -> None:
    card, guid = service.active_card()
    given = answer_at(service.kiosk, card).presentation
    before = len(decisions_of(service))
    clients = [ServiceClient(url, service.agent_token) for url in (service.url, other.url)]

    def present(client: ServiceClient) -> str:
        return client.present(given).code

    codes = Counter(at_once([partial(present, clients[i % 2]) for i in range(REPLAYS)]))
    assert codes == {"granted": 1, "try_again": REPLAYS - 1}
    decisions = decisions_of(service)
    assert len(decisions) == before + REPLAYS
    taps = [one for one in decisions if one.guid == guid and one.service == SERVICE]
    assert [one.granted for one in taps] == [True]
    for client in clients:
        client.close()


def test_of_two_who_approve_at_once_one_does(
    service: ServiceUnderTest, other: SecondProcess
) -> None:
    for _ in range(ROUNDS):
        application = service.requested_application()
        outcomes = at_once(
            [
                partial(do, service.installation, "approve", application, "hung"),
                partial(other.do, "approve", application, "mai"),
            ]
        )
        assert sorted(outcomes) == ["illegal_transition", "ok"]
        with service.installation.store.transaction() as unit:
            kept = unit.application(application)
        assert kept.state is ApplicationState.APPROVED
        assert kept.approved_by == ("hung", "mai")[outcomes.index("ok")]


def test_of_two_who_lock_a_card_at_once_one_does(
    service: ServiceUnderTest, other: SecondProcess
) -> None:
    _, guid = service.active_card()
    card = str(guid)
    for deed, state in [("suspend", CardState.SUSPENDED), ("resume", CardState.ACTIVE)] * ROUNDS:
        outcomes = at_once(
            [
                partial(do, service.installation, deed, card, "lan"),
                partial(other.do, deed, card, "hung"),
            ]
        )
        assert sorted(outcomes) == ["illegal_transition", "ok"]
        assert service.installation.history.card_state(guid) is state


def test_locking_and_revoking_at_once_ends_revoked(
    service: ServiceUnderTest, other: SecondProcess
) -> None:
    card, guid = service.active_card()
    outcomes = at_once(
        [
            lambda: do(service.installation, "suspend", str(guid), "lan"),
            lambda: other.do("revoke", str(guid), "hung"),
        ]
    )
    assert outcomes[1] == "ok"
    assert outcomes[0] in {"ok", "illegal_transition"}
    assert tap_at(service.kiosk, card).code == "card_revoked"


def test_the_next_tap_in_another_process_sees_a_revocation(
    service: ServiceUnderTest, other: SecondProcess
) -> None:
    card, guid = service.active_card()
    there = ServiceClient(other.url, service.agent_token)
    assert tap_at(there, card).granted
    given = answer_at(there, card).presentation  # the question is even older than the revocation
    http = urllib3.PoolManager()

    def listed() -> set[int]:
        der = http.request("GET", f"{other.url}/status/civil_servant.crl").data
        return {entry.serial_number for entry in x509.load_der_x509_crl(der)}

    with service.installation.store.transaction() as unit:
        serials = {key.serial for key in unit.card(guid).keys}
    assert not serials & listed()
    assert do(service.installation, "revoke", str(guid), "hung") == "ok"
    assert there.present(given).code == "card_revoked"
    assert serials <= listed()
    there.close()
    http.clear()


def test_a_disabled_agent_is_shut_out_of_another_process(
    service: ServiceUnderTest, other: SecondProcess
) -> None:
    access, at = service.installation.access, service.clock.now()
    token = access.enrol_agent("ki-ot-7", "Ki-ốt", operator="admin", at=at)
    there = ServiceClient(other.url, token)
    there.open_challenge(RELYING_PARTY, SERVICE, AssuranceLevel.X1)
    access.disable_agent("ki-ot-7", operator="admin", at=at)
    with pytest.raises(ServiceError) as caught:
        there.open_challenge(RELYING_PARTY, SERVICE, AssuranceLevel.X1)
    assert caught.value.status == 401
    there.close()


def run_job(service: ServiceUnderTest, token: str, job: str) -> str:
    """Relay a job to a blank card of its own; return the state or the reason."""
    client = ServiceClient(service.url, token)
    connection = connect_in_process(service.blank())
    try:
        return relay_job(client, job, connection).state
    except CardsvcError as error:
        return error.reason.value
    finally:
        connection.close()
        client.close()


def test_an_agent_that_starts_one_job_many_times_makes_one_card(service: ServiceUnderTest) -> None:
    application = service.approved_application()
    job = service.installation.jobs.open_job(JobOrder(application, agent=DESK, operator="mai"))
    tokens = [service.desk_token] * 4 + [service.agent_token] * 2
    outcomes = at_once([partial(run_job, service, token, job) for token in tokens])
    assert outcomes[4:] == ["job_unknown"] * 2
    if "personalised" not in outcomes:  # each tore the others' cards: then one more goes through
        assert run_job(service, service.desk_token, job) == "personalised"
    with service.installation.store.transaction() as unit:
        (made,) = unit.cards_of_application(application)
    assert made.state is CardState.PERSONALISED


def test_two_jobs_for_one_application_make_one_card(service: ServiceUnderTest) -> None:
    application = service.approved_application()
    jobs = service.installation.jobs
    orders = [
        (jobs.open_job(JobOrder(application, agent=agent, operator="mai")), token)
        for agent, token in ((DESK, service.desk_token), (AGENT, service.agent_token))
    ]
    outcomes = at_once([partial(run_job, service, token, job) for job, token in orders])
    assert sorted(outcomes) == ["card_in_use", "personalised"]
    with service.installation.store.transaction() as unit:
        states = [card.state for card in unit.cards_of_application(application)]
    assert states == [CardState.PERSONALISED]


_OPEN = """
import sys
from pathlib import Path
from keys.sealed_file import ScryptCost
from web.bootstrap import open_installation
from web.settings import Settings
sys.stdin.readline()
it = open_installation(Settings(data_dir=Path(sys.argv[1])), scrypt_cost=ScryptCost(n=2**4))
print(it.pki.root_certificate.serial_number, it.services.status.jwks())
it.close()
"""


def test_programs_that_open_a_new_installation_at_once_make_one(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _OPEN, str(settings.data_dir)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=ROOT,
        )
        for _ in range(3)
    ]  # fmt: skip
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * 3, outputs
    assert len({output for output, _ in outputs}) == 1, outputs
