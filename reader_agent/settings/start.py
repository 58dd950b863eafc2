"""By which settings an agent starts: the last that proved themselves, or the machine's own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cardsvc.config_section import ConfigError
from cardsvc.errors import CardsvcError, ReasonCode
from reader_agent.run.config import AgentConfig
from reader_agent.settings.folder import SettingsFolder, SettingsNotes
from reader_agent.settings.merge import with_settings
from verification.agent_settings.text import parse_agent_settings
from verification.agent_settings.token import verify_settings

_LOG = logging.getLogger(__name__)
_INTERRUPTED = "the agent ended while it tried them, twice"


@dataclass(frozen=True, slots=True)
class Running:
    """What an agent runs by.

    Args:
        config: the whole of it.
        seq: the number of the settings from afar in it; 0 for none.
    """

    config: AgentConfig
    seq: int = 0


def start_settings(
    own: AgentConfig, folder: SettingsFolder, key_set: Mapping[str, Any] | None, agent: str | None
) -> Running:
    """Return what to start by, and settle a trial that the last process did not finish.

    A process may end in a trial by chance, such as a power cut: the same settings are tried once
    more. Ended twice, they are taken for the cause and are refused.

    Args:
        own: as the machine says.
        folder: the settings on disk.
        key_set: the keys that settings are believed from; None before the first contact.
        agent: who we are; None for an agent without a certificate.

    Raises:
        OSError: the folder can't be written to.
    """
    notes = _hopeful(folder.notes())
    folder.put_notes(notes)
    if (trial := folder.trial()) is not None:
        notes = _after_interruption(notes, _seq_of(trial, key_set, agent))
        folder.put_notes(notes)
        folder.end_trial()
    current = folder.current()
    if current is None or key_set is None:
        return Running(own)
    try:
        signed = verify_settings(current, key_set, expected_agent=agent, least_seq=0)
        running = Running(with_settings(own, parse_agent_settings(signed.text)), signed.seq)
    except CardsvcError as error:
        # somebody has changed agent.toml, or the file: the machine's own word counts
        _LOG.error("settings from afar do not apply: %s", error)
        where = error.key if isinstance(error, ConfigError) else None
        folder.put_notes(
            replace(
                notes,
                refused_seq=_seq_of(current, key_set, agent) or notes.floor or None,
                refused=error.reason.value,
                where=where or None,
            )
        )
        return Running(own)
    if notes.refused_seq == signed.seq:
        # the file is as it was signed again
        folder.put_notes(replace(notes, refused_seq=None, refused=None, where=None))
    return running


def _hopeful(notes: SettingsNotes) -> SettingsNotes:
    """Forget what did not fit: agent.toml may be another now, and so may the agent's software."""
    if notes.refused != ReasonCode.MALFORMED_CONFIG.value:
        return notes
    return replace(notes, refused_seq=None, refused=None, where=None)


def _after_interruption(notes: SettingsNotes, seq: int | None) -> SettingsNotes:
    if seq is None or notes.tried != seq:
        return replace(notes, tried=seq)
    failed = ReasonCode.SETTINGS_FAILED.value
    return replace(notes, tried=None, refused_seq=seq, refused=failed, where=_INTERRUPTED)


def _seq_of(token: str, key_set: Mapping[str, Any] | None, agent: str | None) -> int | None:
    try:
        return verify_settings(token, key_set or {}, expected_agent=agent, least_seq=0).seq
    except CardsvcError:
        return None
