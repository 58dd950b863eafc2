"""Changes a running agent: some things as they run, others by making their parts anew."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from cardsvc.desk_records import ReaderState
from reader_agent.run.attendance import AttendanceNotes
from reader_agent.run.config import AgentConfig
from reader_agent.run.groups import Group
from reader_agent.run.happenings import SettingsTold
from reader_agent.run.part import Attended, Part, PartState
from reader_agent.run.supervisor import Supervisor
from reader_agent.run.tools import AgentTools

MOST_FAILURES = 2
"""A part that failed more often since it was made does not do."""


class AgentRefit:
    """Implements ``keeper.Refit``.

    Args:
        tools: the agent.
        supervisor: keeps its parts running.
        attendance: notes taps that count.
        groups: makes the parts of a group, by its name.
        parts: those of each group that run now.
    """

    def __init__(
        self,
        tools: AgentTools,
        supervisor: Supervisor,
        attendance: AttendanceNotes,
        groups: Mapping[str, Group],
        parts: Mapping[str, Sequence[Part]],
    ) -> None:
        self._tools, self._supervisor, self._attendance = tools, supervisor, attendance
        self._groups, self._parts = dict(groups), dict(parts)

    def is_quiet(self) -> bool:
        """Tell whether nobody stands at a reader, before a page, or in a door."""
        readers = self._tools.readers
        states = (readers.state_of(one.name) for one in self._tools.config.readers)
        parts = (part for group in self._parts.values() for part in group)
        return all(state in (None, ReaderState.EMPTY) for state in states) and not any(
            isinstance(one, Attended) and one.in_use for one in parts
        )

    def apply(self, before: AgentConfig, after: AgentConfig) -> frozenset[str]:
        """Change what differs; return the names of the parts that were made anew.

        Raises:
            Exception: a part can't be made so.
        """
        self._change_as_it_runs(before, after)
        changed: frozenset[str] = frozenset()
        tools = replace(self._tools, config=after)
        for group in changed_groups(before, after):
            self._supervisor.remove([one.name for one in self._parts[group]])
            self._parts[group] = ()
            parts = self._groups[group](tools)
            self._supervisor.add(parts)
            self._parts[group] = parts
            changed |= {one.name for one in parts}
        return changed

    def failing(self, names: frozenset[str]) -> str | None:
        """Return one of these parts that does not do since it was made, or None."""
        for one in self._supervisor.health():
            down = one.state is not PartState.RUNNING or one.failures > MOST_FAILURES
            if one.name in names and down:
                return f"{one.name}: {one.last_failure or one.state.value}"
        return None

    def applied(self) -> None:
        """Tell the heartbeat that there is something to tell."""
        self._tools.hub.publish(SettingsTold(self._tools.clock.now()))

    def _change_as_it_runs(self, before: AgentConfig, after: AgentConfig) -> None:
        if after.log.level != before.log.level:
            logging.getLogger().setLevel(after.log.level)
        self._tools.client.tap_seconds = after.service.answer_seconds
        self._attendance.count(after.attendance)
        offline = self._tools.offline
        if offline is not None and offline.keeper is not None and offline.judge is not None:
            offline.keeper.config = offline.judge.config = after.offline


def changed_groups(before: AgentConfig, after: AgentConfig) -> tuple[str, ...]:
    """Return the groups of parts that are made anew."""
    pages = (before.kiosk, before.counter) != (after.kiosk, after.counter)
    return tuple(
        name
        for name, changes in (("pages", pages), ("doors", before.doors != after.doors))
        if changes
    )
