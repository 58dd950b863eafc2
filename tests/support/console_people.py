"""What the pages of holders, agencies and imports show in tests: made-up people and lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import count

from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.names import PersonName
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.identity.phone import PhoneNumber
from cardsvc.records import Employment, Holder
from cardsvc.terms import CardType
from issuance.importing.source import ListOptions, parse_list
from issuance.registry.agencies import NewAgency, import_agencies
from issuance.registry.holders import add_holders
from issuance.registry.photos import put_photo
from tests.support.drawn_faces import drawn_portrait, encoded
from tests.support.installations import AT
from web.console.registry_services import RegistryServices

KHUE, NUMBER = "nguoi-khue", "046190012345"
OUTSIDE = "nguoi-o-xa"
IMPORT = "nhap-thu"
HEADINGS = "Họ và tên;Số CCCD;Mã cơ quan;Tên cơ quan;Chức vụ;Loại cán bộ"
GOOD_ROW = "Lê Văn Đạt;046085000123;H57.12;Sở Nội vụ;Chuyên viên;CC"
FAULTY_ROW = "Trần Thị Mai;04619000;H57.12;Sở Nội vụ;Chuyên viên;CC"
HELD_ROW = 3


def listed(*rows: str) -> bytes:
    """Return a list as a CSV file."""
    return "\n".join((HEADINGS, *rows)).encode("utf-8-sig")


def civil_servant(holder_id: str, name: str, number: str, agency: str = "H57.12") -> Holder:
    """Return a civil servant of an agency."""
    post = Employment(
        AgencyCode(agency), "Sở Nội vụ", "Phòng Công chức", "Chuyên viên",
        StaffCategory.CIVIL_SERVANT,
    )  # fmt: skip
    phone = PhoneNumber.parse("0912345678")
    parsed = PersonalNumber.parse(number)
    return Holder(
        holder_id, PersonName.parse(name), parsed, date(1990, 5, 2), employment=post, phone=phone
    )


def put_people(registry: RegistryServices) -> None:
    """Put two agencies, two holders with a photo, and an import with a faulty row on record."""
    top = NewAgency(AgencyCode("H57"), "Tỉnh thử nghiệm")
    below = NewAgency(AgencyCode("H57.12"), "Sở Nội vụ", "SNV", AgencyCode("H57"))
    listed_agencies = [(one, date(2020, 1, 1)) for one in (top, below)]
    import_agencies(registry.agencies, listed_agencies, operator="admin", at=AT)
    people = [
        civil_servant(KHUE, "Nguyễn Thị Minh Khuê", NUMBER),
        civil_servant(OUTSIDE, "Phạm Văn Xa", "046085009999", "H58.01"),
    ]
    add_holders(registry.holders, people, operator="lan", at=AT)
    put_photo(registry.photos, KHUE, encoded(drawn_portrait()), operator="lan", at=AT)
    ids = count()
    desk = replace(registry.imports, new_id=lambda: f"{IMPORT}{next(ids) or ''}")
    options = ListOptions(CardType.CIVIL_SERVANT)
    read = parse_list(listed(GOOD_ROW, FAULTY_ROW), options)
    started = desk.start(read, options, operator="ca-clerk")
    for _ in desk.run(started.record.id, operator="ca-clerk"):
        pass
