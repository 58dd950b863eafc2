"""Ending the retention of what is due: bounded batches, each a transaction, safe to repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.clock import require_utc
from cardsvc.privacy_records import DataKind
from issuance.privacy.erasure import erase_person
from issuance.privacy.ports import PrivacyStore, PrivacyTransaction
from issuance.privacy.retention_rules import RetentionRule

BATCH = 200
"""How many records one transaction ends: writers wait for it."""


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """Finds and ends what is due.

    Args:
        store: the records.
        rules: how long each kind is kept.
    """

    store: PrivacyStore
    rules: Mapping[DataKind, RetentionRule]

    def check(self, at: datetime) -> Mapping[DataKind, int]:
        """Return how much of each kind is due; changes nothing."""
        before = {kind: rule.due_before(at) for kind, rule in self.rules.items()}
        return {kind: self.store.count_due(kind, at, before[kind]) for kind in DataKind}

    def run(self, at: datetime, *, operator: str, limit: int) -> Mapping[DataKind, int]:
        """End what is due, at most ``limit`` of each kind; return how much was ended.

        A run that is cut off leaves whole batches; the next one goes on.
        """
        at = require_utc(at)
        return {kind: self._end(kind, at, operator, limit) for kind in DataKind}

    def _end(self, kind: DataKind, at: datetime, operator: str, limit: int) -> int:
        ended = 0
        while ended < limit:
            wanted = min(BATCH, limit - ended)
            with self.store.transaction() as unit:
                done = self._batch(unit, kind, at, operator, wanted)
                if done:
                    facts: AuditFacts = {"records": done}
                    action = AuditAction.PRIVACY_RETENTION_ENDED
                    unit.record(AuditEvent(at, operator, action, kind.value, facts))
            ended += done
            if done < wanted:
                break
        return ended

    def _batch(
        self, unit: PrivacyTransaction, kind: DataKind, at: datetime, operator: str, limit: int
    ) -> int:
        rule = self.rules[kind]
        before = rule.due_before(at)
        if kind is not DataKind.HOLDER:
            return unit.forget(kind, at, before, limit)
        due = unit.due_holders(at, before, limit)
        return sum(erase_person(unit, one, rule, operator=operator, at=at) for one in due)
