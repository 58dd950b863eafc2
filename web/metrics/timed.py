"""Ports of a decision, counted and timed on their way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cardsvc.service_records import Challenge, DecisionRecord
from verification.ports import DecisionLog, ReceiptSigner
from web.metrics.instruments import STAGE_RECORD, STAGE_SIGN, Instruments


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
        with self._instruments.stage(STAGE_SIGN):
            return self._signer.sign(claims)


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
        with self._instruments.stage(STAGE_RECORD):
            written = self._log.record_all(decisions)
        kept = zip(decisions, written, strict=True)
        self._instruments.count_decisions([one for (one, _), let in kept if let])
        return written
