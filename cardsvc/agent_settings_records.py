"""What is set at an agent from afar: versions that are added and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SettingsVersion:
    """One version.

    Args:
        agent: whose.
        seq: from 1; grows by one.
        text: TOML.
        made_by: the operator.
        made_at: when.
        restored_from: the earlier version whose text it has again; None for a new text.
    """

    agent: str
    seq: int
    text: str
    made_by: str
    made_at: datetime
    restored_from: int | None = None
