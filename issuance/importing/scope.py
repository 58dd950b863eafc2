"""A list touches only people whose agencies the operator works for, before it and after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from cardsvc.errors import Malformed
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.records import Holder
from issuance.importing.check import CheckedRow, numbers_of
from issuance.importing.fields import Field
from issuance.importing.ports import ImportStore

Covers: TypeAlias = Callable[[str | None], bool]
"""Tells whether an agency's records are in the operator's scope; None for no agency."""


def rows_outside(checked: Sequence[CheckedRow], store: ImportStore, covers: Covers) -> list[int]:
    """Return the numbers of the rows that would touch somebody outside the scope.

    Args:
        checked: the rows of a list, compared with the registry.
        store: who is on record.
        covers: the operator's scope.
    """
    known = store.known(numbers_of(checked)).present
    outside = []
    for one in checked:
        if one.person is None:
            continue
        before = known.get(one.person.personal_number)
        touched = [holder for holder in (one.holder, before) if holder is not None]
        if not all(covers(_agency(holder)) for holder in touched):
            outside.append(one.row.number)
    return outside


def is_outside(values: Mapping[Field, str], store: ImportStore, covers: Covers) -> bool:
    """Tell whether a corrected row would touch somebody outside the scope.

    Args:
        values: the row's columns as sent in.
        store: who is on record.
        covers: the operator's scope.
    """
    code = _code(values.get(Field.AGENCY_CODE, ""))
    if code is not None and not covers(code):
        return True
    try:
        number = PersonalNumber.parse_lenient(values.get(Field.PERSONAL_NUMBER, ""))
    except Malformed:
        return False  # such a row is held back anyway
    before = store.known([number]).present.get(number)
    return before is not None and not covers(_agency(before))


def _code(text: str) -> str | None:
    try:
        return AgencyCode.parse(text.strip()).value
    except Malformed:
        return None


def _agency(holder: Holder) -> str | None:
    return holder.employment.agency_code.value if holder.employment else None
