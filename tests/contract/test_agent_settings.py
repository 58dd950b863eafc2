"""What is set at agents from afar, on both databases: numbered, audited, never lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.config_section import ConfigError
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.agent_settings import SqlAgentSettings
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from web.agents.settings import SettingsDesk, SettingsRefused

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
QUIET, LOUD = "[kiosk]\nsound = false\n", "[kiosk]\nsound = true\n"


class ClaimsAsText:
    def sign(self, claims: object) -> str:
        return repr(claims)


@pytest.fixture
def desk(database: Database) -> SettingsDesk:
    SqlAccessStore(database).enrol_agent("ki-ot-1", "Sảnh", operator="admin", at=AT)
    return SettingsDesk(SqlAgentSettings(database), ClaimsAsText())


def put(desk: SettingsDesk, text: str, after: int, agent: str = "ki-ot-1") -> int:
    return desk.configure(agent, text, after=after, operator="quân", at=AT).seq


def refusal(call: Callable[[], object]) -> ReasonCode:
    with pytest.raises(CardsvcError) as caught:
        call()
    return caught.value.reason


def events(database: Database) -> list[AuditEvent]:
    told = [one.event for one in AuditLog(database).events()]
    return [one for one in reversed(told) if one.action is AuditAction.AGENT_CONFIGURED]


def test_versions_are_numbered_audited_and_gone_back_to(
    database: Database, desk: SettingsDesk
) -> None:
    assert desk.wanted("ki-ot-1") is None
    assert [put(desk, QUIET, 0), put(desk, LOUD, 1)] == [1, 2]
    assert put(desk, LOUD, 2) == 2, "what is set already is no new version"
    again = desk.restore("ki-ot-1", 1, after=2, operator="lan", at=AT)
    assert (again.seq, again.text, again.restored_from) == (3, QUIET, 1)
    assert desk.wanted("ki-ot-1") == 3
    assert [one.seq for one in desk.history("ki-ot-1")] == [3, 2, 1]
    assert "'seq': 3" in desk.signed("ki-ot-1")
    told = events(database)
    assert [(one.actor, one.subject) for one in told] == [
        ("quân", "ki-ot-1"),
        ("quân", "ki-ot-1"),
        ("lan", "ki-ot-1"),
    ]
    assert [one.facts["seq"] for one in told] == [1, 2, 3]
    assert told[2].facts["restored_from"] == 1
    assert told[0].facts["sha256"] == told[2].facts["sha256"] != told[1].facts["sha256"]


@pytest.mark.reason(ReasonCode.SETTINGS_CHANGED)
def test_who_has_not_seen_the_last_version_sets_nothing(
    database: Database, desk: SettingsDesk
) -> None:
    put(desk, QUIET, 0)
    assert refusal(lambda: put(desk, LOUD, 0)) is ReasonCode.SETTINGS_CHANGED
    assert refusal(lambda: put(desk, LOUD, 7)) is ReasonCode.SETTINGS_CHANGED
    assert refusal(lambda: put(desk, QUIET, 0, "nobody")) is ReasonCode.SETTINGS_CHANGED
    assert desk.wanted("ki-ot-1") == 1
    assert len(events(database)) == 1


@pytest.mark.reason(ReasonCode.SETTINGS_UNKNOWN)
def test_a_version_that_never_was_is_not_gone_back_to(desk: SettingsDesk) -> None:
    unknown = refusal(
        lambda: desk.restore("ki-ot-1", 4, after=0, operator="lan", at=AT),
    )
    assert unknown is ReasonCode.SETTINGS_UNKNOWN
    assert refusal(lambda: desk.signed("ki-ot-1")) is ReasonCode.SETTINGS_UNKNOWN


def test_what_may_not_be_set_is_not_kept(database: Database, desk: SettingsDesk) -> None:
    with pytest.raises(ConfigError):
        put(desk, '[service]\nurl = "https://elsewhere.example"\n', 0)
    assert desk.wanted("ki-ot-1") is None
    assert not events(database)


def test_of_two_at_once_one_is_told_so(desk: SettingsDesk) -> None:
    def attempt(number: int) -> int | ReasonCode:
        try:
            return put(desk, f"[log]\nlevel = 'info' # {number}\n", 0)
        except SettingsRefused as error:
            return error.reason

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(attempt, range(4)))
    assert sorted(map(str, outcomes)) == ["1", *["settings_changed"] * 3]
