"""The simulation of ``python -m bench outbox``, with fewer events."""

from __future__ import annotations

from bench.outbox import simulate
from tests.support.outbox_events import AT
from verification.reconcile import Finding


def test_each_event_arrives_once_and_in_order() -> None:
    found = simulate(3_000, AT)
    assert (found.appended, found.arrived) == (3_000, 3_000)
    assert (found.twice, found.missing, found.in_order) == (0, 0, True)
    assert found.lost_answers > 0
    assert found.findings == {Finding.AGREES: 3_000}
