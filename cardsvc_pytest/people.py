"""Made-up holders of the sandbox's cards; numbers are of the right form and nobody's."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta

from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.identity.names import PersonName
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.records import Delegation, Employment, Holder
from cardsvc.terms import CardType

_SERIALS = 10**6
"""The last six digits of a personal number are the person's own among those of a province."""
_DELEGATION = timedelta(days=365)


def new_holder(card_type: CardType, today: date, random_below: Callable[[int], int]) -> Holder:
    """Return a person of his or her own.

    Args:
        card_type: what the card shall be.
        today: a delegation lasts a year from then.
        random_below: a random whole number below another.
    """
    serial = f"{random_below(_SERIALS):06d}"
    identifier = str(uuid.uuid4())
    match card_type:
        case CardType.CIVIL_SERVANT:
            return Holder(
                id=identifier,
                name=PersonName.parse("Nguyễn Thị Minh Khuê"),
                personal_number=PersonalNumber.parse(f"046190{serial}"),
                birth_date=date(1990, 9, 2),
                employment=Employment(
                    agency_code=AgencyCode.parse("H57.12"),
                    agency_name="Sở Nội vụ",
                    unit_name="Phòng Công chức, viên chức",
                    position="Chuyên viên",
                    category=StaffCategory.CIVIL_SERVANT,
                ),
            )
        case CardType.INDIVIDUAL:
            return Holder(
                id=identifier,
                name=PersonName.parse("Đặng Hữu Ưng"),
                personal_number=PersonalNumber.parse(f"046054{serial}"),
                birth_date=date(1954, 3, 26),
            )
        case CardType.BUSINESS:
            return Holder(
                id=identifier,
                name=PersonName.parse("Tôn Nữ Thuỳ Dương"),
                personal_number=PersonalNumber.parse(f"046188{serial}"),
                delegation=Delegation(
                    enterprise_number=EnterpriseNumber.parse("0314409058-002"),
                    enterprise_name="Công ty TNHH Mây Tre Bao La",
                    scope="Nộp hồ sơ đất đai, xây dựng",
                    until=today + _DELEGATION,
                ),
            )
