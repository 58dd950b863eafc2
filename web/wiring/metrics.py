"""What is measured, out of the parts of an open service; nothing but wiring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from sqlalchemy.pool import QueuePool

from cardsvc.card.public_key import CardPublicKey
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.agent_presence import SqlAgentPresence
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.housekeeping_store import SqlHousekeepingStore
from cardsvc.store.webhooks import SqlWebhooks
from keys.vault import KeyHandle, KeyVault, VaultAlgorithm
from web.events.feed import EventFeed
from web.metrics.instruments import Instruments
from web.metrics.state import ServiceState
from web.oversight.figures import OFFLINE_AFTER


class CountedVault:
    """A vault whose signatures are counted by key. Implements ``keys.vault.KeyVault``.

    Args:
        vault: does the work.
        instruments: told of each signature.
    """

    def __init__(self, vault: KeyVault, instruments: Instruments) -> None:
        self._vault = vault
        self._instruments = instruments

    def sign(self, handle: KeyHandle, data: bytes, digest: hashes.HashAlgorithm) -> bytes:
        """Return a signature over ``data``."""
        signature = self._vault.sign(handle, data, digest)
        self._instruments.count_signature(handle.label)
        return signature

    def generate(self, label: str, algorithm: VaultAlgorithm) -> KeyHandle:
        """Make a key under a new label."""
        return self._vault.generate(label, algorithm)

    def find(self, label: str) -> KeyHandle | None:
        """Return the handle of a label, None where there is no such key."""
        return self._vault.find(label)

    def labels(self) -> Sequence[str]:
        """Return every label, sorted."""
        return self._vault.labels()

    def public_key(self, handle: KeyHandle) -> CardPublicKey:
        """Return the public half."""
        return self._vault.public_key(handle)

    def derive(self, handle: KeyHandle, label: bytes, context: bytes, octets: int) -> bytes:
        """Return derived octets."""
        return self._vault.derive(handle, label, context, octets)

    def wrap(self, handle: KeyHandle, key_octets: bytes) -> bytes:
        """Wrap a key for keeping elsewhere."""
        return self._vault.wrap(handle, key_octets)

    def unwrap(self, handle: KeyHandle, wrapped: bytes) -> bytes:
        """Return what was wrapped."""
        return self._vault.unwrap(handle, wrapped)


@dataclass(frozen=True, slots=True)
class StateParts:
    """What of an open service its state is read from.

    Args:
        database: its database.
        access: the agents that are enrolled.
        presence: what agents tell.
        feed: partners' feeds.
    """

    database: Database
    access: SqlAccessStore
    presence: SqlAgentPresence
    feed: EventFeed


def state_reader(parts: StateParts) -> Callable[[datetime], ServiceState]:
    """Return what reads how the parts stand."""
    log, webhooks = AuditLog(parts.database), SqlWebhooks(parts.database)
    steps = SqlHousekeepingStore(parts.database)

    def read(at: datetime) -> ServiceState:
        enabled = {one.id for one in parts.access.agents() if one.enabled}
        heard = [
            one
            for one in parts.presence.all()
            if one.agent in enabled and one.seen_at > at - OFFLINE_AFTER
        ]
        backlog, head = webhooks.backlog(), log.latest_signed_head()
        pool = parts.database.engine.pool
        return ServiceState(
            agents_heard=len(heard),
            agents_silent=len(enabled) - len(heard),
            agents_without_pcsc=sum(not one.pcsc for one in heard),
            readers=Counter(state for one in heard for _, state in one.readers),
            event_lag=parts.feed.feed.lag(),
            webhooks_waiting=backlog.waiting,
            webhooks_dead=backlog.dead,
            head_age_seconds=None if head is None else (at - head.head.at).total_seconds(),
            failing_steps=sum(bool(one.failure) for one in steps.records()),
            pool_in_use=pool.checkedout() if isinstance(pool, QueuePool) else 0,
        )

    return read
