"""What the person is told when something fails: which part it was, and what to do now.

Reasons that smell of forgery never come here: the service answers those with one sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from cardsvc.errors import ReasonCode
from reader_agent.kiosk.words import Words


@unique
class Part(StrEnum):
    """What failed."""

    CARD = "card"
    PIN = "pin"
    READER = "reader"
    NETWORK = "network"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class TroubleText:
    """A failure in the words of the screen.

    Args:
        part: what failed.
        title: what happened.
        advice: what to do now.
        again: whether putting the card there once more is worth a try.
    """

    part: Part
    title: Words
    advice: Words
    again: bool = False


_R = ReasonCode
_AT_COUNTER = Words(
    "Vui lòng lấy lại thẻ và đến quầy một cửa.",
    "Please take your card back and go to the one-stop counter.",
)
_HOLD_STILL = Words(
    "Đặt lại thẻ và giữ nguyên thẻ trên đầu đọc cho đến khi xong.",
    "Place the card again and keep it on the reader until it is done.",
)

_REMOVED = TroubleText(
    Part.CARD,
    Words("Thẻ đã được lấy ra quá sớm", "The card was taken away too soon"),
    _HOLD_STILL,
    again=True,
)
_MUTE = TroubleText(
    Part.CARD,
    Words("Không đọc được thẻ", "The card could not be read"),
    Words(
        "Lấy thẻ ra, xoay mặt có chip về phía đầu đọc rồi đặt lại, chỉ một thẻ.",
        "Take the card out, turn the chip towards the reader, and place it again, and no other.",
    ),
    again=True,
)
_SEVERAL = TroubleText(
    Part.CARD,
    Words("Có nhiều hơn một thẻ", "There is more than one card"),
    Words("Chỉ để lại một thẻ trên đầu đọc.", "Leave only one card on the reader."),
    again=True,
)
_FOREIGN = TroubleText(
    Part.CARD,
    Words("Đây không phải thẻ điện tử của hệ thống", "This is not one of our electronic cards"),
    Words(
        "Lấy thẻ này ra và đặt thẻ điện tử do cơ quan cấp.",
        "Take this card out and place the electronic card that was issued to you.",
    ),
    again=True,
)
_READER_GONE = TroubleText(
    Part.READER,
    Words("Đầu đọc thẻ bị mất kết nối", "The card reader is not connected"),
    Words(
        "Không phải lỗi của thẻ. Vui lòng báo cán bộ hoặc dùng máy khác.",
        "It is not your card. Please tell an officer, or use another kiosk.",
    ),
)
_READER_BUSY = TroubleText(
    Part.READER,
    Words("Đầu đọc thẻ đang bận", "The card reader is busy"),
    Words(
        "Không phải lỗi của thẻ. Vui lòng lấy thẻ ra và thử lại sau ít phút.",
        "It is not your card. Please take it out and try again in a few minutes.",
    ),
    again=True,
)
_NETWORK = TroubleText(
    Part.NETWORK,
    Words("Mất kết nối với máy chủ", "No connection to the service"),
    Words(
        "Không phải lỗi của thẻ. Vui lòng thử lại sau ít phút hoặc đến quầy một cửa.",
        "It is not your card. Please try again in a few minutes, or go to the one-stop counter.",
    ),
    again=True,
)
_BLOCKED = TroubleText(
    Part.PIN,
    Words("Mã PIN đã bị khóa", "The PIN is blocked"),
    Words(
        "Mã PIN bị nhập sai quá nhiều lần. Vui lòng mang thẻ đến cơ quan cấp thẻ để mở khóa.",
        "A wrong PIN was entered too often. Please take the card to the issuing office.",
    ),
)
_WRONG = TroubleText(
    Part.PIN,
    Words("Mã PIN không đúng", "Wrong PIN"),
    Words(
        "Bấm Thử lại, hoặc đặt lại thẻ, để nhập lại mã PIN.",
        "Press Try again, or place the card again, to enter the PIN again.",
    ),
    again=True,
)
_NO_PIN = TroubleText(
    Part.PIN,
    Words("Mã PIN phải có 6 đến 8 chữ số", "A PIN has 6 to 8 digits"),
    Words(
        "Mã PIN không bị trừ lần thử nào. Bấm Thử lại để nhập lại.",
        "No attempt was used. Press Try again to enter it again.",
    ),
    again=True,
)
_NOT_TYPED = TroubleText(
    Part.PIN,
    Words("Chưa nhập mã PIN trên đầu đọc", "No PIN was entered on the reader"),
    Words(
        "Đã hết thời gian nhập. Mã PIN không bị trừ lần thử nào. Bấm Thử lại để nhập lại.",
        "The time is over. No attempt was used. Press Try again to enter it.",
    ),
    again=True,
)
_CANCELLED = TroubleText(
    Part.PIN,
    Words("Đã hủy nhập mã PIN", "PIN entry was cancelled"),
    Words(
        "Mã PIN không bị trừ lần thử nào. Bấm Thử lại nếu ông/bà muốn nhập lại.",
        "No attempt was used. Press Try again if you want to enter it.",
    ),
    again=True,
)
_DATA = TroubleText(
    Part.DATA,
    Words("Dữ liệu trên thẻ không đọc được", "The data on the card could not be read"),
    _AT_COUNTER,
)
_TOO_MANY = TroubleText(
    Part.DATA,
    Words("Đã có quá nhiều lần báo mất thẻ", "Too many reports of loss"),
    Words(
        "Vui lòng đến quầy một cửa hoặc gọi cơ quan cấp thẻ.",
        "Please go to the one-stop counter or call the issuing office.",
    ),
)
_REFUSED = TroubleText(
    Part.NETWORK,
    Words("Máy này đang không phục vụ được", "This kiosk can't serve you now"),
    Words(
        "Không phải lỗi của thẻ. Vui lòng đến quầy một cửa.",
        "It is not your card. Please go to the one-stop counter.",
    ),
)

_TEXTS = {
    _R.CARD_REMOVED: _REMOVED,
    _R.NO_CARD: _REMOVED,
    _R.CARD_RESET: _READER_BUSY,
    _R.CARD_SILENT: _MUTE,
    _R.SEVERAL_CARDS: _SEVERAL,
    _R.NO_PIV_APPLICATION: _FOREIGN,
    _R.OBJECT_MISSING: _FOREIGN,
    _R.KEY_MISSING: _FOREIGN,
    _R.NO_READER: _READER_GONE,
    _R.SERVICE_UNAVAILABLE: _READER_GONE,
    _R.READER_FAILED: _READER_GONE,
    _R.READER_BUSY: _READER_BUSY,
    _R.NETWORK_FAILED: _NETWORK,
    _R.ACCESS_DENIED: _REFUSED,
    _R.PIN_BLOCKED: _BLOCKED,
    _R.PIN_WRONG: _WRONG,
    _R.PIN_FORMAT: _NO_PIN,
    _R.PIN_NOT_TYPED: _NOT_TYPED,
    _R.PIN_CANCELLED: _CANCELLED,
    _R.TOO_MANY_REPORTS: _TOO_MANY,
}


def trouble_text(reason: ReasonCode) -> TroubleText:
    """Return what to say; whatever has no text of its own is a fault of the card's data."""
    return _TEXTS.get(reason, _DATA)


def can_try_again(reason: ReasonCode) -> bool:
    """Tell whether the same task goes on when a card is put there again."""
    return trouble_text(reason).again
