"""A door without network: it decides by its last bundle, and obeys the next one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import urllib3
from click.testing import CliRunner, Result

from cardsvc.clock import VIETNAM_TIME, SettableClock
from cardsvc.errors import CardsvcError, ReasonCode, VerificationError
from cardsvc.offline_records import parse_offline_decision
from cardsvc.terms import AssuranceLevel, CardType, RevocationReason
from issuance import lifecycle
from reader_agent.client import ServiceClient
from reader_agent.offline.config import Caution, OfflineConfig, StaleStep
from reader_agent.outbox.config import OutboxConfig
from reader_agent.outbox.sender import OutboxSender
from tests.support.installations import (
    AGENT,
    RELYING_PARTY,
    SERVICE,
    ServiceUnderTest,
    serve,
)
from tests.support.offline_agents import PATIENT, OfflineAgent
from verification.bundle.manifest import verify_manifest
from web.cli import main

HOUR = timedelta(hours=1)
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("offline")) as running:
        yield running


def door(service: ServiceUnderTest, folder: Path, config: OfflineConfig = PATIENT) -> OfflineAgent:
    machine = SettableClock(service.installation.clock.now())
    agent = OfflineAgent(folder, service.kiosk, machine, config)
    agent.keeper.refresh()
    return agent


def refused(agent: OfflineAgent, card: object) -> str:
    decision = agent.tap(card)  # type: ignore[arg-type]
    assert not decision.granted
    return decision.code


def test_a_card_is_granted_and_once_the_bundle_says_so_refused(
    service: ServiceUnderTest, tmp_path: Path
) -> None:
    card, guid = service.active_card()
    agent = door(service, tmp_path)
    decision = agent.tap(card)
    assert (decision.granted, decision.level, decision.holder_name) == (True, "X1", None)
    assert decision.released == {}
    assert decision.receipt.startswith("offline:")
    assert agent.tap(card, AssuranceLevel.X2).level == "X2"

    store = service.installation.store
    lifecycle.suspend(store, guid, operator="lan", at=service.installation.clock.now())
    assert agent.tap(card).granted  # it can not know yet
    agent.keeper.refresh()
    assert refused(agent, card) == "card_suspended"
    lifecycle.resume(store, guid, operator="lan", at=service.installation.clock.now())
    agent.keeper.refresh()
    assert agent.tap(card).granted
    lifecycle.revoke(
        store, guid, reason=RevocationReason.KEY_COMPROMISE, operator="lan",
        at=service.installation.clock.now(),
    )  # fmt: skip
    agent.keeper.refresh()
    assert refused(agent, card) == "card_revoked"

    events = [one.event for one in agent.outbox.book.unsent(50, 10**6)]
    decisions = [parse_offline_decision(one) for one in events]
    assert [one.granted for one in decisions] == [True, True, True, False, True, False]
    assert [one.reasons for one in decisions if not one.granted] == [
        ("card_suspended",),
        ("card_revoked",),
    ]
    assert {one.guid for one in decisions} == {guid}
    assert [one.bundle_seq for one in decisions] == sorted(one.bundle_seq for one in decisions)
    OutboxSender(agent.outbox, service.kiosk, agent.machine, OutboxConfig()).step()
    assert [one.event for one in service.installation.events.events(agent=AGENT)] == events


def test_a_card_of_after_the_bundle_is_not_known(service: ServiceUnderTest, tmp_path: Path) -> None:
    agent = door(service, tmp_path)
    card, _ = service.active_card(CardType.INDIVIDUAL)
    assert refused(agent, card) == "card_not_valid"
    agent.keeper.refresh()
    assert agent.tap(card).granted


def test_after_a_restart_without_network_the_last_bundle_decides(
    service: ServiceUnderTest, tmp_path: Path
) -> None:
    card, _ = service.active_card()
    before = door(service, tmp_path)
    before.outbox.close()
    away = ServiceClient(NOWHERE, "none")
    agent = OfflineAgent(tmp_path, away, before.machine)
    with pytest.raises(CardsvcError) as caught:
        agent.keeper.refresh()
    assert caught.value.reason is ReasonCode.NETWORK_FAILED
    assert agent.tap(card).granted
    assert not agent.keeper.time.is_certain


def test_zones_grow_cautious_as_the_bundle_ages(service: ServiceUnderTest, tmp_path: Path) -> None:
    steps = (
        StaleStep(HOUR / 6, Caution.PIN),
        StaleStep(HOUR / 3, Caution.GUARD),
        StaleStep(HOUR / 2, Caution.DENY),
    )
    card, _ = service.active_card()
    agent = door(service, tmp_path, replace(PATIENT, steps=steps))
    assert agent.tap(card).granted
    agent.pass_time(HOUR / 6)
    assert refused(agent, card) == "level_too_low"
    assert agent.tap(card, AssuranceLevel.X2).granted
    agent.pass_time(HOUR / 6)
    assert refused(agent, card) == "guard_needed"
    agent.pass_time(HOUR / 6)
    assert refused(agent, card) == "status_too_old"
    agent.keeper.refresh()
    assert agent.tap(card).granted


def test_the_policy_bounds_the_age_too_and_the_bundle_ends(
    service: ServiceUnderTest, tmp_path: Path
) -> None:
    card, _ = service.active_card()
    agent = door(service, tmp_path)
    agent.pass_time(HOUR + timedelta(minutes=1))
    assert (
        refused(agent, card) == "status_too_old"
    )  # fresh for one hour, as policies say by default
    agent.pass_time(timedelta(days=8))
    with pytest.raises(VerificationError) as caught:
        agent.tap(card)
    assert caught.value.reason is ReasonCode.STATUS_STALE


def test_an_answer_counts_once(service: ServiceUnderTest, tmp_path: Path) -> None:
    card, _ = service.active_card()
    agent = door(service, tmp_path)
    taken = []
    present = agent.judge.present
    agent.judge.present = lambda one: (taken.append(one), present(one))[1]  # type: ignore[method-assign]
    assert agent.tap(card).granted
    assert present(taken[0]).code == "try_again"
    assert not agent.tap(card, after=lambda: agent.pass_time(HOUR / 30)).granted


def test_the_service_gives_what_changed_and_no_more(
    service: ServiceUnderTest, tmp_path: Path
) -> None:
    _, guid = service.active_card()
    agent = door(service, tmp_path)
    fetched: list[bytes] = []
    fetch = service.kiosk.bundle_part
    service.kiosk.bundle_part = lambda one: (fetched.append(one), fetch(one))[1]  # type: ignore[method-assign]
    agent.keeper.refresh()
    assert fetched == []
    store = service.installation.store
    lifecycle.suspend(store, guid, operator="lan", at=service.installation.clock.now())
    agent.keeper.refresh()
    assert len(fetched) == 2  # the index of that card type, and the card's bucket
    del service.kiosk.bundle_part

    def ask(path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        headers |= {"Authorization": f"Bearer {service.agent_token}"}
        return urllib3.request("GET", f"{service.url}/agent/v1/bundle{path}", headers=headers)

    manifest = ask(f"?relying_party={RELYING_PARTY}")
    assert manifest.headers["Content-Type"] == "application/jose"
    tag = {"If-None-Match": manifest.headers["ETag"]}
    assert ask(f"?relying_party={RELYING_PARTY}", **tag).status == 304
    claims = verify_manifest(manifest.data.decode(), service.kiosk.bundle_keys())
    assert (claims.agent, claims.relying_party) == (AGENT, RELYING_PARTY)
    assert ask("").status == ask("/parts/xyz").status == 400
    assert ask("?relying_party=nobody").status == 404
    assert ask(f"/parts/{'0' * 64}").status == 404
    assert urllib3.request("GET", f"{service.url}/agent/v1/bundle").status == 401


def test_the_report_says_what_was_opened_on_an_old_list(
    service: ServiceUnderTest, tmp_path: Path
) -> None:
    card, guid = service.active_card()
    another, _ = service.active_card()
    for disk in ("former", "present"):
        (tmp_path / disk).mkdir()
        agent = door(service, tmp_path / disk)
        assert agent.tap(another).granted
        OutboxSender(agent.outbox, service.kiosk, agent.machine, OutboxConfig()).step()

    def pass_time(minutes: int) -> None:
        agent.pass_time(timedelta(minutes=minutes))
        service.clock.advance(timedelta(minutes=minutes))

    pass_time(36)
    at = service.clock.now()
    lifecycle.revoke(
        service.installation.store, guid, reason=RevocationReason.KEY_COMPROMISE, operator="lan",
        at=at,
    )  # fmt: skip
    pass_time(4)
    assert agent.tap(card).granted
    OutboxSender(agent.outbox, service.kiosk, agent.machine, OutboxConfig()).step()

    def report(*options: str) -> Result:
        span = ("--since", "2026-11-20", "--until", "2026-12-31T23:59", "--agent", AGENT)
        environment = service.installation.settings.as_environment()
        return CliRunner().invoke(main, ("agent", *options, *span), env=environment)

    told = report("offline-report")
    assert told.exit_code == 1, told.output
    since, opened = (f"{one.astimezone(VIETNAM_TIME):%H:%M}" for one in (at, service.clock.now()))
    assert f"\t{AGENT}\t{SERVICE}\t{guid}\n" in told.output
    assert f"opened {opened} on a list 40 minutes old; revoked since {since}" in told.output
    assert f"mở lúc {opened} theo danh sách cũ 40 phút; đã thu hồi từ {since}" in told.output
    assert "granted_after_end 1" in told.output
    lines = [json.loads(line) for line in report("offline-report", "--json").stdout.splitlines()]
    (found,) = [one for one in lines if one["card"] == str(guid)]
    assert (found["finding"], found["state"]) == ("granted_after_end", "revoked")
    assert 2400 <= found["list_age_seconds"] < 2460
    kinds = {json.loads(line)["kind"] for line in report("events").stdout.splitlines()}
    assert kinds == {"tap.decided_offline"}
    environment = service.installation.settings.as_environment()
    alarms = CliRunner().invoke(main, ("agent", "alarms"), env=environment)
    assert f"\t{AGENT}\trestart\t" in alarms.output  # as the disk is another one
