"""The words on the kiosk's screens, in the terms that people know from their cards and counters."""

from __future__ import annotations

from cardsvc.errors import ReasonCode
from reader_agent.kiosk.visit import Ask, Kind, Stage
from reader_agent.kiosk.words import Words

GREETING = Words("Xin chào ông/bà", "Welcome")
CHOOSE = Words("Ông/bà muốn làm gì?", "What would you like to do?")
CARD_SEEN = Words("Đã nhận thẻ. Vui lòng chọn việc cần làm.", "Card found. Please choose.")
FOLLOW_OFFICER = Words(
    "Vui lòng làm theo hướng dẫn của cán bộ tại quầy.", "Please follow the officer's guidance."
)
CARD_AND_PIN = Words("Thẻ và mã PIN đúng", "Card and PIN are right")
WAIT_FOR_OFFICER = Words(
    "Vui lòng chờ cán bộ đối chiếu ảnh.", "Please wait while the officer compares the photo."
)
OR_PLACE_CARD = Words("Chạm vào một ô để bắt đầu.", "Touch a tile to begin.")
TYPE_AT_READER = Words("Nhập mã PIN trên đầu đọc thẻ", "Enter the PIN on the card reader")
KEYS_AT_READER = Words(
    "Nhập trên bàn phím của đầu đọc, rồi bấm phím xanh. Phím đỏ để hủy. Dùng tay che bàn phím.",
    "Use the reader's keys, then its green one. The red one cancels. Cover the keys.",
)
PLACE_CARD = Words("Đặt thẻ lên đầu đọc", "Place your card on the reader")
KEEP_CARD = Words("Vui lòng giữ nguyên thẻ trên đầu đọc", "Please keep the card on the reader")
TAKE_CARD = Words("Vui lòng lấy lại thẻ", "Please take your card back")
DO_NOT_FORGET = Words("Đừng quên thẻ trên đầu đọc.", "Don't leave your card on the reader.")
HELP_TITLE = Words("Đã báo cán bộ tại quầy", "The officer has been told")
HELP_TEXT = Words(
    "Vui lòng đợi tại đây trong giây lát, hoặc đến thẳng quầy một cửa.",
    "Please wait here a moment, or go straight to the one-stop counter.",
)
OUT_OF_SERVICE = Words("Máy tạm ngừng đọc thẻ", "This kiosk can't read cards now")
OUT_OF_SERVICE_TEXT = Words(
    "Đầu đọc thẻ bị mất kết nối. Vui lòng dùng máy khác hoặc đến quầy một cửa.",
    "The card reader is not connected. Please use another kiosk or go to the one-stop counter.",
)
PORTRAIT = Words("Ảnh chủ thẻ", "Card holder's photo")
OFFLINE = Words("Mất kết nối, đang xác thực ngoại tuyến", "Connection lost, verifying offline")
NO_NETWORK = Words(
    "Mất kết nối với máy chủ, một số việc chưa làm được",
    "No connection to the service, some things can't be done",
)
DONE_GOOD = Words("Xác thực thành công", "Verified")
DONE_REFUSED = Words("Chưa xác thực được", "Not verified")

BACK = Words("Về trang đầu", "Start over")
TRY_AGAIN = Words("Thử lại", "Try again")
FINISH = Words("Xong", "Finish")
HELP = Words("Gọi cán bộ hỗ trợ", "Call an officer")
MORE_TIME = Words("Tôi cần thêm thời gian", "I need more time")
TIME_RUNS_OUT = Words("Màn hình sẽ về trang đầu sau", "This screen will close in")
ERASE = Words("Xóa", "Erase")
CONFIRM = Words("Xác nhận", "Confirm")
LAST_TRY = Words(
    "Chỉ còn 1 lần thử. Nếu nhập sai, mã PIN sẽ bị khóa. Nếu không nhớ, hãy gọi cán bộ.",
    "One attempt left. If it is wrong, the PIN will be blocked. If unsure, call an officer.",
)

KINDS = {
    Kind.CHANGE_PIN: Words("Đổi mã PIN", "Change PIN"),
    Kind.ACTIVATE: Words("Kích hoạt thẻ", "Activate a card"),
    Kind.OWN_CHECKS: Words("Lịch sử thẻ", "Who checked it"),
    Kind.REPORT_LOSS: Words("Báo mất thẻ", "Report a loss"),
}
DONE_KINDS = {
    Kind.CHANGE_PIN: Words("Đã đổi mã PIN", "The PIN has been changed"),
    Kind.ACTIVATE: Words("Thẻ đã được kích hoạt", "The card is active"),
    Kind.OWN_CHECKS: Words("Ai đã kiểm tra thẻ này", "Who checked this card"),
    Kind.REPORT_LOSS: Words("Đã nhận báo mất thẻ", "The report was received"),
}
NEWEST_CHECKS = Words("Những lần gần đây nhất:", "The latest:")
NO_CHECKS = Words("Chưa ai kiểm tra thẻ này.", "Nobody has checked this card yet.")
REMEMBER_PIN = Words(
    "Từ lần sau, vui lòng dùng mã PIN mới. Không cho ai biết mã PIN.",
    "Use the new PIN from now on. Tell it to nobody.",
)

STAGES = {
    Stage.CARD: Words("Đang đọc thẻ", "Reading the card"),
    Stage.CHECK: Words("Đang kiểm tra", "Checking"),
    Stage.NETWORK: Words("Đang xác thực", "Verifying"),
}

ASKED = {
    Ask.PIN: Words("Nhập mã PIN", "Enter PIN"),
    Ask.CURRENT_PIN: Words("Nhập mã PIN hiện tại", "Enter the present PIN"),
    Ask.CODE: Words("Nhập mã kích hoạt", "Enter the activation code"),
    Ask.NEW_PIN: Words("Chọn mã PIN mới", "Choose a new PIN"),
    Ask.REPEAT_PIN: Words("Nhập lại mã PIN mới", "Enter the new PIN again"),
    Ask.PERSONAL_NUMBER: Words("Nhập số định danh cá nhân", "Enter your personal number"),
    Ask.BIRTH_DATE: Words("Nhập ngày, tháng, năm sinh", "Enter your date of birth"),
}
HINTS = {
    Ask.PIN: Words(
        "Mã PIN có 6 đến 8 chữ số. Dùng tay che bàn phím khi nhập.",
        "6 to 8 digits. Cover the keypad with your hand.",
    ),
    Ask.CURRENT_PIN: Words(
        "Mã PIN có 6 đến 8 chữ số. Dùng tay che bàn phím khi nhập.",
        "6 to 8 digits. Cover the keypad with your hand.",
    ),
    Ask.CODE: Words(
        "Mã nằm trong phong bì được giao cùng thẻ.",
        "It is in the envelope that came with the card.",
    ),
    Ask.NEW_PIN: Words(
        "6 đến 8 chữ số, không dùng ngày sinh hay dãy số dễ đoán.",
        "6 to 8 digits; no birthday, nothing easy to guess.",
    ),
    Ask.REPEAT_PIN: Words("Nhập đúng mã vừa chọn.", "Exactly the one you just chose."),
    Ask.PERSONAL_NUMBER: Words(
        "12 chữ số, như trên thẻ căn cước.", "12 digits, as on your ID card."
    ),
    Ask.BIRTH_DATE: Words(
        "8 chữ số: ngày, tháng, năm. Ví dụ 05 01 1956.",
        "8 digits: day, month, year. Such as 05 01 1956.",
    ),
}

_COMPLAINTS = {
    ReasonCode.PIN_WRONG: Words("Mã PIN không đúng", "Wrong PIN"),
    ReasonCode.PIN_FORMAT: Words("Mã PIN phải có 6 đến 8 chữ số", "A PIN has 6 to 8 digits"),
    ReasonCode.PIN_WEAK: Words(
        "Mã PIN này dễ đoán. Vui lòng chọn mã khác.",
        "This PIN is easy to guess. Please choose another.",
    ),
    ReasonCode.MALFORMED_PERSONAL_NUMBER: Words(
        "Số định danh cá nhân có 12 chữ số", "A personal number has 12 digits"
    ),
    ReasonCode.MALFORMED_DATE: Words("Ngày này không có", "There is no such day"),
}
_CODE_WRONG = Words("Mã kích hoạt không đúng", "Wrong activation code")
_NOT_THE_SAME = Words(
    "Hai lần nhập không giống nhau. Vui lòng chọn lại.",
    "The two did not match. Please choose again.",
)


def complaint(ask: Ask, reason: ReasonCode, tries_left: int | None) -> Words:
    """Return why something has to be typed again, and how often it still may be wrong."""
    if reason is not ReasonCode.PIN_WRONG:
        return _COMPLAINTS[reason]
    if ask is Ask.NEW_PIN:
        return _NOT_THE_SAME
    said = _CODE_WRONG if ask is Ask.CODE else _COMPLAINTS[reason]
    return said if tries_left is None else _with_tries(said, tries_left)


def tries(left: int) -> Words:
    """Return how many tries are left."""
    return Words(f"Còn {left} lần thử", f"{left} attempts left")


def _with_tries(said: Words, left: int) -> Words:
    plural = "attempt" if left == 1 else "attempts"
    return Words(f"{said.vi}, còn {left} lần thử", f"{said.en}, {left} {plural} left")
