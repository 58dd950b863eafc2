"""The agents of issuing desks: which may be given a job, and whether they are there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cardsvc.access_records import Enrolled
from cardsvc.desk_records import AgentPresence
from web.console.languages import Text
from web.console.services import ConsoleServices
from web.console.visitor import request_instant

_STILL_THERE = timedelta(seconds=90)
"""Agents tell of themselves several times a minute; see the agent's settings."""


@dataclass(frozen=True, slots=True)
class DeskAgent:
    """An agent that may be given a job.

    Args:
        enrolled: its entry in the register.
        presence: what it last told, or None where it never called.
        is_here: it told something lately.
    """

    enrolled: Enrolled
    presence: AgentPresence | None
    is_here: bool


def desk_agents(services: ConsoleServices) -> list[DeskAgent]:
    """Return the agents that may stand at a desk, those that are here first."""
    told = {one.agent: one for one in services.issuing.presence()}
    at = request_instant(services)
    agents = []
    for one in services.agents.agents():
        seen = told.get(one.id)
        if one.enabled and _may_be_desk(seen):
            agents.append(
                DeskAgent(one, seen, seen is not None and at - seen.seen_at < _STILL_THERE)
            )
    return sorted(agents, key=lambda agent: (not agent.is_here, agent.enrolled.id))


def _may_be_desk(seen: AgentPresence | None) -> bool:
    """Tell kiosks, counters and doors apart: those tell of their parts, none of which is a desk."""
    if seen is None or seen.health is None:
        return True
    return any(
        str(part.get("name", "")).startswith("desk") for part in seen.health.get("running", ())
    )


def agent_choices(services: ConsoleServices) -> list[tuple[str, Text]]:
    """Return the agents as the options of a form."""
    return [(one.enrolled.id, _named(one)) for one in desk_agents(services)]


def _named(one: DeskAgent) -> Text:
    name = f"{one.enrolled.name} ({one.enrolled.id})"
    if one.is_here:
        return Text(f"{name} – đang kết nối", f"{name} – online")
    return Text(f"{name} – không kết nối", f"{name} – offline")
