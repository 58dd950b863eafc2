"""Made-up holders, one for each card type."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import replace
from datetime import date

from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.identity.names import PersonName
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.records import Delegation, Employment, Holder
from cardsvc.terms import CardType

CIVIL_SERVANT = Holder(
    id="holder-1",
    name=PersonName.parse("Nguyễn Thị Hoà"),
    personal_number=PersonalNumber.parse("001190012345"),
    birth_date=date(1990, 5, 2),
    employment=Employment(
        agency_code=AgencyCode.parse("H57"),
        agency_name="Sở Nội vụ",
        unit_name="Phòng Công chức",
        position="Chuyên viên",
        category=StaffCategory.CIVIL_SERVANT,
    ),
)
INDIVIDUAL = Holder(
    id="holder-2",
    name=PersonName.parse("Đặng Văn Đức"),
    personal_number=PersonalNumber.parse("079085000123"),
)
DELEGATE = Holder(
    id="holder-3",
    name=PersonName.parse("Trần Quốc Bảo"),
    personal_number=PersonalNumber.parse("048080000456"),
    delegation=Delegation(
        enterprise_number=EnterpriseNumber.parse("0100109106"),
        enterprise_name="Công ty TNHH Sao Mai",
        scope="tax",
        until=date(2027, 12, 31),
    ),
)
HOLDERS = {
    CardType.CIVIL_SERVANT: CIVIL_SERVANT,
    CardType.INDIVIDUAL: INDIVIDUAL,
    CardType.BUSINESS: DELEGATE,
}


def another(card_type: CardType) -> Holder:
    """Return a person of his or her own, with the name and post of the one in ``HOLDERS``."""
    like = HOLDERS[card_type]
    number = f"{like.personal_number.value[:6]}{secrets.randbelow(10**6):06d}"
    return replace(like, id=str(uuid.uuid4()), personal_number=PersonalNumber.parse(number))
