"""Takes settings from afar: fetched when the heartbeat tells of them, tried, kept or undone.

How a trial is judged: every part that changes is stopped, made anew and started; after
``TRIAL_SECONDS`` each of them must run and must not have failed three times. Else the settings
from before are put back, and the version is refused until there is another.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from cardsvc.config_section import ConfigError
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.wire.agent_health import SettingsSeen
from reader_agent.run.config import AgentConfig
from reader_agent.settings.folder import SettingsFolder
from reader_agent.settings.merge import with_settings
from reader_agent.settings.start import Running
from verification.agent_settings.text import parse_agent_settings
from verification.agent_settings.token import SignedSettings, verify_settings

TRIAL_SECONDS = 10.0
QUIET_SECONDS = 60.0
"""How long a change waits until nobody is being served; then it comes all the same."""
_STEP_SECONDS = 0.25
_AGAIN_SECONDS = 2.0
_MOST_WHERE = 300
_LOG = logging.getLogger(__name__)


class SettingsService(Protocol):
    """The service, as the keeper needs it (``ServiceClient``)."""

    def settings(self) -> str:
        """Return what is set at us, as compact JWS."""
        ...

    def bundle_keys(self) -> dict[str, Any]:
        """Return the keys that sign bundles and settings, as JWK set."""
        ...


class KeyShelf(Protocol):
    """Keeps the keys that were seen first; ``offline.shelf.Shelf``."""

    def keys(self) -> dict[str, Any] | None:
        """Return them, None before the first contact."""
        ...

    def put_keys(self, key_set: dict[str, Any]) -> None:
        """Keep them; from now on no others are believed."""
        ...


class Refit(Protocol):
    """Changes a running agent (``reader_agent.settings.refit``)."""

    def is_quiet(self) -> bool:
        """Tell whether nobody stands at a reader, before a page, or in a door."""
        ...

    def apply(self, before: AgentConfig, after: AgentConfig) -> frozenset[str]:
        """Change what differs; return the names of the parts that were made anew.

        Raises:
            Exception: a part can't be made so.
        """
        ...

    def failing(self, names: frozenset[str]) -> str | None:
        """Return one of these parts that does not do since it was made, or None."""
        ...

    def applied(self) -> None:
        """Tell the heartbeat that there is something to tell."""
        ...


@dataclass(frozen=True, slots=True)
class KeeperTools:
    """What the keeper needs.

    Args:
        service: where settings come from.
        keys: by which they are believed.
        folder: where they stay.
        agent: who we are; None for an agent without a certificate.
        trial_seconds: how long a trial takes.
    """

    service: SettingsService
    keys: KeyShelf
    folder: SettingsFolder
    agent: str | None
    trial_seconds: float = TRIAL_SECONDS


class SettingsKeeper:
    """A part of the agent (``reader_agent.run.part``).

    Args:
        own: the machine's configuration.
        running: by what the agent has started.
        tools: what it needs.
        refit: makes what changes the agent; called once it runs.
    """

    name = "settings"

    def __init__(
        self, own: AgentConfig, running: Running, tools: KeeperTools, refit: Callable[[], Refit]
    ) -> None:
        self._own, self._running, self._tools, self._refit = own, running, tools, refit
        self._notes = tools.folder.notes()
        self._lock = threading.Lock()
        self._wanted: int | None = None
        self._told = threading.Event()

    def wanted(self, seq: int | None) -> None:
        """Hear from the service which version it wants; None where nothing was ever set."""
        with self._lock:
            self._wanted = seq
            again = seq is not None and seq != self._running.seq and not self._is_refused(seq)
        if again:
            self._told.set()

    def seen(self) -> SettingsSeen:
        """Return what the service is told."""
        with self._lock:
            notes = self._notes
            return SettingsSeen(self._running.seq, notes.refused_seq, notes.refused, notes.where)

    def run(self, stop: threading.Event) -> None:
        """Take settings until told to stop."""
        while not stop.is_set():
            if self._told.wait(_STEP_SECONDS):
                self._told.clear()
                self.take(stop)

    def take(self, stop: threading.Event) -> None:
        """Fetch what is set, and run by it where that is possible."""
        try:
            token = self._tools.service.settings()
            signed = verify_settings(
                token,
                self._keys(),
                expected_agent=self._tools.agent,
                # the notes come after the settings: an end in between leaves them behind
                least_seq=max(self._notes.floor, self._running.seq),
            )
        except CardsvcError as error:
            _LOG.warning("no new settings: %s", error.reason.value)
            if error.reason in (ReasonCode.SETTINGS_REFUSED, ReasonCode.SETTINGS_ROLLED_BACK):
                self._refuse(self._wanted, error.reason, None)
            return
        if signed.seq == self._running.seq or self._is_refused(signed.seq):
            return
        try:
            after = with_settings(self._own, parse_agent_settings(signed.text))
        except ConfigError as error:
            self._refuse(signed.seq, error.reason, f"{error.key}: {error.what}")
            return
        self._try(token, signed, after, stop)

    def _try(
        self, token: str, signed: SignedSettings, after: AgentConfig, stop: threading.Event
    ) -> None:
        refit, before = self._refit(), self._running.config
        waited = 0.0
        while not refit.is_quiet() and waited < QUIET_SECONDS:
            if stop.wait(_STEP_SECONDS):
                return
            waited += _STEP_SECONDS
        self._tools.folder.begin_trial(token)
        failed = self._trial(refit, before, after, stop)
        if stop.is_set():
            # nobody can judge an agent that is being ended: it is tried again at the next start
            self._tools.folder.end_trial()
        elif failed is None:
            self._tools.folder.keep_trial()
            with self._lock:
                self._running = Running(after, signed.seq)
            self._note(floor=signed.seq, tried=None, refused_seq=None, refused=None, where=None)
            _LOG.info("settings %d from afar apply", signed.seq)
            refit.applied()
        else:
            self._undo(refit, before, after, stop)
            self._tools.folder.end_trial()
            self._note(floor=signed.seq, tried=None)
            self._refuse(signed.seq, ReasonCode.SETTINGS_FAILED, failed)

    def _trial(
        self, refit: Refit, before: AgentConfig, after: AgentConfig, stop: threading.Event
    ) -> str | None:
        """Return what does not do, None where everything does."""
        try:
            changed = refit.apply(before, after)
        except CardsvcError as error:
            return f"a part can't be made: {error.reason.value}"
        except Exception as error:  # noqa: BLE001 - whatever it is, the agent goes on as before
            return f"a part can't be made: {type(error).__name__}"
        if changed:
            stop.wait(self._tools.trial_seconds)
        return refit.failing(changed)

    def _undo(
        self, refit: Refit, before: AgentConfig, after: AgentConfig, stop: threading.Event
    ) -> None:
        """Put back what ran before; an agent without these parts is no agent, so until it does."""
        while not stop.is_set():
            try:
                refit.apply(after, before)
            except Exception as error:  # noqa: BLE001 - it did run so a minute ago
                _LOG.error("the settings from before don't start: %s", type(error).__name__)
                stop.wait(_AGAIN_SECONDS)
            else:
                return

    def _is_refused(self, seq: int) -> bool:
        """Tell whether a version need not be looked at again; a bad signature may be a mix-up."""
        notes = self._notes
        return notes.refused_seq == seq and notes.refused != ReasonCode.SETTINGS_REFUSED.value

    def _refuse(self, seq: int | None, reason: ReasonCode, where: str | None) -> None:
        told, notes = None if where is None else _printable(where)[:_MOST_WHERE], self._notes
        if (notes.refused_seq, notes.refused, notes.where) == (seq, reason.value, told):
            return  # the service knows; telling it again would have us ask again, without end
        _LOG.error("settings %s from afar are refused: %s %s", seq, reason.value, told or "")
        self._note(refused_seq=seq, refused=reason.value, where=told)
        self._refit().applied()

    def _note(self, **changes: Any) -> None:
        with self._lock:
            self._notes = replace(self._notes, **changes)
        self._tools.folder.put_notes(self._notes)

    def _keys(self) -> dict[str, Any]:
        """Return the keys we believe; those of the first contact, and never others."""
        known = self._tools.keys.keys()
        if known is None:
            known = self._tools.service.bundle_keys()
            self._tools.keys.put_keys(known)
        return known


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in text) or "?"
