"""A whole journey, logged in full: no secret is left in logs, files, errors or reprs."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardsvc.card.commands import put_data, verify_pin
from cardsvc.card.piv import ObjectTag
from cardsvc.errors import CardsvcError
from cardsvc.terms import AssuranceLevel
from issuance import lifecycle
from issuance.job_records import JobOrder
from reader_agent.activation import activate_card, set_holder_pin
from reader_agent.client import ServiceClient
from reader_agent.desk import relay_job
from reader_agent.virtual.connection import connect_in_process
from tests.support.installations import (
    DESK,
    ServiceUnderTest,
    serve,
)
from tests.support.people import CIVIL_SERVANT
from tests.support.portraits import jpeg
from tests.support.taps import answer_at
from verification.presentation import UnverifiedPresentation
from web.app import create_app
from web.logs import json_handler

PIN, WRONG_PIN = "79135468", "86420975"
FACTORY_KEY = bytes.fromhex("0102030405060708") * 3


class Journey:
    """One card's life, with mistakes on the way; collects what people and programs get to see."""

    def __init__(self, service: ServiceUnderTest) -> None:
        self.service = service
        self.photo = jpeg(150, 200)
        self.shown: list[str] = []
        self.card = service.blank()
        self.secrets: dict[str, bytes] = {
            "holder's PIN": PIN.encode(),
            "mistyped PIN": WRONG_PIN.encode(),
            "personal number": CIVIL_SERVANT.personal_number.value.encode(),
            "vault passphrase": service.installation.settings.vault_passphrase.encode(),
            "factory management key": FACTORY_KEY,
            "photo": self.photo[-64:-16],
        }
        tokens = (service.agent_token, service.desk_token, service.partner_token)
        self.secrets |= {f"token {i}": token.encode() for i, token in enumerate(tokens)}

    def run(self) -> None:
        self._issue()
        self._use()
        self._misuse()

    def _issue(self) -> None:
        service, store = self.service, self.service.installation.store
        application = service.approved_application()
        order = JobOrder(application, agent=DESK, operator="mai", photo_jpeg=self.photo)
        job = service.installation.jobs.open_job(order)
        connection = connect_in_process(self.card)
        assert relay_job(service.desk, job, connection).state == "personalised"
        connection.close()
        with store.transaction() as unit:
            approved = unit.application(application)
            card = unit.cards_of_application(application)[-1]
        self.guid = card.guid
        secrets = service.installation.pki.card_secrets
        transport_pin = secrets.transport_pin(self.guid)
        self.secrets["transport PIN"] = transport_pin.encode()
        self.secrets["PUK"] = secrets.puk(self.guid).encode()
        self.secrets["management key"] = self.card.state.management_key.octets
        self._see(order, approved, card, secrets, service.installation.orders.find(job))
        self._see(service.installation.settings, service.installation, CIVIL_SERVANT)
        self._see(
            verify_pin(PIN),
            put_data(ObjectTag.FACIAL_IMAGE, self.photo),
            service.desk,
            self.card,
            self.card.state,
        )
        service.hand_over(self.guid)
        connection = connect_in_process(self.card)
        set_holder_pin(connection, transport_pin, PIN)
        assert activate_card(service.desk, connection, agent=DESK, pin=PIN).granted
        connection.close()

    def _use(self) -> None:
        for level in (AssuranceLevel.X1, AssuranceLevel.X2):
            given = self._answer(level, PIN)
            decision = self.service.kiosk.present(given)
            assert decision.granted
            self._see(decision, given)

    def _misuse(self) -> None:
        service = self.service
        given = self._answer(AssuranceLevel.X1, PIN)
        self._see(service.desk.present(given))
        for attempt in (
            lambda: self._answer(AssuranceLevel.X2, WRONG_PIN),
            lambda: self._answer(AssuranceLevel.X2, "abc" + PIN),
            lambda: ServiceClient(service.url, service.partner_token).present(given),
            lambda: ServiceClient("http://127.0.0.1:9", service.agent_token).present(given),
            lambda: ServiceClient(service.url, "é" + service.agent_token).present(given),
            lambda: relay_job(service.kiosk, "no-job", connect_in_process(service.blank())),
            lambda: lifecycle.resume(
                service.installation.store, self.guid, operator="lan", at=service.clock.now()
            ),
        ):  # fmt: skip
            with pytest.raises(CardsvcError) as caught:
                attempt()
            self._see(caught.value, caught.value.__cause__, caught.value.__context__)
        client = create_app(service.installation.services).test_client()
        for body in (PIN, CIVIL_SERVANT.personal_number.value, f'{{"nonce":"{PIN}"}}'):
            headers = {"Authorization": f"Bearer {service.agent_token}"}
            answer = client.post("/agent/v1/presentations", data=body, headers=headers)
            self.shown.append(answer.get_data(as_text=True))

    def _answer(self, level: AssuranceLevel, pin: str) -> UnverifiedPresentation:
        return answer_at(self.service.kiosk, self.card, level, pin=pin).presentation

    def _see(self, *things: object) -> None:
        self.shown += [text for thing in things for text in (repr(thing), str(thing))]


def written(secret: bytes) -> Iterator[bytes]:
    """Return the ways in which a secret may be written down."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    yield secret.hex(" ").upper().encode()
    yield repr(secret)[2:-1].encode()
    for shift in range(3):  # however it lies in the stream that was encoded
        encoded = base64.b64encode(bytes(shift) + secret)[4:-4]
        yield encoded
        yield encoded.translate(bytes.maketrans(b"+/", b"-_"))


def assert_holds_none(octets: bytes, secrets: dict[str, bytes], where: str) -> None:
    for name, secret in secrets.items():
        for form in written(secret):
            assert len(form) < 6 or form not in octets, f"{name} in {where}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service")


def test_a_journey_leaves_no_secret_behind(
    folder: Path, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "sqlalchemy.engine")  # it holds itself back otherwise
    lines = io.StringIO()
    handler = json_handler(lines)
    logging.getLogger().addHandler(handler)
    request.addfinalizer(lambda: logging.getLogger().removeHandler(handler))
    with serve(folder) as service:
        journey = Journey(service)
        journey.run()
        measured = service.installation.services.instruments.exposition()
        assert b'reason="challenge_misbound"' in measured
        names = {
            "name": "Nguyễn Thị".encode(),
            "unit": "Công chức".encode(),
            "card": str(journey.guid).encode(),
        }
        assert_holds_none(measured, journey.secrets | names, "the measurements")
        events = repr(service.installation.audit.events(limit=10_000)).encode()
        assert_holds_none(events, journey.secrets, "the audit log")
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert any(path.name == "cardsvc.db" for path in files)
        for path in files:
            assert_holds_none(path.read_bytes(), journey.secrets, path.name)
    log = "\n".join(record.getMessage() + str(record.exc_text or "") for record in caplog.records)
    assert "sqlalchemy" in {record.name.partition(".")[0] for record in caplog.records}
    assert_holds_none(log.encode(), journey.secrets, "the log")
    assert_holds_none(lines.getvalue().encode(), journey.secrets, "the log in JSON")
    requests = [one for one in lines.getvalue().splitlines() if '"cardsvc.requests"' in one]
    assert any('"/agent/v1/presentations"' in one for one in requests)
    assert_holds_none("".join(requests).encode(), journey.secrets | names, "the requests' log")
    for text in journey.shown:
        assert_holds_none(text.encode(), journey.secrets, text[:80])


def test_the_search_finds_what_is_there() -> None:
    for text in (b"79135468", b"3739313335343638", base64.b64encode(b"xx79135468yy")):
        with pytest.raises(AssertionError):
            assert_holds_none(b"--" + text + b"--", {"PIN": PIN.encode()}, "here")
