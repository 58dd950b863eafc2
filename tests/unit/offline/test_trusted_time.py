"""What time it is, whatever is done to the machine's clock; and how cautious a zone grows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cardsvc.clock import SettableClock
from reader_agent.offline.config import (
    Caution,
    OfflineConfig,
    StaleStep,
    parse_offline_config,
)
from reader_agent.offline.trusted_time import TrustedTime
from reader_agent.run.config_section import ConfigError, parse_config_text
from tests.support.bundles import AT
from tests.support.offline_agents import Seconds

YEAR, HOUR = timedelta(days=365), timedelta(hours=1)


def test_once_something_signed_has_come_the_machines_clock_counts_no_more() -> None:
    machine, seconds = SettableClock(AT + YEAR), Seconds(100.0)
    time = TrustedTime(machine, seconds)
    assert (time.now(), time.is_certain) == (AT + YEAR, False)
    time.witness(AT)
    for wrong in (AT - YEAR, AT, AT + YEAR):
        machine.at = wrong
        assert time.now() == time.reference() == AT
    seconds.value += 3600
    assert time.now() == time.latest == AT + HOUR


def test_a_clock_set_back_before_a_restart_goes_no_further_than_what_we_know() -> None:
    time = TrustedTime(SettableClock(AT - YEAR), Seconds(), latest=AT)
    assert time.now() == AT
    assert time.reference() is None
    assert time.latest == AT


def test_a_clock_that_is_ahead_after_a_restart_leaves_no_trace() -> None:
    time = TrustedTime(SettableClock(AT + YEAR), Seconds(), latest=AT)
    assert time.now() == AT + YEAR
    assert time.latest == AT
    time.witness(AT + HOUR)
    assert time.now() == time.latest == AT + HOUR


def test_what_was_under_way_for_some_seconds_takes_nothing_back() -> None:
    seconds = Seconds()
    time = TrustedTime(SettableClock(AT), seconds)
    time.witness(AT)
    seconds.value = 20
    time.witness(AT + timedelta(seconds=11))
    assert time.now() == AT + timedelta(seconds=20)
    time.witness(AT + timedelta(seconds=25))
    assert time.now() == AT + timedelta(seconds=25)
    time.witness(AT - HOUR)  # it came just now and is accepted: we were ahead
    assert time.now() == AT - HOUR


def test_steps_are_a_services_own_or_everybodys() -> None:
    text = """
    [offline]
    refresh_seconds = 5
    [[offline.steps]]
    after_hours = 24
    then = "deny"
    [[offline.steps]]
    after_hours = 4
    then = "pin"
    [[offline.steps]]
    service = "cua"
    after_hours = 1
    then = "guard"
    """
    config = parse_offline_config(parse_config_text(text).section("offline"))
    assert config.refresh_seconds == 5
    assert [config.caution("khac", hours * HOUR) for hours in (3, 4, 24)] == [
        Caution.ALLOW, Caution.PIN, Caution.DENY,
    ]  # fmt: skip
    assert [config.caution("cua", hours * HOUR) for hours in (0, 1, 99)] == [
        Caution.ALLOW, Caution.GUARD, Caution.GUARD,
    ]  # fmt: skip
    assert OfflineConfig().caution("cua", 80 * HOUR) is Caution.DENY
    assert (
        OfflineConfig(steps=(StaleStep(HOUR, Caution.ALLOW),)).caution("x", 9 * HOUR)
        is Caution.ALLOW
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("refresh_seconds = 0", "offline.refresh_seconds"),
        ('[[offline.steps]]\nafter_hours = 1\nthen = "hope"', r"offline.steps\[0\].then"),
        ('[[offline.steps]]\nthen = "pin"', r"offline.steps\[0\].after_hours"),
        ('[[offline.steps]]\nafter_hours = 1\nthen = "pin"\n' * 2, "offline.steps"),
    ],
)
def test_what_is_wrong_is_named(text: str, key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        parse_offline_config(parse_config_text(f"[offline]\n{text}").section("offline"))
