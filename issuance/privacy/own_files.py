"""An installation's own retention rules and calendar, or those that are shipped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.privacy_records import DataKind
from issuance.privacy.retention_rules import (
    RetentionRule,
    parse_retention,
    shipped_retention,
)
from issuance.privacy.working_days import WorkingDays, parse_working_days


def load_retention(folder: Path | None) -> Mapping[DataKind, RetentionRule]:
    """Return the rules in ``retention.toml`` of a folder, else the shipped ones.

    Raises:
        Malformed: MALFORMED_RETENTION.
    """
    text = _read(folder, "retention.toml")
    return shipped_retention() if text is None else parse_retention(text)


def load_working_days(folder: Path | None) -> WorkingDays:
    """Return the calendar, with what ``working_days.toml`` of a folder changes.

    Raises:
        Malformed: MALFORMED_RETENTION.
    """
    text = _read(folder, "working_days.toml")
    return WorkingDays() if text is None else parse_working_days(text)


def _read(folder: Path | None, name: str) -> str | None:
    if folder is None or not (folder / name).exists():
        return None
    try:
        return (folder / name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed(ReasonCode.MALFORMED_RETENTION, f"{name}: not readable UTF-8") from error
