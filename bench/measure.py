"""How things are measured, and what a measurement is."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Measurement:
    """One row of the table.

    Attributes:
        name: what was measured.
        value: in ``unit``.
        unit: us, ms, s, APDUs, octets, or 1/s.
        bare_limit: what the unavoidable part alone takes, in the same unit; None where there
            is no such thing.
        detail: how to read it.
    """

    name: str
    value: float
    unit: str
    bare_limit: float | None = None
    detail: str = ""

    @property
    def ratio(self) -> float | None:
        """Value over bare limit."""
        return self.value / self.bare_limit if self.bare_limit else None

    def as_json(self) -> dict[str, Any]:
        """Return the row as ``results/latest.json`` has it."""
        ratio = self.ratio
        row = {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "bare_limit": None if self.bare_limit is None else round(self.bare_limit, 4),
            "ratio": None if ratio is None else round(ratio, 3),
        }
        return row | ({"detail": self.detail} if self.detail else {})


def best_of(rounds: int, *rivals: Callable[[], int]) -> list[float]:
    """Return the best time of each rival in microseconds for one of the things it does.

    The rivals take turns, so that a slow moment of the machine hits them all. Each returns how
    many things it did. The collector of cyclic garbage stays on, as in the service.
    """
    best = [float("inf")] * len(rivals)
    for _ in range(rounds):
        for at, rival in enumerate(rivals):
            start = time.perf_counter_ns()
            count = rival()
            best[at] = min(best[at], (time.perf_counter_ns() - start) / 1000 / count)
    return best


def times_of(count: int, once: Callable[[], object]) -> list[float]:
    """Return what each of ``count`` calls took, in milliseconds."""
    found = []
    for _ in range(count):
        start = time.perf_counter_ns()
        once()
        found.append((time.perf_counter_ns() - start) / 1e6)
    return found


def median(times: Sequence[float]) -> float:
    """Return the p50."""
    return statistics.median(times)


def p95(times: Sequence[float]) -> float:
    """Return the 95th percentile: the value that 95 of 100 do not exceed."""
    return sorted(times)[max(0, -(-len(times) * 95 // 100) - 1)]


def processor_seconds_of(pid: int) -> float:
    """Return user and kernel time of a process (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
