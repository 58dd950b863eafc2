"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator

from cardsvc.card.guid import CardGuid
from cardsvc.clock import require_utc
from cardsvc.errors import Malformed, ReasonCode, StoreError

_Enum = TypeVar("_Enum", bound=StrEnum)
_INSTANTS = 256


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, UTC, to the microsecond. SQLite stores fixed-width text: it sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive instant; store UTC."""
        del dialect
        return None if value is None else require_utc(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Remember the last instants: those of one transaction's rows are the same few."""
        convert = super().bind_processor(dialect)
        return None if convert is None else lru_cache(maxsize=_INSTANTS)(convert)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware instant."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


SortText = String().with_variant(String(collation="C"), "postgresql")
"""Text compared by code point on both databases: sort keys, and words found by their beginning."""


class GuidText(TypeDecorator[CardGuid]):
    """A card GUID as its hyphenated text (RFC 9562 section 4): readable in any tool."""

    impl = String()
    cache_ok = True

    def process_bind_param(self, value: CardGuid | None, dialect: Dialect) -> str | None:
        """Store the text."""
        del dialect
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> CardGuid | None:
        """Give back the GUID."""
        del dialect
        try:
            return None if value is None else CardGuid.parse(value)
        except Malformed:
            raise StoreError(ReasonCode.RECORD_CORRUPT, "not a GUID") from None


class SerialHex(TypeDecorator[int]):
    """A certificate serial number, up to 20 octets (RFC 5280 section 4.1.2.2), as hex text."""

    impl = String()
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:
        """Store lower-case hex without leading zeros."""
        del dialect
        return None if value is None else f"{value:x}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:
        """Give back the number."""
        del dialect
        try:
            return None if value is None else int(value, 16)
        except ValueError:
            raise StoreError(ReasonCode.RECORD_CORRUPT, "not a serial number") from None


class EnumText(TypeDecorator[Any]):
    """A value of one of our vocabularies as its text; foreign text is refused on reading."""

    impl = String()
    cache_ok = True

    def __init__(self, vocabulary: type[_Enum]) -> None:
        super().__init__()
        self.vocabulary = vocabulary

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        """Store the value."""
        del dialect
        return None if value is None else self.vocabulary(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Give back the member."""
        del dialect
        if value is None:
            return None
        try:
            return self.vocabulary(value)
        except ValueError:
            raise StoreError(
                ReasonCode.RECORD_CORRUPT, f"not a {self.vocabulary.__name__}"
            ) from None
