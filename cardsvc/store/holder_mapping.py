"""Holders between records and rows; numbers and addresses are sealed on the way.

An enterprise number may be its owner's personal number (Circular 86/2024/TT-BTC), so it is
treated as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.email import EmailAddress
from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.identity.names import PersonName
from cardsvc.identity.number_alias import IdentityNumber, NumberAlias, parse_identity_number
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.identity.phone import PhoneNumber
from cardsvc.records import Delegation, Employment, Holder
from cardsvc.store.schema import HolderAliasRow, HolderRow
from cardsvc.store.sealed import Sealer

PERSONAL_NUMBER = "personal_number"
ENTERPRISE_NUMBER = "enterprise_number"
_PHONE = "phone"
_EMAIL = "email"


def _place(kind: str, holder_id: str) -> str:
    return f"holders.{kind}:{holder_id}"


def _alias_place(holder_id: str, ordinal: int) -> str:
    return f"holder_aliases.number:{holder_id}:{ordinal}"


def number_index(number: IdentityNumber, sealer: Sealer) -> bytes:
    """Return the blind index by which a present or former number is found."""
    return sealer.blind_index(number.value, PERSONAL_NUMBER)


def holder_values(
    holder: Holder, sealer: Sealer, known: HolderRow | None = None
) -> Mapping[str, Any]:
    """Return a holder's columns; what ``known`` holds sealed and unchanged is not sealed anew.

    The version is the record's own: whoever writes a change counts it.
    """
    return {
        "id": holder.id,
        "name": holder.name.value,
        "search_key": holder.name.search_key,
        "exact_key": holder.name.tone_folded_key,
        "sort_key": holder.name.sort_key,
        "version": holder.version,
        "birth_date": holder.birth_date,
        "sex": holder.sex,
        "phone_sealed": _seal(holder, _PHONE, holder.phone, sealer),
        "email_sealed": _seal(holder, _EMAIL, holder.email, sealer),
        **_number_values(holder, sealer, known),
        **_employment_values(holder.employment),
        **_delegation_values(holder, sealer, known),
    }


def _seal(
    holder: Holder, kind: str, address: PhoneNumber | EmailAddress | None, sealer: Sealer
) -> bytes | None:
    return None if address is None else sealer.seal(address.value, _place(kind, holder.id))


def _number_values(holder: Holder, sealer: Sealer, known: HolderRow | None) -> dict[str, Any]:
    index = number_index(holder.personal_number, sealer)
    if known is not None and known.personal_number_index == index:
        return {}
    sealed = sealer.seal(holder.personal_number.value, _place(PERSONAL_NUMBER, holder.id))
    return {"personal_number_sealed": sealed, "personal_number_index": index}


def _employment_values(employment: Employment | None) -> dict[str, Any]:
    return {
        "agency_code": employment.agency_code.value if employment else None,
        "agency_name": employment.agency_name if employment else None,
        "unit_name": employment.unit_name if employment else None,
        "position": employment.position if employment else None,
        "category": employment.category if employment else None,
        "staff_code": employment.staff_code if employment else None,
        "employment_until": employment.until if employment else None,
    }


def _delegation_values(holder: Holder, sealer: Sealer, known: HolderRow | None) -> dict[str, Any]:
    delegation = holder.delegation
    values: dict[str, Any] = {
        "enterprise_name": delegation.enterprise_name if delegation else None,
        "delegation_scope": delegation.scope if delegation else None,
        "delegation_until": delegation.until if delegation else None,
    }
    if delegation is None:
        return values | {"enterprise_number_sealed": None, "enterprise_number_index": None}
    number = delegation.enterprise_number.value
    index = sealer.blind_index(number, ENTERPRISE_NUMBER)
    if known is None or known.enterprise_number_index != index:
        sealed = sealer.seal(number, _place(ENTERPRISE_NUMBER, holder.id))
        values |= {"enterprise_number_sealed": sealed, "enterprise_number_index": index}
    return values


def word_values(holder: Holder) -> list[dict[str, Any]]:
    """Return the rows of the words that the holder is found by."""
    words = sorted(set(holder.name.search_key.split()))
    return [{"holder_id": holder.id, "word": word} for word in words]


def alias_values(holder: Holder, sealer: Sealer) -> list[dict[str, Any]]:
    """Return the rows of a holder's former numbers."""
    return [
        {
            "holder_id": holder.id,
            "ordinal": ordinal,
            "scheme": alias.scheme,
            "number_sealed": sealer.seal(alias.number.value, _alias_place(holder.id, ordinal)),
            "number_index": number_index(alias.number, sealer),
            "status": alias.status,
            "valid_from": alias.valid_from,
            "valid_to": alias.valid_to,
        }
        for ordinal, alias in enumerate(holder.aliases)
    ]


def read_personal_number(row: HolderRow, sealer: Sealer) -> PersonalNumber:
    """Return the number of the holder that a row is.

    Raises:
        StoreError: it does not open, or is none (RECORD_CORRUPT).
    """
    try:
        return PersonalNumber(
            sealer.open(row.personal_number_sealed, _place(PERSONAL_NUMBER, row.id))
        )
    except Malformed as error:
        raise StoreError(ReasonCode.RECORD_CORRUPT, f"holder: {error.reason}") from None


def read_holder(row: HolderRow, sealer: Sealer) -> Holder:
    """Return the holder that a row is.

    Raises:
        StoreError: a sealed value does not open, or a value is not of its form (RECORD_CORRUPT).
    """
    try:
        return Holder(
            id=row.id,
            name=PersonName(row.name),
            personal_number=read_personal_number(row, sealer),
            birth_date=row.birth_date,
            employment=read_employment(row),
            delegation=_read_delegation(row, sealer),
            sex=row.sex,
            phone=_read_phone(row, sealer),
            email=_read_email(row, sealer),
            aliases=tuple(_read_alias(alias, sealer) for alias in row.aliases),
            version=row.version,
        )
    except Malformed as error:
        raise StoreError(ReasonCode.RECORD_CORRUPT, f"holder: {error.reason}") from None


def _read_phone(row: HolderRow, sealer: Sealer) -> PhoneNumber | None:
    if row.phone_sealed is None:
        return None
    return PhoneNumber(sealer.open(row.phone_sealed, _place(_PHONE, row.id)))


def _read_email(row: HolderRow, sealer: Sealer) -> EmailAddress | None:
    if row.email_sealed is None:
        return None
    return EmailAddress(sealer.open(row.email_sealed, _place(_EMAIL, row.id)))


def _read_alias(row: HolderAliasRow, sealer: Sealer) -> NumberAlias:
    text = sealer.open(row.number_sealed, _alias_place(row.holder_id, row.ordinal))
    return NumberAlias(parse_identity_number(text), row.status, row.valid_from, row.valid_to)


def read_employment(row: HolderRow) -> Employment | None:
    """Return the post that a holder's row has, or None.

    Raises:
        Malformed: the agency's code is none.
    """
    if row.agency_code is None or row.category is None:
        return None
    return Employment(
        agency_code=AgencyCode(row.agency_code),
        agency_name=row.agency_name or "",
        unit_name=row.unit_name or "",
        position=row.position or "",
        category=row.category,
        staff_code=row.staff_code or "",
        until=row.employment_until,
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
