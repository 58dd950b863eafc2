"""How the service's parts stand, read when somebody asks: agents, backlogs, the log, the pool."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from cardsvc.clock import Clock
from cardsvc.desk_records import ReaderState
from cardsvc.errors import CardsvcError


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How the parts stand at an instant.

    Args:
        agents_heard: enrolled agents that told of themselves lately.
        agents_silent: those that did not.
        agents_without_pcsc: heard agents whose PC/SC service does not answer.
        readers: readers of heard agents by what is in them.
        event_lag: entries of the audit log that partners were not told of yet.
        webhooks_waiting: deliveries that wait.
        webhooks_dead: deliveries that were given up.
        head_age_seconds: since the audit log was signed last; None where it never was.
        failing_steps: pieces of regular work whose last run failed.
        pool_in_use: connections to the database that are in use.
    """

    agents_heard: int
    agents_silent: int
    agents_without_pcsc: int
    readers: Mapping[ReaderState, int]
    event_lag: int
    webhooks_waiting: int
    webhooks_dead: int
    head_age_seconds: float | None
    failing_steps: int
    pool_in_use: int


class StateCollector(Collector):
    """Turns the state into gauges; a database that is away is one gauge at 0 and nothing else.

    Args:
        read: the state at an instant.
        clock: asked once per scrape.
    """

    def __init__(self, read: Callable[[datetime], ServiceState], clock: Clock) -> None:
        self._read = read
        self._clock = clock

    def describe(self) -> Iterable[Metric]:
        """Return nothing: registering must not read the database."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Yield the gauges."""
        try:
            state = self._read(self._clock.now())
        except CardsvcError:
            yield _gauge("cardsvc_database_up", "1 where the database answers.", 0)
            return
        yield _gauge("cardsvc_database_up", "1 where the database answers.", 1)
        agents = GaugeMetricFamily("cardsvc_agents", "Enrolled agents.", labels=("state",))
        agents.add_metric(("heard",), state.agents_heard)
        agents.add_metric(("silent",), state.agents_silent)
        agents.add_metric(("no_pcsc",), state.agents_without_pcsc)
        yield agents
        readers = GaugeMetricFamily(
            "cardsvc_readers", "Readers of heard agents by what is in them.", labels=("state",)
        )
        for reader_state in ReaderState:
            readers.add_metric((reader_state.value,), state.readers.get(reader_state, 0))
        yield readers
        webhooks = GaugeMetricFamily(
            "cardsvc_webhook_deliveries", "Deliveries that did not arrive.", labels=("state",)
        )
        webhooks.add_metric(("waiting",), state.webhooks_waiting)
        webhooks.add_metric(("dead",), state.webhooks_dead)
        yield webhooks
        lag = "Entries of the audit log that partners were not told of yet."
        yield _gauge("cardsvc_event_lag_entries", lag, state.event_lag)
        failing = "Pieces of regular work whose last run failed."
        yield _gauge("cardsvc_housekeeping_failing", failing, state.failing_steps)
        in_use = "Connections to the database that are in use."
        yield _gauge("cardsvc_database_connections", in_use, state.pool_in_use)
        if state.head_age_seconds is not None:
            age = "Seconds since the audit log was signed."
            yield _gauge("cardsvc_audit_head_age_seconds", age, state.head_age_seconds)


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=value)
