"""A short round of the agent's footprint: it starts, shows its first screen, and is counted."""

from __future__ import annotations

from bench.footprint import measure_footprint


def test_the_agent_with_its_page_is_measured() -> None:
    ready, resident, at_rest = measure_footprint(rest_seconds=0.2)
    assert ready.value > 0
    assert 10 < resident.value < 1000
    assert at_rest.value >= 0
