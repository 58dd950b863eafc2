"""The copy of everything that is held about one person, for that person: JSON and a page to read.

The personal number stands in full in these two files and nowhere else; whoever makes them gives
them to the person and keeps none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from html import escape
from typing import TypeAlias

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.clock import VIETNAM_TIME, require_utc
from cardsvc.privacy_records import DataKind, PersonFile
from cardsvc.records import Holder
from issuance.privacy.ports import PrivacyStore
from issuance.privacy.retention_rules import RetentionRule

_Json: TypeAlias = "str | int | bool | list[_Json] | dict[str, _Json] | None"
FORMAT = "cardsvc personal data export 1"


@dataclass(frozen=True, slots=True)
class PersonalCopy:
    """What is handed to the person.

    Args:
        json: UTF-8, for programs.
        html: UTF-8, one page without anything from outside, for reading and printing.
    """

    json: bytes = field(repr=False)
    html: bytes = field(repr=False)


def export_person(
    store: PrivacyStore,
    holder_id: str,
    rules: Mapping[DataKind, RetentionRule],
    *,
    operator: str,
    at: datetime,
) -> PersonalCopy:
    """Return the copy; that it was made, and by whom, is in the audit log.

    Raises:
        IssuanceError: no such holder (HOLDER_UNKNOWN).
    """
    at = require_utc(at)
    with store.transaction() as unit:
        unit.record(AuditEvent(at, operator, AuditAction.PRIVACY_EXPORTED, holder_id))
        file = unit.person_file(holder_id)
    document = _document(file, rules, at)
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return PersonalCopy(text.encode() + b"\n", _page(document).encode())


def _document(
    file: PersonFile, rules: Mapping[DataKind, RetentionRule], at: datetime
) -> dict[str, _Json]:
    return {
        "format": FORMAT,
        "made_at": _plain(at),
        "person": {**_person(file.holder), "residence": file.residence},
        "restricted_since": _plain(file.restricted_since),
        "erased_at": _plain(file.erased_at),
        "applications": _rows(file.applications),
        "cards": _rows(file.cards),
        "decisions": _rows(file.decisions),
        "attendance_taps": _rows(file.taps),
        "attendance_corrections": _rows(file.corrections),
        "events": _rows(file.events),
        "requests": _rows(
            {
                "kind": one.kind,
                "state": one.state,
                "received_at": one.received_at,
                "acknowledge_by": one.acknowledge_by,
                "act_by": one.act_by,
                "decided_at": one.decided_at,
                "reason": one.reason,
            }
            for one in file.requests
        ),
        "purposes": [
            {
                "data": rule.kind.value,
                "purpose_vi": rule.purpose_vi,
                "purpose_en": rule.purpose_en,
                "legal_basis": rule.legal_basis,
                "kept_days": rule.keep.days,
            }
            for rule in rules.values()
        ],
    }


def _person(holder: Holder) -> dict[str, _Json]:
    post, delegation = holder.employment, holder.delegation
    return {
        "id": holder.id,
        "name": holder.name.value,
        "personal_number": holder.personal_number.value,
        "birth_date": _plain(holder.birth_date),
        "sex": _plain(holder.sex),
        "phone": holder.phone.value if holder.phone else None,
        "email": holder.email.value if holder.email else None,
        "former_numbers": [
            {
                "number": alias.number.value,
                "status": alias.status.value,
                "valid_from": _plain(alias.valid_from),
                "valid_to": _plain(alias.valid_to),
            }
            for alias in holder.aliases
        ],
        "employment": None
        if post is None
        else {
            "agency_code": post.agency_code.value,
            "agency_name": post.agency_name,
            "unit_name": post.unit_name,
            "position": post.position,
            "category": post.category.value,
            "staff_code": post.staff_code,
            "until": _plain(post.until),
        },
        "delegation": None
        if delegation is None
        else {
            "enterprise_number": delegation.enterprise_number.value,
            "enterprise_name": delegation.enterprise_name,
            "scope": delegation.scope,
            "until": _plain(delegation.until),
        },
    }


def _rows(records: Iterable[object]) -> list[_Json]:
    rows: list[_Json] = []
    for record in records:
        if isinstance(record, Mapping):
            facts = record
        else:
            facts = {name: getattr(record, name) for name in type(record).__slots__}  # type: ignore[attr-defined]  # all are slotted dataclasses
        rows.append({name: _plain(value) for name, value in facts.items()})
    return rows


def _plain(value: object) -> _Json:
    if isinstance(value, datetime):
        return value.astimezone(VIETNAM_TIME).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, CardGuid):
        return str(value)
    if value is None or isinstance(value, str | int | bool):
        return value
    raise TypeError(type(value).__name__)


_TITLES = {
    "person": ("Thông tin cá nhân", "Personal facts"),
    "applications": ("Đề nghị cấp thẻ", "Requests for cards"),
    "cards": ("Thẻ", "Cards"),
    "decisions": ("Các lần xác thực thẻ", "Times a card was checked"),
    "attendance_taps": ("Các lần chấm công", "Taps for attendance"),
    "attendance_corrections": ("Sửa chấm công", "Corrections of attendance"),
    "events": ("Nhật ký", "Log"),
    "requests": ("Yêu cầu về dữ liệu cá nhân", "Requests about personal data"),
    "purposes": ("Mục đích và thời hạn lưu", "Purposes and how long data is kept"),
}
_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #767676;padding:.25rem .5rem;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}"
)


def _page(document: Mapping[str, _Json]) -> str:
    sections = "".join(
        f"<h2>{vi} <small lang='en'>{en}</small></h2>{_table(document[name])}"
        for name, (vi, en) in _TITLES.items()
    )
    return (
        "<!doctype html><html lang='vi'><head><meta charset='utf-8'>"
        f"<title>Bản sao dữ liệu cá nhân</title><style>{_STYLE}</style></head><body>"
        "<h1>Bản sao dữ liệu cá nhân <small lang='en'>Copy of your personal data</small></h1>"
        f"<p>{escape(str(document['made_at']))}</p>{sections}</body></html>\n"
    )


def _table(value: _Json) -> str:
    if isinstance(value, dict):
        rows = "".join(
            f"<tr><th scope='row'>{escape(name)}</th><td>{_cell(one)}</td></tr>"
            for name, one in value.items()
        )
        return f"<table>{rows}</table>"
    rows_of: Sequence[dict[str, _Json]] = [one for one in value or [] if isinstance(one, dict)]  # type: ignore[union-attr]  # a section is an object or a list of them
    if not rows_of:
        return "<p>Không có. <span lang='en'>None.</span></p>"
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in rows_of[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(one)}</td>" for one in row.values()) + "</tr>"
        for row in rows_of
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(value: _Json) -> str:
    if isinstance(value, dict | list):
        return _table(value)
    if value is True or value is False:
        return "có – yes" if value else "không – no"
    return "" if value is None else escape(str(value))
