"""People whose data is kept and not used (Luật 91/2025/QH15: restriction of processing)."""

from __future__ import annotations

from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from cardsvc.store.schema import HolderRestrictionRow

AnyColumn: TypeAlias = "ColumnElement[Any] | InstrumentedAttribute[Any]"


def is_unrestricted(holder_id: AnyColumn) -> ColumnElement[bool]:
    """Return the condition that a person's data may be used.

    The few who are restricted are looked up once a statement, not once a row.
    """
    return holder_id.not_in(select(HolderRestrictionRow.holder_id))
