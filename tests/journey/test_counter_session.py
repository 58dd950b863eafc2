"""A counter leads one card from its chip over its PIN to the officer's photo match."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from cardsvc.audit import AuditAction
from cardsvc.errors import ReasonCode
from cardsvc.service_records import ServicePolicy
from reader_agent.client import ServiceClient
from reader_agent.enrol.ask import enrol_device
from reader_agent.enrol.proof import DeviceKey
from reader_agent.own_checks import ask_own_checks
from reader_agent.run.config import AgentConfig, ServiceConfig
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from tests.support.counter import Counter
from tests.support.installations import AGENT, AT, PIN, RELYING_PARTY, ServiceUnderTest, serve
from tests.support.partner import X1, X2, Partner, conforming_partner
from tests.support.taps import answer_to

SERVICE = "xac-nhan"
POLICY = """
format = 1
service = "xac-nhan"
title = { vi = "Xác nhận", en = "Confirmation" }
purpose = { code = "confirm", vi = "Xác nhận tại quầy", en = "Confirmation at the counter" }
minimum_level = "X3"
[release]
attributes = ["name", "over_18"]
consent = { version = "2026-1", vi = "Tôi đồng ý.", en = "I agree." }
[[rules]]
name = "all"
effect = "allow"
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        policy = ServicePolicy(RELYING_PARTY, SERVICE, 0, POLICY)
        running.installation.access.put_policy(policy, operator="admin", at=AT)
        yield running


@pytest.fixture(scope="module")
def partner(service: ServiceUnderTest) -> Iterator[Partner]:
    with conforming_partner(service) as made:
        yield made


@pytest.fixture(scope="module")
def card(service: ServiceUnderTest) -> VirtualCard:
    return service.active_card()[0]


def lead(counter: Counter, card: VirtualCard) -> list[dict[str, object]]:
    """Take the three steps; return their answers."""
    return [counter.tap(card, X1), counter.tap(card, X2), counter.confirm()]


def test_the_levels_rise_step_by_step_and_the_last_one_grants(
    service: ServiceUnderTest, partner: Partner, card: VirtualCard
) -> None:
    counter = Counter.open(partner, SERVICE)
    assert counter.as_it_stands()["level"] is None
    chip, pin, photo = lead(counter, card)
    assert [one["granted"] for one in (chip, pin, photo)] == [False, False, True]
    assert [one["level"] for one in (chip, pin, photo)] == ["X1", "X2", "X3"]
    assert "mã PIN" in str(chip["message_vi"])
    assert "đối chiếu ảnh" in str(pin["message_vi"])
    assert photo["released"] == {"name": photo["holder_name"], "over_18": True}
    stands = counter.as_it_stands()
    assert (stands["state"], stands["steps"], stands["level"]) == ("open", 3, "X3")
    assert counter.close()["state"] == "closed"
    assert counter.close()["state"] == "closed"
    found = service.installation.audit.events(subject=counter.id)[::-1]
    assert [one.event.action for one in found] == [
        AuditAction.COUNTER_SESSION_OPENED,
        AuditAction.COUNTER_PHOTO_MATCHED,
        AuditAction.COUNTER_SESSION_CLOSED,
    ]
    assert found[1].event.facts["officer"] == "can-bo-lan"


def test_the_receipts_are_a_chain(
    service: ServiceUnderTest, partner: Partner, card: VirtualCard
) -> None:
    counter = Counter.open(partner, SERVICE)
    receipts = [str(one["receipt"]) for one in lead(counter, card)]
    claims = [service.installation.check_receipt(one) for one in receipts]
    assert [one["session"]["step"] for one in claims] == [1, 2, 3]
    assert {one["session"]["id"] for one in claims} == {counter.id}
    assert "previous_sha256" not in claims[0]["session"]
    for (before, _), (_, after) in pairwise(zip(receipts, claims, strict=True)):
        expected = hashlib.sha256(before.encode()).hexdigest()
        assert after["session"]["previous_sha256"] == expected
    assert claims[2]["officer"] == "can-bo-lan"
    assert claims[2]["consent"] == "2026-1"
    assert "nonce_sha256" not in claims[2]


def test_an_agent_leads_the_session_that_a_partner_opened_for_it(
    service: ServiceUnderTest, partner: Partner, card: VirtualCard
) -> None:
    kiosk = Partner(partner.app, AGENT, service.agent_token)
    opened = Counter.open(partner, SERVICE, agent=AGENT)
    for counter in (
        Counter(kiosk, opened.id, "/agent/v1"),
        Counter.open(kiosk, SERVICE, relying_party=RELYING_PARTY),
    ):
        assert lead(counter, card)[2]["granted"] is True
        assert Counter(partner, counter.id).as_it_stands()["level"] == "X3"
    # the partner may look and close, but the questions are the agent's
    assert opened.tap(card, X1)["code"] == "try_again"
    assert service.last_reason() is ReasonCode.CHALLENGE_MISBOUND
    assert opened.close()["state"] == "closed"


def test_an_agent_that_signs_with_its_device_key_leads_sessions_and_asks_for_checks(
    service: ServiceUnderTest, card: VirtualCard, tmp_path: Path
) -> None:
    config = AgentConfig("rp", tmp_path / "agent", ServiceConfig(service.url))
    enrolment = service.installation.services.agents.enrolment
    code = enrolment.invite("quay-7", "Quầy 7", operator="an", at=service.clock.now())
    identity = enrol_device(config, code)
    client = ServiceClient(service.url, DeviceKey(identity, service.clock, os.urandom))
    session = client.open_session(RELYING_PARTY, SERVICE)
    for level in (X1, X2):
        shown = answer_to(client.session_challenge(session, level), card, level).presentation
        assert client.session_present(session, shown).level == level.name
    assert client.session_photo_match(session, "can-bo-lan").granted
    client.close_session(session)
    connection = connect_in_process(card)
    assert ask_own_checks(client, connection, lambda _tries: PIN).checks[0].level == "X3"
    connection.close()
