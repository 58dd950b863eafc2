"""An operator's scope as a condition: lists hold only what the operator may see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from cardsvc.access_records import ALL_AGENCIES
from cardsvc.identity.agency_code import AgencyCode

AnyColumn: TypeAlias = "ColumnElement[Any] | InstrumentedAttribute[Any]"

_OLDER_FORM = r"^[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}$"
"""``000.12.03.H57``, lowest level first (Circular 10/2016/TT-BTTTT)."""
_GROUPS_OF_OLDER_FORM = 4


def in_scope(agency_code: AnyColumn, agencies: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a column's agency is one of these or below it.

    The same rule as ``Operator.covers``, in either form of codes; narrower for an older code
    with an empty level between two others, which no directory holds.

    Raises:
        Malformed: MALFORMED_AGENCY_CODE.
    """
    scopes = frozenset(agencies)
    if ALL_AGENCIES in scopes:
        return true()
    return or_(false(), *(_below(agency_code, scope) for scope in sorted(scopes)))


def _below(column: AnyColumn, scope: str) -> ColumnElement[bool]:
    levels = AgencyCode.parse(scope).levels
    newer = ".".join(levels)
    # every part is a range, so that an index on the column finds it: "." is before "/", and
    # what begins with a digit before ":"
    conditions = [column.in_({scope, newer}), _between(column, f"{newer}.", f"{newer}/")]
    if len(levels) <= _GROUPS_OF_OLDER_FORM and all(level.strip("0") for level in levels):
        older = ".".join(reversed(levels))
        ends = or_(column == older, column.endswith(f".{older}"))
        begins = _between(column, "0", ":")
        conditions.append(and_(begins, ends, column.regexp_match(_OLDER_FORM)))
    return or_(*conditions)


def _between(column: AnyColumn, first: str, end: str) -> ColumnElement[bool]:
    """Return the range of a column that is compared by code point."""
    return and_(column >= first, column < end)
