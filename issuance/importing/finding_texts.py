"""What findings say to the person who has to act on them: what is wrong, and what to do."""

from __future__ import annotations

from typing import NamedTuple

from issuance.importing.fields import HEADINGS
from issuance.importing.findings import Finding, ImportCode


class FindingText(NamedTuple):
    """A sentence in both languages."""

    vi: str
    en: str


def heading_text(finding: Finding) -> str:
    """Return the Vietnamese heading of the column that a finding is about, or nothing."""
    return HEADINGS[finding.field][0] if finding.field else ""


def say(finding: Finding) -> FindingText:
    """Return a finding as a sentence; a proposal is not repeated in it."""
    text = _TEXTS[finding.code]
    if not finding.detail:
        return text
    return FindingText(f"{text.vi} [{finding.detail}]", f"{text.en} [{finding.detail}]")


_C, _T = ImportCode, FindingText
_TEXTS: dict[ImportCode, FindingText] = {
    _C.FORMULA_WITHOUT_VALUE: _T(
        "Ô là công thức chưa có kết quả: mở tệp bằng Excel, lưu lại rồi nhập.",
        "A formula without a result: open the file in Excel, save it, and import again.",
    ),
    _C.CELL_ERROR: _T(
        "Ô báo lỗi (#REF!, #N/A…): nhập giá trị đúng.",
        "The cell shows an error (#REF!, #N/A…): enter the right value.",
    ),
    _C.CELL_TOO_LONG: _T("Nội dung ô quá dài: rút ngắn lại.", "The cell is too long: shorten it."),
    _C.CELL_TYPE: _T(
        "Kiểu dữ liệu của ô không hợp: định dạng ô là văn bản và nhập lại.",
        "The cell is of another kind: format it as text and enter it again.",
    ),
    _C.MERGED_CELL: _T(
        "Ô bị gộp với ô khác: nhập giá trị riêng cho dòng này.",
        "The cell is merged with another: enter this row's own value.",
    ),
    _C.TEXT_UNPRINTABLE: _T(
        "Ô có ký tự không in được: gõ lại.", "Characters that can't be printed: type it again."
    ),
    _C.NUMBER_IN_EXPONENT_FORM: _T(
        "Số bị rút gọn (ví dụ 1,09E+10), đã mất chữ số: nhập lại đủ 12 chữ số.",
        "The number was shortened (such as 1.09E+10) and has lost digits: enter all of them.",
    ),
    _C.NUMBER_LOST_ZEROS: _T(
        "Số thiếu chữ số 0 ở đầu do định dạng số: xem số đề xuất và xác nhận.",
        "Zeros at the front are lost, as of a quantity: compare the proposal and confirm.",
    ),
    _C.LEGACY_FONT: _T(
        "Chữ dùng phông hoặc bảng mã cũ: xem chữ Unicode đề xuất và xác nhận.",
        "Text of a legacy font or encoding: compare the proposed text and confirm.",
    ),
    _C.MIXED_ENCODING: _T(
        "Dòng dùng bảng mã khác với phần còn lại của tệp: kiểm tra chữ có dấu và xác nhận.",
        "The row is of another encoding than the rest: check its letters and confirm.",
    ),
    _C.HIDDEN_ROW: _T(
        "Dòng đang bị ẩn hoặc lọc trong bảng tính: xác nhận nếu vẫn nhập.",
        "The row is hidden or filtered away in the spreadsheet: confirm if it is meant.",
    ),
    _C.FORMULA_VALUE_TAKEN: _T(
        "Đã lấy kết quả đã lưu của công thức.", "The saved result of a formula was taken."
    ),
    _C.FORMULA_LIKE_TEXT: _T(
        "Chữ bắt đầu bằng = + - @, được giữ là văn bản.",
        "The text begins with = + - @ and is kept as text.",
    ),
    _C.FILLED_FROM_MERGE: _T(
        "Giá trị lấy từ ô gộp phía trên.", "The value was taken from the merged cell above."
    ),
    _C.ZEROS_OF_FORMAT: _T(
        "Các chữ số 0 ở đầu lấy theo định dạng hiển thị của ô.",
        "Zeros at the front were taken from the way the cell is shown.",
    ),
    _C.DATE_FROM_SERIAL: _T(
        "Ngày được đổi từ số thứ tự ngày của bảng tính: kiểm tra lại.",
        "The date was a spreadsheet's day number: check it.",
    ),
    _C.DECOMPOSED_TEXT: _T(
        "Chữ Unicode tổ hợp đã đổi sang dựng sẵn.", "Decomposed letters were composed (NFC)."
    ),
    _C.NUMBER_MISSING: _T("Thiếu số định danh cá nhân.", "The personal number is missing."),
    _C.NUMBER_MALFORMED: _T(
        "Số định danh cá nhân phải có đúng 12 chữ số: kiểm tra trên thẻ căn cước.",
        "A personal number has exactly 12 digits: check it on the identity card.",
    ),
    _C.NUMBER_IS_CMND: _T(
        "Đây là số CMND 9 chữ số đã hết giá trị: nhập số định danh 12 chữ số.",
        "This is an old 9-digit CMND number: enter the personal number of 12 digits.",
    ),
    _C.NAME_MISSING: _T("Thiếu họ và tên.", "The name is missing."),
    _C.NAME_MALFORMED: _T(
        "Họ tên có ký tự lạ, chữ số hoặc quá 64 ký tự: ghi như trên thẻ căn cước.",
        "Foreign signs or digits in the name, or over 64 characters: as on the identity card.",
    ),
    _C.BIRTH_DATE_MALFORMED: _T(
        "Ngày sinh không đúng: ghi ngày/tháng/năm, năm đủ 4 chữ số.",
        "Not a date of birth: write day/month/year, the year with 4 digits.",
    ),
    _C.BIRTH_YEAR_OF_TWO_DIGITS: _T(
        "Năm sinh chỉ có 2 chữ số nên không rõ thế kỷ: ghi đủ 4 chữ số, ví dụ 02/09/1990.",
        "A year of two digits does not tell the century: write four, such as 02/09/1990.",
    ),
    _C.BIRTH_DATE_IMPLAUSIBLE: _T(
        "Ngày sinh trước năm 1900 hoặc ở tương lai.", "Born before 1900 or in the future."
    ),
    _C.SEX_MALFORMED: _T("Giới tính ghi Nam hoặc Nữ.", "Sex is Nam or Nữ (male or female)."),
    _C.SEX_IN_DIGITS: _T(
        "Giới tính ghi bằng số (1, 0…) nên không rõ số nào là nam: thay bằng Nam hoặc Nữ ở cả cột.",
        "Sex as a digit (1, 0…) does not tell which is which: write Nam or Nữ in the whole column.",
    ),
    _C.PHONE_MALFORMED: _T(
        "Số điện thoại không đúng: sửa hoặc để trống.",
        "Not a Vietnamese telephone number: correct it or leave it empty.",
    ),
    _C.EMAIL_MALFORMED: _T(
        "Địa chỉ thư điện tử không đúng: sửa hoặc để trống.",
        "Not an e-mail address: correct it or leave it empty.",
    ),
    _C.ETH_REPLACED: _T(
        "Chữ Ð lạ đã đổi thành Đ: đối chiếu với giấy tờ.",
        "A look-alike of Đ was replaced: compare with the document.",
    ),
    _C.NAME_WITH_ADDITION: _T(
        "Ô họ tên có thêm danh xưng, học vị hoặc chức vụ (Ông, Bà, TS., “– Trưởng phòng”…): đối "
        "chiếu họ tên đề xuất với giấy tờ rồi xác nhận, hoặc gõ lại họ tên.",
        "A title or a post stands beside the name (Ông, Bà, TS., “– Trưởng phòng”…): compare the "
        "proposed name with the document and confirm, or type the name.",
    ),
    _C.NAME_IN_LOWER_CASE: _T(
        "Họ tên có chữ đầu từ không viết hoa: đối chiếu họ tên đề xuất với giấy tờ rồi xác nhận.",
        "A word of the name begins in lower case: compare the proposed name with the document "
        "and confirm.",
    ),
    _C.NAME_IN_CAPITALS: _T(
        "Họ tên viết toàn chữ in hoa: được giữ như vậy; người đã có thì giữ cách viết đã lưu.",
        "The name is all in capitals and is kept so; of somebody on record the present writing "
        "stays.",
    ),
    _C.BIRTH_DAY_UNKNOWN: _T(
        "Chỉ biết năm hoặc tháng sinh: ngày sinh không được ghi.",
        "Only the year or month of birth is known: no date of birth is recorded.",
    ),
    _C.PROVINCE_UNKNOWN: _T(
        "Ba số đầu không phải mã tỉnh cũ: kiểm tra số định danh.",
        "The first three digits are no former province's: check the number.",
    ),
    _C.BIRTH_YEAR_IMPLAUSIBLE: _T(
        "Năm sinh suy từ số định danh không hợp lý: kiểm tra số.",
        "The year of birth that the number suggests is implausible: check the number.",
    ),
    _C.BIRTH_YEAR_DIFFERS: _T(
        "Năm sinh khác với gợi ý từ số định danh: kiểm tra lại.",
        "The year of birth differs from what the number suggests: check both.",
    ),
    _C.SEX_DIFFERS: _T(
        "Giới tính khác với gợi ý từ số định danh: kiểm tra lại.",
        "The sex differs from what the number suggests: check both.",
    ),
    _C.AGENCY_MISSING: _T("Thiếu mã cơ quan.", "The agency code is missing."),
    _C.AGENCY_MALFORMED: _T(
        "Mã cơ quan không đúng dạng (ví dụ H57.12).", "Not an agency code (such as H57.12)."
    ),
    _C.AGENCY_UNKNOWN: _T(
        "Cơ quan không có trong danh mục hoặc đã chấm dứt: sửa mã hoặc thêm cơ quan.",
        "The agency is not on record, or has ended: correct the code or add the agency.",
    ),
    _C.AGENCY_NAME_MISSING: _T(
        "Thiếu tên cơ quan quản lý.", "The managing agency's name is missing."
    ),
    _C.POSITION_MISSING: _T("Thiếu chức vụ, chức danh.", "The position is missing."),
    _C.CATEGORY_MISSING: _T("Thiếu loại cán bộ.", "The kind of staff is missing."),
    _C.CATEGORY_UNKNOWN: _T(
        "Loại cán bộ ghi CB, CC, VC, XA, XA0 hoặc HĐ.",
        "The kind of staff is CB, CC, VC, XA, XA0 or HĐ.",
    ),
    _C.ENTERPRISE_NUMBER_MISSING: _T(
        "Thiếu mã số doanh nghiệp.", "The enterprise number is missing."
    ),
    _C.ENTERPRISE_NUMBER_MALFORMED: _T(
        "Mã số doanh nghiệp không đúng: 10 chữ số, 10-3 hoặc 12 chữ số của chủ hộ.",
        "Not an enterprise number: 10 digits, 10-3, or the 12 digits of its owner.",
    ),
    _C.ENTERPRISE_NAME_MISSING: _T("Thiếu tên doanh nghiệp.", "The enterprise name is missing."),
    _C.SCOPE_MISSING: _T("Thiếu phạm vi ủy quyền.", "The scope of the delegation is missing."),
    _C.UNTIL_MISSING: _T("Thiếu thời hạn ủy quyền.", "The end of the delegation is missing."),
    _C.UNTIL_MALFORMED: _T(
        "Thời hạn ủy quyền phải là ngày/tháng/năm, năm đủ 4 chữ số.",
        "The end of the delegation is written day/month/year, the year with 4 digits.",
    ),
    _C.UNTIL_PAST: _T("Ủy quyền đã hết hạn.", "The delegation has ended."),
    _C.AGENCY_UNCHECKED: _T(
        "Danh mục cơ quan đang trống nên chưa kiểm tra cơ quan.",
        "No agencies are on record, so the agency was not checked.",
    ),
    _C.AGENCY_NAME_DIFFERS: _T(
        "Tên cơ quan khác với danh mục; ghi theo danh mục.",
        "The agency is called otherwise on record; the name on record is taken.",
    ),
    _C.UNIT_UNKNOWN: _T(
        "Đơn vị không có trong danh mục của cơ quan: kiểm tra tên.",
        "The unit is not among those of the agency: check its name.",
    ),
    _C.DUPLICATE_IN_FILE: _T(
        "Cùng số định danh nhưng thông tin khác ở dòng",
        "The same number with other facts stands in row",
    ),
    _C.REPEATED_ROW: _T("Lặp lại dòng", "Repeats row"),
    _C.NAME_DIFFERS_IN_REGISTRY: _T(
        "Số này đã có với họ tên khác: xác nhận nếu là cải chính, hoặc sửa số.",
        "The number is on record with another name: confirm a correction, or mend the number.",
    ),
    _C.BIRTH_DATE_DIFFERS_IN_REGISTRY: _T(
        "Số này đã có với ngày sinh khác: xác nhận nếu là cải chính, hoặc sửa lại.",
        "The number is on record with another date of birth: confirm a correction, or mend it.",
    ),
    _C.NUMBER_IS_FORMER: _T(
        "Đây là số cũ của một người đã có: nhập số hiện nay.",
        "This is a former number of somebody on record: enter the present one.",
    ),
    _C.EMPLOYMENT_ENDED: _T(
        "Người này đã nghỉ hưu hoặc thôi việc: xác nhận nếu làm việc trở lại.",
        "This person's employment has ended: confirm if it began again.",
    ),
    _C.TOTALS_ROW_SKIPPED: _T("Bỏ qua dòng tổng hoặc ký tên", "Left out: total or signature, row"),
    _C.SECTION_ROW_SKIPPED: _T("Bỏ qua dòng tiêu đề nhóm", "Left out: heading of a section, row"),
    _C.COLUMN_NUMBERS_SKIPPED: _T("Bỏ qua dòng đánh số cột", "Left out: numbers of columns, row"),
    _C.EXAMPLE_ROW_SKIPPED: _T(
        "Bỏ qua dòng ví dụ của mẫu", "Left out: the template's example, row"
    ),
    _C.UNKNOWN_COLUMN: _T("Cột không dùng đến", "Column left out"),
    _C.GARBLED_COLUMN: _T(
        "Bỏ qua cột có tiêu đề bị vỡ chữ vì tệp từng được mở hoặc lưu sai bảng mã: lấy tệp gốc, "
        "lưu thành .xlsx hoặc CSV UTF-8 rồi nhập lại",
        "Column left out: its heading is broken, the file was opened or saved in a wrong encoding; "
        "save the original as .xlsx or CSV UTF-8 and import that",
    ),
    _C.HIDDEN_SHEET_LEFT_OUT: _T("Không đọc trang bị ẩn", "Hidden sheet left out"),
    _C.OTHER_SHEET_LEFT_OUT: _T("Không đọc trang", "Sheet left out"),
}
