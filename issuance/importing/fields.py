"""The columns of a list, and the headings by which people name them."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum, unique

from cardsvc.identity import latin
from cardsvc.terms import CardType


@unique
class Field(StrEnum):
    """What a column holds."""

    NAME = "name"
    FAMILY_AND_MIDDLE = "family_and_middle"
    GIVEN = "given"
    PERSONAL_NUMBER = "personal_number"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    MALE = "male"
    FEMALE = "female"
    AGENCY_CODE = "agency_code"
    AGENCY_NAME = "agency_name"
    UNIT = "unit"
    POSITION = "position"
    CATEGORY = "category"
    STAFF_CODE = "staff_code"
    PHONE = "phone"
    EMAIL = "email"
    ENTERPRISE_NUMBER = "enterprise_number"
    ENTERPRISE_NAME = "enterprise_name"
    SCOPE = "scope"
    UNTIL = "until"
    ORDINAL = "ordinal"


FILLABLE = frozenset(
    {
        Field.AGENCY_CODE,
        Field.AGENCY_NAME,
        Field.UNIT,
        Field.POSITION,
        Field.CATEGORY,
        Field.ENTERPRISE_NUMBER,
        Field.ENTERPRISE_NAME,
        Field.SCOPE,
        Field.UNTIL,
    }
)
"""Columns in which a cell merged over several rows means the same for each of them."""

DATES = frozenset({Field.BIRTH_DATE, Field.MALE, Field.FEMALE, Field.UNTIL})
DIGITS = frozenset({Field.PERSONAL_NUMBER, Field.ENTERPRISE_NUMBER, Field.PHONE, Field.STAFF_CODE})
"""Columns of digits, which a spreadsheet likes to take for quantities."""

_PERSON = (
    Field.NAME, Field.PERSONAL_NUMBER, Field.BIRTH_DATE, Field.SEX, Field.STAFF_CODE,
    Field.PHONE, Field.EMAIL,
)  # fmt: skip
COLUMNS: dict[CardType, tuple[Field, ...]] = {
    CardType.CIVIL_SERVANT: (
        *_PERSON, Field.AGENCY_CODE, Field.AGENCY_NAME, Field.UNIT, Field.POSITION, Field.CATEGORY,
    ),
    CardType.INDIVIDUAL: _PERSON,
    CardType.BUSINESS: (
        *_PERSON, Field.ENTERPRISE_NUMBER, Field.ENTERPRISE_NAME, Field.SCOPE, Field.UNTIL,
    ),
}  # fmt: skip
"""The columns of a list of each kind, in the template's order."""

HEADINGS: dict[Field, tuple[str, ...]] = {
    Field.NAME: (
        "Họ và tên", "Full name", "Họ tên", "Họ, chữ đệm và tên", "Họ, chữ đệm và tên khai sinh",
        "Họ và tên cán bộ", "Họ tên cán bộ", "Name", "Người được ủy quyền", "Chủ thẻ",
        "Họ tên đầy đủ", "Họ đệm và tên", "Họ và tên nhân viên", "Họ tên nhân viên",
        "Tên nhân viên", "Họ và tên CBCCVC", "Họ và tên CB, CC, VC",
        "Họ và tên cán bộ, công chức, viên chức",
        "Họ và tên cán bộ, công chức", "Họ và tên công chức", "Họ và tên viên chức",
        "Họ và tên người lao động",
    ),
    Field.FAMILY_AND_MIDDLE: (
        "Họ và chữ đệm", "Family and middle names", "Họ đệm", "Họ và đệm", "Họ và tên đệm",
        "Họ", "Họ, chữ đệm", "Họ lót", "Surname", "Last name", "Family name",
    ),
    Field.GIVEN: ("Tên", "Given name", "First name"),
    Field.PERSONAL_NUMBER: (
        "Số định danh cá nhân", "Personal number", "Số CCCD", "CCCD", "Số căn cước", "Căn cước",
        "Số căn cước công dân", "Căn cước công dân", "Mã định danh cá nhân", "Số định danh",
        "Số ĐDCN", "SĐDCN", "ĐDCN", "CCCD/CMND", "CMND/CCCD", "Số CMND/CCCD", "Số CCCD/CMND",
        "Số CCCD/ĐDCN", "Số CCCD/Số ĐDCN", "Số thẻ căn cước", "ID number",
        "Personal identification number", "Citizen ID", "Mã định danh", "Số CCCD/Mã định danh",
        "Mã số định danh cá nhân", "Mã số định danh", "Số CC", "Thẻ CCCD", "Số thẻ CCCD", "CCCD số",
        "Thẻ căn cước", "Thẻ căn cước công dân", "Số thẻ căn cước công dân", "Số CCCD gắn chip",
    ),
    Field.BIRTH_DATE: (
        "Ngày sinh", "Date of birth", "Ngày, tháng, năm sinh", "Ngày tháng năm sinh", "Năm sinh",
        "Birth date", "DOB", "Birthday", "Year of birth", "Sinh ngày",
        "Sinh năm", "NTNS",
    ),
    Field.SEX: ("Giới tính", "Sex", "Gender", "Phái", "Nam/Nữ", "Nam, nữ"),
    Field.MALE: (
        "Ngày sinh nam", "Năm sinh nam", "Ngày, tháng, năm sinh nam", "Ngày tháng năm sinh nam",
        "Sinh ngày nam", "Giới tính nam", "Phái nam",
    ),
    Field.FEMALE: (
        "Ngày sinh nữ", "Năm sinh nữ", "Ngày, tháng, năm sinh nữ", "Ngày tháng năm sinh nữ",
        "Sinh ngày nữ", "Giới tính nữ", "Phái nữ", "Nữ",
    ),
    Field.STAFF_CODE: (
        "Mã cán bộ", "Staff code", "Mã số cán bộ", "Mã nhân viên", "Mã CBCCVC", "Mã NV", "Mã CB",
        "Mã công chức", "Mã viên chức", "Số hiệu công chức", "Số hiệu cán bộ",
        "Số hiệu công chức, viên chức", "Employee code", "Employee ID", "Staff ID",
    ),
    Field.PHONE: (
        "Điện thoại", "Phone", "Số điện thoại", "SĐT", "Điện thoại di động", "Di động", "Mobile",
        "Phone number", "Số ĐT",
    ),
    Field.EMAIL: ("Email", "E-mail", "Thư điện tử", "Địa chỉ thư điện tử", "Hộp thư", "Mail"),
    Field.AGENCY_CODE: (
        "Mã cơ quan", "Agency code", "Mã định danh cơ quan", "Mã định danh điện tử",
        "Mã định danh đơn vị", "Mã cơ quan, đơn vị", "Mã đơn vị",
    ),
    Field.AGENCY_NAME: (
        "Cơ quan quản lý", "Agency", "Tên cơ quan", "Cơ quan", "Cơ quan, đơn vị", "Agency name",
        "Tên cơ quan, đơn vị", "Managing agency",
    ),
    Field.UNIT: (
        "Đơn vị công tác", "Unit", "Phòng", "Phòng ban", "Đơn vị", "Phòng, ban", "Phòng/ban",
        "Department", "Bộ phận", "Phòng/đơn vị", "Đơn vị trực thuộc", "Tên đơn vị",
        "Employing unit", "Khoa/phòng", "Phòng, đơn vị",
    ),
    Field.POSITION: (
        "Chức vụ", "Position", "Chức danh", "Vị trí việc làm", "Chức vụ/chức danh", "Title",
        "Chức vụ, chức danh", "Chức danh/vị trí việc làm", "Chức vụ/vị trí việc làm", "Job title",
        "Chức vụ hiện tại", "Chức vụ/chức danh hiện tại", "Chức vụ công tác",
        "Chức vụ/chức danh/vị trí việc làm", "Chức vụ, chức danh, vị trí việc làm",
    ),
    Field.CATEGORY: (
        "Loại cán bộ", "Category", "Đối tượng", "Loại", "Phân loại", "Loại thẻ", "Loại đối tượng",
        "Loại CBCCVC", "Diện", "Staff category",
    ),
    Field.ENTERPRISE_NUMBER: (
        "Mã số doanh nghiệp", "Enterprise number", "Mã số thuế", "MST", "MSDN", "Mã doanh nghiệp",
        "Tax code", "Mã số DN", "Mã số doanh nghiệp/Mã số thuế",
    ),
    Field.ENTERPRISE_NAME: (
        "Tên doanh nghiệp", "Enterprise name", "Doanh nghiệp", "Công ty", "Tên công ty",
        "Company", "Company name", "Tên tổ chức", "Enterprise",
    ),
    Field.SCOPE: (
        "Phạm vi ủy quyền", "Scope", "Nội dung ủy quyền", "Phạm vi", "Scope of delegation",
        "Nội dung được ủy quyền",
    ),
    Field.UNTIL: (
        "Ủy quyền đến ngày", "Valid until", "Thời hạn ủy quyền", "Có giá trị đến", "Đến ngày",
        "Hạn ủy quyền", "Ngày hết hạn", "Until", "Thời hạn",
    ),
    Field.ORDINAL: ("STT", "No.", "TT", "Số TT", "Số thứ tự", "#", "No"),
}  # fmt: skip
"""Vietnamese first, English second; both stand in the template. Case and marks don't matter.

``MALE`` and ``FEMALE`` are two columns under one heading, as registers of staff have them: the date
of birth, or a cross, stands in the one or the other. A lone ``Nam`` would be ``Năm``, a year.
"""

REQUIRED: dict[CardType, tuple[Field, ...]] = {
    CardType.CIVIL_SERVANT: (Field.PERSONAL_NUMBER, Field.POSITION, Field.CATEGORY),
    CardType.INDIVIDUAL: (Field.PERSONAL_NUMBER,),
    CardType.BUSINESS: (
        Field.PERSONAL_NUMBER,
        Field.ENTERPRISE_NUMBER,
        Field.ENTERPRISE_NAME,
        Field.SCOPE,
        Field.UNTIL,
    ),
}
"""Columns that a list must have, beside the name in one column or two."""


def heading_key(text: str) -> str:
    """Return a heading without case, marks, signs, and what stands in brackets behind it."""
    head = text.partition("(")[0]
    folded = latin.search_key(head)
    kept = "".join(one if one.isalnum() or one == "#" else " " for one in folded)
    return " ".join(kept.split())


_ALTERNATIVES = re.compile(r"/|\bhoặc\b", re.IGNORECASE)
_OF_A_SEX = re.compile(r"\(\s*(nam|nữ)\s*\)", re.IGNORECASE)
_OTHER_DOCUMENTS = frozenset(
    {"", "cmnd", "so cmnd", "cmt", "cmtnd", "cmnd cu", "hc", "ho chieu", "so ho chieu", "passport"}
)
_BY_KEY = {heading_key(text): field for field, texts in HEADINGS.items() for text in texts}


def field_of(heading: str) -> Field | None:
    """Return what a column of this heading holds, or None.

    A heading of alternatives (``Số định danh cá nhân/CCCD``, ``Số CCCD hoặc hộ chiếu``) is of the
    one field that they all name.
    """
    # what else stands in brackets tells nothing
    heading = _OF_A_SEX.sub(r" \1", unicodedata.normalize("NFC", heading))
    whole = _BY_KEY.get(heading_key(heading))
    parts = _ALTERNATIVES.split(heading)
    if whole is not None or len(parts) == 1:
        return whole
    keys = [heading_key(part) for part in parts]
    fields = {_BY_KEY.get(key) for key in keys if key not in _OTHER_DOCUMENTS}
    return fields.pop() if len(fields) == 1 else None
