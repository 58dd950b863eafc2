"""Purpose and retention of each kind of personal data, as configuration.

Spec: Luật 91/2025/QH15 and Decree 356/2025/NĐ-CP: data is kept no longer than its purpose needs.
The periods shipped are a proposal; an installation sets its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import NoReturn

from cardsvc.clock import require_utc
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.privacy_records import DataKind

_MAX_CHARACTERS = 64 * 1024
_MAX_TEXT = 400
_MAX_DAYS = 100 * 366
_TEXTS = ("purpose_vi", "purpose_en", "legal_basis", "counted_from")
_NUMBERS = ("keep_days", "keep_at_least_days")


_COUNTED_FROM = {
    DataKind.HOLDER: "last_card_ended",
    DataKind.FORMER_PHOTO: "replaced",
    DataKind.DECISION: "decided",
    DataKind.LOSS_CASE: "closed",
    DataKind.DESK_ORDER: "ordered",
    DataKind.ATTENDANCE_TAP: "tapped",
    DataKind.ATTENDANCE_CORRECTION: "requested",
    DataKind.AGENT_EVENT: "received",
}


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """What one kind of data is for and how long it is kept.

    Args:
        kind: which data.
        purpose_vi: for what, in Vietnamese.
        purpose_en: for what, in English.
        legal_basis: on which ground.
        keep: how long after the event that ends its use.
        keep_at_least: how long it has to be kept even against the person's wish.
    """

    kind: DataKind
    purpose_vi: str
    purpose_en: str
    legal_basis: str
    keep: timedelta
    keep_at_least: timedelta

    def due_before(self, at: datetime) -> datetime:
        """Return the instant before which the event that ends the use must lie."""
        return require_utc(at) - self.keep


def parse_retention(text: str) -> Mapping[DataKind, RetentionRule]:
    """Parse rules in TOML: every kind once, every field given.

    Raises:
        Malformed: MALFORMED_RETENTION.
    """
    if len(text) > _MAX_CHARACTERS:
        _refuse("too long")
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError):
        _refuse("not TOML")
    known = {kind.value for kind in DataKind}
    if missing := known - document.keys():
        # no period by default: what a new edition keeps must not go before somebody said when
        _refuse(f"lacks {', '.join(sorted(missing))}: take them from the shipped retention.toml")
    if document.keys() - known:
        _refuse(f"has other kinds than {', '.join(sorted(known))}")
    return {kind: _rule(kind, document[kind.value]) for kind in DataKind}


def _rule(kind: DataKind, section: object) -> RetentionRule:
    if not isinstance(section, dict) or section.keys() != {*_TEXTS, *_NUMBERS}:
        _refuse(f"[{kind}] needs exactly {', '.join((*_TEXTS, *_NUMBERS))}")
    for name in _TEXTS:
        value = section[name]
        if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT or not value.isprintable():
            _refuse(f"[{kind}] {name} is empty, too long or not printable")
    if section["counted_from"] != _COUNTED_FROM[kind]:
        _refuse(f"[{kind}] is counted from {_COUNTED_FROM[kind]}")
    keep, at_least = (_days(kind, name, section[name]) for name in _NUMBERS)
    if at_least > keep:
        _refuse(f"[{kind}] keep_at_least_days is longer than keep_days")
    texts = (section["purpose_vi"], section["purpose_en"], section["legal_basis"])
    return RetentionRule(kind, *texts, keep, at_least)


def _days(kind: DataKind, name: str, value: object) -> timedelta:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_DAYS:
        _refuse(f"[{kind}] {name} is a number of days")
    return timedelta(days=value)


def _refuse(what: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_RETENTION, what)


@cache
def shipped_retention() -> Mapping[DataKind, RetentionRule]:
    """Return the rules that come with the software."""
    return parse_retention(files("issuance.privacy").joinpath("retention.toml").read_text("utf-8"))
