"""What administrators set at agents from afar: version by version, each signed for its agent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cardsvc.agent_settings_records import SettingsVersion
from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.clock import require_utc
from cardsvc.errors import CardsvcError, ReasonCode
from verification.agent_settings.text import parse_agent_settings
from verification.agent_settings.token import SignedSettings

HISTORY = 50
"""Versions that are listed; older ones stay on record."""


class SettingsRefused(CardsvcError):
    """Nothing was set: somebody else has, or there is no such agent or version."""


class SettingsStore(Protocol):
    """Keeps versions; adding one is a transaction with its audit event."""

    def add(self, version: SettingsVersion, event: AuditEvent) -> bool:
        """Keep a version that follows the last one; False where it does not."""
        ...

    def wanted(self, agent: str) -> int | None:
        """Return the number of an agent's last version; None where nothing was ever set."""
        ...

    def find(self, agent: str, seq: int) -> SettingsVersion | None:
        """Return a version, or None."""
        ...

    def history(self, agent: str, limit: int) -> Sequence[SettingsVersion]:
        """Return an agent's versions, the newest first."""
        ...


class SettingsSigner(Protocol):
    """Signs settings."""

    def sign(self, claims: Mapping[str, object]) -> str:
        """Return a compact JWS of the type of agents' settings."""
        ...


@dataclass(frozen=True, slots=True)
class SettingsDesk:
    """Takes settings and hands them to their agents.

    Args:
        store: keeps them.
        signer: signs what agents obey.
    """

    store: SettingsStore
    signer: SettingsSigner

    def configure(
        self, agent: str, text: str, *, after: int, operator: str, at: datetime
    ) -> SettingsVersion:
        """Set something at an agent; a text that says what is set already makes no new version.

        Args:
            agent: which.
            text: TOML; the whole of what is set from afar.
            after: the version that the operator has seen; 0 for none.
            operator: who.
            at: when.

        Raises:
            ConfigError: the text; names the entry and the line.
            SettingsRefused: SETTINGS_CHANGED, there is no such agent, or somebody else has set
                something since.
        """
        parse_agent_settings(text)
        last = self.store.find(agent, after) if after else None
        if last is not None and last.text == text and self.wanted(agent) == after:
            return last
        return self._add(SettingsVersion(agent, after + 1, text, operator, require_utc(at)))

    def restore(
        self, agent: str, seq: int, *, after: int, operator: str, at: datetime
    ) -> SettingsVersion:
        """Set again what an earlier version has set, as a new version.

        Raises:
            ConfigError: what it sets may not be set any more.
            SettingsRefused: SETTINGS_UNKNOWN, no such version; SETTINGS_CHANGED, somebody else
                has set something since.
        """
        former = self.store.find(agent, seq)
        if former is None:
            raise SettingsRefused(ReasonCode.SETTINGS_UNKNOWN, "no such version")
        parse_agent_settings(former.text)
        at = require_utc(at)
        return self._add(SettingsVersion(agent, after + 1, former.text, operator, at, former.seq))

    def wanted(self, agent: str) -> int | None:
        """Return which version an agent is to run; None where nothing was ever set."""
        return self.store.wanted(agent)

    def latest(self, agent: str) -> SettingsVersion | None:
        """Return an agent's last version, or None."""
        return next(iter(self.store.history(agent, 1)), None)

    def version(self, agent: str, seq: int) -> SettingsVersion | None:
        """Return a version, or None."""
        return self.store.find(agent, seq)

    def history(self, agent: str) -> Sequence[SettingsVersion]:
        """Return an agent's versions, the newest first."""
        return self.store.history(agent, HISTORY)

    def signed(self, agent: str) -> str:
        """Return an agent's last version, signed for it, as compact JWS.

        Raises:
            SettingsRefused: SETTINGS_UNKNOWN, nothing was ever set.
        """
        last = self.latest(agent)
        if last is None:
            raise SettingsRefused(ReasonCode.SETTINGS_UNKNOWN, "nothing was ever set")
        signed = SignedSettings(agent, last.seq, last.made_at, last.text)
        return self.signer.sign(signed.claims())

    def _add(self, version: SettingsVersion) -> SettingsVersion:
        facts: AuditFacts = {
            "seq": version.seq,
            "sha256": hashlib.sha256(version.text.encode()).hexdigest(),
            "restored_from": version.restored_from,
        }
        at, actor = version.made_at, version.made_by
        event = AuditEvent(at, actor, AuditAction.AGENT_CONFIGURED, version.agent, facts)
        if not self.store.add(version, event):
            raise SettingsRefused(ReasonCode.SETTINGS_CHANGED, "somebody else has set something")
        return version
