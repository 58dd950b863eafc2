"""Made-up people of the demonstration; numbers are of the right form and nobody's."""

from __future__ import annotations

from datetime import date

from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.identity.names import PersonName
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.records import Delegation, Employment, Holder
from cardsvc.terms import CardType


def holders(today: date) -> dict[CardType, Holder]:
    """Return a holder for each card type; the delegation lasts a year from ``today``."""
    return {
        CardType.CIVIL_SERVANT: Holder(
            id="chu-the-1",
            name=PersonName.parse("Nguyễn Thị Minh Khuê"),
            personal_number=PersonalNumber.parse("046190012345"),
            birth_date=date(1990, 9, 2),
            employment=Employment(
                agency_code=AgencyCode.parse("H57.12"),
                agency_name="Sở Nội vụ",
                unit_name="Phòng Công chức, viên chức",
                position="Chuyên viên",
                category=StaffCategory.CIVIL_SERVANT,
            ),
        ),
        CardType.INDIVIDUAL: Holder(
            id="chu-the-2",
            name=PersonName.parse("Đặng Hữu Ưng"),
            personal_number=PersonalNumber.parse("046054001234"),
            birth_date=date(1954, 3, 26),
        ),
        CardType.BUSINESS: Holder(
            id="chu-the-3",
            name=PersonName.parse("Tôn Nữ Thuỳ Dương"),
            personal_number=PersonalNumber.parse("046188000456"),
            delegation=Delegation(
                enterprise_number=EnterpriseNumber.parse("0314409058-002"),
                enterprise_name="Công ty TNHH Mây Tre Bao La",
                scope="Nộp hồ sơ đất đai, xây dựng",
                until=today.replace(year=today.year + 1, day=min(today.day, 28)),
            ),
        ),
    }
