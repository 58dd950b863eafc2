"""What is counted and timed while the service works.

Spec: OpenMetrics 1.0 / the Prometheus text format. Labels hold codes, service names and routes:
nothing of a person or a card, and no text that a caller chose, or a series would be made of each.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections import deque
from collections.abc import Sequence
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from cardsvc.service_records import DecisionRecord

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_NONE = "-"
_DECIDING = frozenset({"/agent/v1/presentations", "/api/v1/presentations"})
_REMEMBERED = 500


class Instruments:
    """The counters and histograms of one process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "cardsvc_http_requests",
            "Requests by route and status.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._request_seconds = Histogram(
            "cardsvc_http_request_seconds",
            "Time that requests took, by route.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._decisions = Counter(
            "cardsvc_decisions",
            "Decisions by service, result and first reason.",
            ("relying_party", "service", "result", "reason"),
            registry=self._registry,
        )
        self._stage_seconds = Histogram(
            "cardsvc_decision_stage_seconds",
            "Time of a decision's stages: signing the receipt, the durable commit.",
            ("stage",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._signing_seconds = self._stage_seconds.labels("sign")
        self._recording_seconds = self._stage_seconds.labels("record")
        self._recent: deque[float] = deque(maxlen=_REMEMBERED)
        signatures = Counter(
            "cardsvc_vault_signatures",
            "Signatures that the vault made, by key.",
            ("key",),
            registry=self._registry,
        )
        # one counter a key, and there are few keys: finding it among the labels takes a lock
        self._signatures = cache(signatures.labels)

    def add(self, collector: Collector) -> None:
        """Add what is read when somebody asks."""
        self._registry.register(collector)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)
        if route in _DECIDING:
            self._recent.append(seconds)

    def recent_decision_seconds(self) -> Sequence[float]:
        """Return how long the last decisions took, at most 500, shortest first."""
        return sorted(self._recent)

    def count_decisions(self, decisions: Sequence[DecisionRecord]) -> None:
        """Count decisions that are on record."""
        for labels, number in Tally(_labels(one) for one in decisions).items():
            self._decisions.labels(*labels).inc(number)

    def count_signature(self, key: str) -> None:
        """Count a signature of the vault."""
        self._signatures(key).inc()

    def time_signing(self, seconds: float) -> None:
        """Tell how long a decision's receipt took to sign."""
        self._signing_seconds.observe(seconds)

    def time_recording(self, seconds: float) -> None:
        """Tell how long it took until decisions were on record, durably."""
        self._recording_seconds.observe(seconds)

    def exposition(self) -> bytes:
        """Return everything in the Prometheus text format."""
        return generate_latest(self._registry)


def _labels(one: DecisionRecord) -> tuple[str, str, str, str]:
    # a caller may have named any service; those that have a policy are ours
    known = one.policy_version is not None
    return (
        one.relying_party if known else _NONE,
        one.service if known else _NONE,
        "granted" if one.granted else "denied",
        one.reasons[0] if one.reasons else _NONE,
    )
