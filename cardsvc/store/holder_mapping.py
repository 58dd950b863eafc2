"""Holders between records and rows; personal and enterprise numbers are sealed on the way.

An enterprise number may be its owner's personal number (Circular 86/2024/TT-BTC), so it is
treated as one.
"""

from __future__ import annotations

from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.identity.names import PersonName
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.records import Delegation, Employment, Holder
from cardsvc.store.schema import HolderRow
from cardsvc.store.sealed import Sealer

PERSONAL_NUMBER = "personal_number"
ENTERPRISE_NUMBER = "enterprise_number"


def _place(kind: str, holder_id: str) -> str:
    return f"holders.{kind}:{holder_id}"


def write_holder(row: HolderRow, holder: Holder, sealer: Sealer) -> None:
    """Write a holder's facts into a row; seals anew only what changed."""
    row.id = holder.id
    row.name = holder.name.value
    row.search_key = holder.name.search_key
    row.birth_date = holder.birth_date
    number = holder.personal_number.value
    index = sealer.blind_index(number, PERSONAL_NUMBER)
    if row.personal_number_index != index:
        row.personal_number_sealed = sealer.seal(number, _place(PERSONAL_NUMBER, holder.id))
        row.personal_number_index = index
    _write_employment(row, holder.employment)
    _write_delegation(row, holder.delegation, sealer)


def _write_employment(row: HolderRow, employment: Employment | None) -> None:
    row.agency_code = employment.agency_code.value if employment else None
    row.agency_name = employment.agency_name if employment else None
    row.unit_name = employment.unit_name if employment else None
    row.position = employment.position if employment else None
    row.category = employment.category if employment else None


def _write_delegation(row: HolderRow, delegation: Delegation | None, sealer: Sealer) -> None:
    row.enterprise_name = delegation.enterprise_name if delegation else None
    row.delegation_scope = delegation.scope if delegation else None
    row.delegation_until = delegation.until if delegation else None
    if delegation is None:
        row.enterprise_number_sealed = row.enterprise_number_index = None
        return
    number = delegation.enterprise_number.value
    index = sealer.blind_index(number, ENTERPRISE_NUMBER)
    if row.enterprise_number_index != index:
        row.enterprise_number_sealed = sealer.seal(number, _place(ENTERPRISE_NUMBER, row.id))
        row.enterprise_number_index = index


def read_holder(row: HolderRow, sealer: Sealer) -> Holder:
    """Return the holder that a row is.

    Raises:
        StoreError: a sealed value does not open, or a value is not of its form (RECORD_CORRUPT).
    """
    try:
        return Holder(
            id=row.id,
            name=PersonName(row.name),
            personal_number=PersonalNumber(
                sealer.open(row.personal_number_sealed, _place(PERSONAL_NUMBER, row.id))
            ),
            birth_date=row.birth_date,
            employment=_read_employment(row),
            delegation=_read_delegation(row, sealer),
        )
    except Malformed as error:
        raise StoreError(ReasonCode.RECORD_CORRUPT, f"holder: {error.reason}") from None


def _read_employment(row: HolderRow) -> Employment | None:
    if row.agency_code is None or row.category is None:
        return None
    return Employment(
        agency_code=AgencyCode(row.agency_code),
        agency_name=row.agency_name or "",
        unit_name=row.unit_name or "",
        position=row.position or "",
        category=row.category,
    )


def _read_delegation(row: HolderRow, sealer: Sealer) -> Delegation | None:
    if row.enterprise_number_sealed is None or row.delegation_until is None:
        return None
    return Delegation(
        enterprise_number=EnterpriseNumber(
            sealer.open(row.enterprise_number_sealed, _place(ENTERPRISE_NUMBER, row.id))
        ),
        enterprise_name=row.enterprise_name or "",
        scope=row.delegation_scope or "",
        until=row.delegation_until,
    )
