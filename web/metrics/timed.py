"""Ports of a decision, counted and timed on their way."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from cardsvc.service_records import Challenge, DecisionRecord
from verification.ports import DecisionLog, ReceiptSigner
from web.metrics.instruments import Instruments


class TimedReceiptSigner:
    """Implements ``verification.ports.ReceiptSigner``.

    Args:
        signer: signs.
        instruments: told how long that took.
    """

    def __init__(self, signer: ReceiptSigner, instruments: Instruments) -> None:
        self._signer = signer
        self._instruments = instruments

    def sign(self, claims: Mapping[str, object]) -> str:
        """Return the compact serialisation."""
        began = time.perf_counter()
        receipt = self._signer.sign(claims)
        self._instruments.time_signing(time.perf_counter() - began)
        return receipt


class CountedDecisionLog:
    """Implements ``verification.ports.DecisionLog``; counts what is on record.

    Args:
        log: keeps the decisions.
        instruments: told of each.
    """

    def __init__(self, log: DecisionLog, instruments: Instruments) -> None:
        self._log = log
        self._instruments = instruments

    def record(self, decision: DecisionRecord, answered: Challenge | None = None) -> bool:
        """Append a decision and spend the challenge that it answers."""
        (written,) = self.record_all([(decision, answered)])
        return written

    def record_all(
        self, decisions: Sequence[tuple[DecisionRecord, Challenge | None]]
    ) -> Sequence[bool]:
        """Append decisions in one transaction, each as ``record`` does."""
        began = time.perf_counter()
        written = self._log.record_all(decisions)
        self._instruments.time_recording(time.perf_counter() - began)
        kept = zip(decisions, written, strict=True)
        self._instruments.count_decisions([one for (one, _), let in kept if let])
        return written
