"""A device's key opens the agents' API for that device, that request, now, and for nobody else."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import jwt
import pytest
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.wire import agent_proof
from cardsvc.wire.agent_proof import body_digest, certificate_name
from cardsvc.wire.enrolment import EnrolledMessage, EnrolmentMessage
from reader_agent.client import ServiceClient, ServiceError
from reader_agent.enrol.ask import enrol_device
from reader_agent.enrol.identity import (
    identity_of,
    load_identity,
    new_key,
    signing_request,
)
from reader_agent.enrol.proof import DeviceKey
from reader_agent.run.config import AgentConfig, ServiceConfig
from tests.support.installations import AT, ServiceUnderTest, serve
from web.agents.enrolment import FAILURES_PER_MINUTE, EnrolmentDesk, EnrolmentRefused
from web.agents.sign_in import ProofRefused, SignedRequest
from web.app import create_app

PATH = "/agent/v1/jobs/next?wait=0"
BODY = b""


class Device:
    """An enrolled device, and the service that it signs in to."""

    def __init__(self, service: ServiceUnderTest, agent: str, folder: Path) -> None:
        self.service = service
        self.agent = agent
        self.config = AgentConfig("rp", folder / agent, ServiceConfig(service.url))
        code = self.desk.invite(agent, "Ki-ốt", operator="an", at=service.clock.now())
        self.identity = enrol_device(self.config, code)

    @property
    def desk(self) -> EnrolmentDesk:
        return self.service.installation.services.agents.enrolment

    def proof(self, key: object = None, algorithm: str = "ES256", **changed: Any) -> str:
        """Return a proof for the request of these tests, or a changed one."""
        claims: dict[str, Any] = {
            "aud": agent_proof.AUDIENCE,
            "iat": int(self.service.clock.now().timestamp()),
            "jti": secrets.token_urlsafe(),
            "htm": "GET",
            "htu": PATH,
            "bh": body_digest(BODY),
        } | changed
        headers = {"typ": agent_proof.TYPE, "x5t#S256": certificate_name(self.identity.sha256)}
        present = {name: value for name, value in claims.items() if value is not None}
        used: Any = self.identity.key if key is None else key
        return jwt.encode(present, used, algorithm=algorithm, headers=headers)

    def status(self, proof: str) -> int:
        url = f"{self.service.url}{PATH}"
        headers = {"Authorization": f"Agent {proof}"}
        return urllib3.request("GET", url, headers=headers).status


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def device(service: ServiceUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Device:
    return Device(service, "ki-ốt-9", tmp_path_factory.mktemp("device"))


def test_the_device_gets_in_and_its_file_is_its_own(device: Device) -> None:
    assert device.status(device.proof()) == 200
    kept = load_identity(device.config.state_dir)
    assert kept is not None
    assert kept.sha256 == device.identity.sha256
    assert kept.name == "urn:cardsvc:agent:ki-%E1%BB%91t-9"
    (device.config.state_dir / "identity.pem").chmod(0o644)
    with pytest.raises(CardsvcError) as caught:
        load_identity(device.config.state_dir)
    assert caught.value.reason is ReasonCode.ACCESS_DENIED


STALE = {"iat": int((AT - timedelta(minutes=10)).timestamp())}


@pytest.mark.reason(ReasonCode.ACCESS_DENIED)
@pytest.mark.parametrize(
    "changed",
    [
        {"bh": body_digest(b"another")},
        {"htm": "POST"},
        {"htu": "/agent/v1/presence"},
        {"htu": PATH.replace("0", "8")},
        {"aud": "another"},
        STALE,
        {"iat": 2**62},
        {"iat": 10**400},
        {"iat": float("inf")},
        {"iat": float("nan")},
        {"iat": "now"},
        {"iat": True},
        {"jti": "short"},
        {"jti": 5},
        {"jti": None},
        {"bh": None},
    ],
)
def test_a_proof_of_another_request_time_or_form_is_refused(
    device: Device, changed: dict[str, Any]
) -> None:
    assert device.status(device.proof(**changed)) == 401


def test_a_proof_serves_once(device: Device) -> None:
    proof = device.proof()
    assert [device.status(proof), device.status(proof)] == [200, 401]


def other_key(_: Device) -> tuple[object, str]:
    return ec.generate_private_key(ec.SECP256R1()), "ES256"


def other_curve(_: Device) -> tuple[object, str]:
    return ec.generate_private_key(ec.SECP384R1()), "ES384"


def no_key(_: Device) -> tuple[object, str]:
    return "", "none"


def public_key_as_secret(device: Device) -> tuple[object, str]:
    return device.identity.sha256.hex(), "HS256"


@pytest.mark.parametrize("forged", [other_key, other_curve, no_key, public_key_as_secret])
def test_a_proof_by_anything_but_the_devices_key_is_refused(
    device: Device, forged: Callable[[Device], tuple[object, str]]
) -> None:
    key, algorithm = forged(device)
    assert device.status(device.proof(key, algorithm)) == 401


@pytest.mark.parametrize("junk", ["", "x", "a.b.c", "é", "=" * 3000, "eyJhbGciOiJFUzI1NiJ9.e30."])
def test_junk_is_refused(device: Device, junk: str) -> None:
    assert device.status(junk) == 401


def test_a_stolen_device_is_shut_out_for_good(service: ServiceUnderTest, tmp_path: Path) -> None:
    stolen = Device(service, "ki-ot-8", tmp_path)
    assert stolen.status(stolen.proof()) == 200
    access = service.installation.access
    pending = stolen.desk.invite("ki-ot-8", "Ki-ốt", operator="an", at=service.clock.now())
    access.disable_agent("ki-ot-8", operator="an", at=service.clock.now())
    assert stolen.status(stolen.proof()) == 401
    with pytest.raises(ServiceError) as caught:
        enrol_device(replace(stolen.config, state_dir=tmp_path / "thief"), pending)
    assert (caught.value.status, caught.value.reason) == (403, ReasonCode.ACCESS_DENIED)
    token = access.enrol_agent("ki-ot-8", "Ki-ốt", operator="an", at=service.clock.now())
    assert ServiceClient(service.url, token).next_job(0).job is None
    assert stolen.status(stolen.proof()) == 401


def test_a_device_that_takes_over_shuts_out_the_one_before_and_its_token(
    service: ServiceUnderTest, tmp_path: Path
) -> None:
    token = service.installation.access.enrol_agent("ki-ot-7", "K", operator="an", at=AT)
    old = Device(service, "ki-ot-7", tmp_path / "old")
    with pytest.raises(ServiceError) as caught:
        ServiceClient(service.url, token).next_job(0)
    assert caught.value.status == 401
    new = Device(service, "ki-ot-7", tmp_path / "new")
    assert [old.status(old.proof()), new.status(new.proof())] == [401, 200]


def test_a_code_serves_once_within_the_hour_and_the_newest_alone(
    service: ServiceUnderTest, device: Device
) -> None:
    desk, at = device.desk, service.clock.now()

    def refused(code: str, when: datetime) -> bool:
        try:
            desk.enrol(EnrolmentMessage(code, signing_request(new_key())), when)
        except EnrolmentRefused:
            return True
        return False

    replaced = desk.invite("cửa-1", "Cửa", operator="an", at=at)
    late = desk.invite("cửa-1", "Cửa", operator="an", at=at)
    assert refused(replaced, at)
    assert refused(late, at + timedelta(hours=1))
    assert not refused(late, at + timedelta(minutes=59))
    assert refused(late, at + timedelta(minutes=59))


@pytest.mark.reason(ReasonCode.TOO_MANY_REPORTS)
def test_guessing_codes_is_cut_short(tmp_path: Path) -> None:
    with serve(tmp_path) as service:
        desk, at = service.installation.services.agents.enrolment, service.clock.now()
        guess = EnrolmentMessage("x" * 22, signing_request(new_key()))
        reasons = []
        for _ in range(FAILURES_PER_MINUTE + 1):
            with pytest.raises(EnrolmentRefused) as caught:
                desk.enrol(guess, at)
            reasons.append(caught.value.reason)
        assert set(reasons[:-1]) == {ReasonCode.ACCESS_DENIED}
        assert reasons[-1] is ReasonCode.TOO_MANY_REPORTS
        with pytest.raises(EnrolmentRefused) as caught:
            desk.enrol(guess, at + timedelta(minutes=2))
        assert caught.value.reason is ReasonCode.ACCESS_DENIED


def test_a_request_for_a_key_that_is_not_its_own_or_not_p256_is_malformed(device: Device) -> None:
    good = signing_request(new_key())
    for request in (good[:-3] + bytes(3), signing_request(_p384()), b"", b"0\x00"):
        with pytest.raises(Malformed):
            device.desk.enrol(EnrolmentMessage("x", request), AT)


def _p384() -> Any:
    return ec.generate_private_key(ec.SECP384R1())


def test_an_answer_for_another_key_or_agent_is_not_taken(device: Device) -> None:
    der = [
        one.public_bytes(Encoding.DER)
        for one in (device.identity.certificate, device.identity.authority)
    ]
    with pytest.raises(Malformed):
        identity_of(new_key(), EnrolledMessage(device.agent, *der))
    with pytest.raises(Malformed):
        identity_of(device.identity.key, EnrolledMessage("another", *der))
    with pytest.raises(Malformed):
        identity_of(device.identity.key, EnrolledMessage(device.agent, der[0], der[0]))


def test_a_certificate_that_has_ended_is_refused(device: Device) -> None:
    sign_in = device.service.installation.services.agents.sign_in
    late = device.identity.certificate.not_valid_after_utc
    with pytest.raises(ProofRefused) as caught:
        sign_in.agent_of(SignedRequest(device.proof(), "GET", PATH, BODY), late)
    assert caught.value.reason is ReasonCode.CERTIFICATE_EXPIRED


def test_where_tokens_are_off_the_devices_key_is_the_only_way_in(
    service: ServiceUnderTest, device: Device
) -> None:
    services = service.installation.services
    keys_only = replace(services, agents=replace(services.agents, tokens=False))
    client = create_app(keys_only).test_client()
    token = {"Authorization": f"Bearer {service.agent_token}"}
    assert client.get(PATH, headers=token).status_code == 401
    assert client.get(PATH, headers={"Authorization": f"Agent {device.proof()}"}).status_code == 200


class SlowClock:
    """A device's clock that is an hour behind."""

    def __init__(self, service: ServiceUnderTest) -> None:
        self._service = service

    def now(self) -> datetime:
        return self._service.clock.now() - timedelta(hours=1)


def test_a_device_with_a_slow_clock_follows_the_services(
    service: ServiceUnderTest, device: Device
) -> None:
    key = DeviceKey(device.identity, SlowClock(service), os.urandom)
    client = ServiceClient(service.url, key)
    assert client.next_job(0).job is None
    assert timedelta(minutes=59) < key.clock_offset < timedelta(minutes=61)


def test_every_thread_that_signed_by_a_slow_clock_asks_again(
    service: ServiceUnderTest, device: Device
) -> None:
    key = DeviceKey(device.identity, SlowClock(service), os.urandom)
    told = service.clock.now().isoformat()

    def ask() -> bool:
        key.authorization("GET", PATH, BODY)
        signed.wait(30)
        return key.heard(told)

    signed = Barrier(2)
    with ThreadPoolExecutor(2) as threads:
        again = [threads.submit(ask) for _ in range(2)]
        assert [one.result(30) for one in again] == [True, True]
    key.authorization("GET", PATH, BODY)
    assert not key.heard(told)
