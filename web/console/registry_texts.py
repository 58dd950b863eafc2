"""What facts, findings and deeds around holders are called on screens."""

from __future__ import annotations

from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.names import NameWarning
from cardsvc.identity.personal_number import PersonalNumberWarning
from cardsvc.identity.sex import Sex
from cardsvc.import_records import SkipReason
from cardsvc.terms import CARD_TYPE_VI, CardType
from issuance.registry.disclosure import DisclosureReason
from web.console.languages import Text

CARD_TYPES = {
    CardType.CIVIL_SERVANT: Text(CARD_TYPE_VI[CardType.CIVIL_SERVANT], "Civil-servant card"),
    CardType.INDIVIDUAL: Text(CARD_TYPE_VI[CardType.INDIVIDUAL], "Personal card"),
    CardType.BUSINESS: Text(CARD_TYPE_VI[CardType.BUSINESS], "Business card"),
}
KINDS = {
    CardType.CIVIL_SERVANT: Text("Cán bộ, công chức, viên chức", "Civil servant"),
    CardType.INDIVIDUAL: Text("Cá nhân", "Individual"),
    CardType.BUSINESS: Text("Người được doanh nghiệp ủy quyền", "Business delegate"),
}
CATEGORIES = {
    StaffCategory.CADRE: Text("Cán bộ", "Cadre"),
    StaffCategory.CIVIL_SERVANT: Text("Công chức", "Civil servant"),
    StaffCategory.PUBLIC_EMPLOYEE: Text("Viên chức", "Public employee"),
    StaffCategory.COMMUNE_STAFF: Text("Cán bộ, công chức cấp xã", "Commune staff"),
    StaffCategory.COMMUNE_PART_TIME: Text(
        "Người hoạt động không chuyên trách ở cấp xã", "Commune part-time staff"
    ),
    StaffCategory.CONTRACT: Text("Người lao động hợp đồng", "Contract employee"),
}
SEXES = {Sex.MALE: Text("Nam", "Male"), Sex.FEMALE: Text("Nữ", "Female")}
DISCLOSURE_REASONS = {
    DisclosureReason.COMPARE_DOCUMENT: Text(
        "Đối chiếu với giấy tờ của chủ thẻ", "Compare with the holder's document"
    ),
    DisclosureReason.CORRECT_RECORD: Text("Sửa thông tin sai", "Correct a wrong record"),
    DisclosureReason.HOLDER_ASKS: Text("Chủ thẻ yêu cầu", "The holder asks"),
    DisclosureReason.INSPECTION: Text("Kiểm tra, thanh tra", "Inspection"),
}
WARNINGS: dict[NameWarning | PersonalNumberWarning, Text] = {
    NameWarning.ETH_REPLACED: Text(
        "Chữ “ð/Ð” trong họ tên đã được đổi thành “đ/Đ”: đối chiếu với thẻ căn cước.",
        "“ð/Ð” in the name was changed to “đ/Đ”: compare with the ID card.",
    ),
    PersonalNumberWarning.PROVINCE_UNKNOWN: Text(
        "Ba chữ số đầu của số định danh không thuộc tỉnh, thành phố nào.",
        "The first three digits of the number are those of no province.",
    ),
    PersonalNumberWarning.BIRTH_YEAR_IMPLAUSIBLE: Text(
        "Năm sinh trong số định danh không hợp lý.",
        "The year of birth within the number is not plausible.",
    ),
    PersonalNumberWarning.BIRTH_YEAR_DIFFERS: Text(
        "Năm sinh đã nhập khác với năm sinh trong số định danh.",
        "The year of birth differs from the one within the number.",
    ),
    PersonalNumberWarning.SEX_DIFFERS: Text(
        "Giới tính đã nhập khác với giới tính trong số định danh.",
        "The sex differs from the one within the number.",
    ),
}
SKIP_REASONS = {
    SkipReason.LEFT_THE_AGENCY: Text("Không còn làm việc tại cơ quan", "Left the agency"),
    SkipReason.NOT_ENTITLED: Text("Không thuộc diện cấp thẻ", "Not entitled to a card"),
    SkipReason.ENTERED_BY_HAND: Text("Đã nhập tay", "Entered by hand"),
    SkipReason.WRONG_LIST: Text("Nhầm danh sách", "On the wrong list"),
    SkipReason.REPEATED: Text("Lặp lại dòng khác", "Repeats another row"),
}
