"""An unblock store in memory: the real protocol."""

from __future__ import annotations

from collections.abc import Sequence

from cardsvc.audit import AuditEvent
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.unblock_records import OPEN_STATES, UnblockRequest, UnblockState
from tests.support.memory_issuance_store import MemoryIssuanceStore


class MemoryUnblockStore:
    """Implements ``issuance.ports.UnblockStore``; its events go where the cards' go."""

    def __init__(self, store: MemoryIssuanceStore) -> None:
        self._store = store
        self.requests: dict[str, UnblockRequest] = {}

    def add(self, request: UnblockRequest, event: AuditEvent) -> None:
        others = [one for one in self.requests.values() if one.state in OPEN_STATES]
        known = request.guid in self._store.cards
        if not known or request.id in self.requests or any(o.guid == request.guid for o in others):
            raise StoreError(ReasonCode.CONCURRENT_CHANGE, "an unblocking is under way")
        self.requests[request.id] = request
        self._store.events.append(event)

    def find(self, request_id: str) -> UnblockRequest | None:
        return self.requests.get(request_id)

    def in_state(self, state: UnblockState) -> Sequence[UnblockRequest]:
        found = [one for one in self.requests.values() if one.state is state]
        return sorted(found, key=lambda one: (one.requested_at, one.id))

    def change(self, request: UnblockRequest, *, expected: UnblockState, event: AuditEvent) -> None:
        before = self.requests.get(request.id)
        if before is None or before.state is not expected:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "it is not where it was")
        self.requests[request.id] = request
        self._store.events.append(event)
