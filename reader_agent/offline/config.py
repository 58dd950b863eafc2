"""The ``[offline]`` section of ``agent.toml``: whether to decide offline, and how cautiously.

::

    [offline]
    refresh_seconds = 30

    [[offline.steps]]
    after_hours = 4
    then = "pin"

    [[offline.steps]]
    service = "cua-ra-vao"
    after_hours = 24
    then = "guard"
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, unique

from reader_agent.run.config_section import ConfigSection

_MAX_HOURS = 24 * 365


@unique
class Caution(StrEnum):
    """What an agent does with a bundle of some age, the policy allowing it."""

    ALLOW = "allow"
    PIN = "pin"
    GUARD = "guard"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class StaleStep:
    """From some age of the bundle on.

    Args:
        after: the age.
        then: what to do.
        service: at which service; None for those without steps of their own.
    """

    after: timedelta
    then: Caution
    service: str | None = None


DEFAULT_STEPS = (
    StaleStep(timedelta(hours=4), Caution.PIN),
    StaleStep(timedelta(hours=24), Caution.GUARD),
    StaleStep(timedelta(hours=72), Caution.DENY),
)


@dataclass(frozen=True, slots=True)
class OfflineConfig:
    """How to decide while the service is away.

    Args:
        enabled: whether to decide at all.
        refresh_seconds: how often the bundle is asked for while the service answers.
        steps: in any order; before the first of a service the policy alone decides.
    """

    enabled: bool = True
    refresh_seconds: float = 30.0
    steps: tuple[StaleStep, ...] = DEFAULT_STEPS

    def caution(self, service: str, age: timedelta) -> Caution:
        """Return what to do at a service with a bundle of an age."""
        own = [one for one in self.steps if one.service == service]
        steps = own or [one for one in self.steps if one.service is None]
        reached = [one for one in steps if age >= one.after]
        return max(reached, key=lambda one: one.after).then if reached else Caution.ALLOW


def parse_offline_config(section: ConfigSection) -> OfflineConfig:
    """Parse the section.

    Raises:
        ConfigError: names the key and the line.
    """
    default = OfflineConfig()
    enabled = section.flag("enabled", default.enabled)
    refresh_seconds = section.seconds(
        "refresh_seconds", default.refresh_seconds, least=1, most=3600
    )
    steps = tuple(_step(one) for one in section.sections("steps"))
    section.done()
    places = {(one.service, one.after) for one in steps}
    if len(places) != len(steps):
        section.refuse("steps", "two steps of one service begin at one age")
    return OfflineConfig(enabled, refresh_seconds, steps or default.steps)


def _step(section: ConfigSection) -> StaleStep:
    hours = section.number("after_hours", least=0, most=_MAX_HOURS)
    then = section.choice("then", Caution)
    service = section.text("service", most=200) if section.has("service") else None
    section.done()
    return StaleStep(timedelta(hours=hours), then, service)
