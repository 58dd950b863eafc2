"""Parts that belong together: they are made, stopped and made anew as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reader_agent.run.part import Part
from reader_agent.run.tools import AgentTools

Group = Callable[[AgentTools], Sequence[Part]]


def page_parts(tools: AgentTools) -> Sequence[Part]:
    """Return the parts of the kiosk and the counter, with what serves this machine."""
    if tools.config.kiosk is None and tools.config.counter is None:
        return ()
    from reader_agent.loopback.compose import local_parts  # noqa: PLC0415 - no page, no Flask

    return local_parts(tools)


def all_doors(tools: AgentTools) -> Sequence[Part]:
    """Return the parts of all doors: they share a line, areas and air locks."""
    if not tools.config.doors.doors:
        return ()
    from reader_agent.door.parts import door_parts  # noqa: PLC0415 - no doors, no pins

    return door_parts(tools.config.doors, tools)


GROUPS: Mapping[str, Group] = {"pages": page_parts, "doors": all_doors}
