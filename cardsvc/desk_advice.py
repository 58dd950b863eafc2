"""What the person at an issuing desk is told: where the job stands, and what to do next.

The agent's terminal and the service's screens say the same words.
"""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.desk_records import JobStage
from cardsvc.errors import ReasonCode


@dataclass(frozen=True, slots=True)
class Advice:
    """A sentence or two, Vietnamese first."""

    vi: str
    en: str


_R, _S = ReasonCode, JobStage

_STAGES = {
    _S.WAITING_AGENT: Advice("Chờ tác tử tại bàn nhận việc.", "Waiting for the desk's agent."),
    _S.WAITING_CARD: Advice("Đặt thẻ vào đầu đọc.", "Put the card into the reader."),
    _S.WAITING_PIN: Advice("Chủ thẻ nhập mã tại bàn.", "The holder types the PIN at the desk."),
    _S.CHECKING: Advice("Đang kiểm tra thẻ. Không rút thẻ.", "Checking the card. Leave it in."),
    _S.KEYS: Advice("Đang sinh khóa. Không rút thẻ.", "Making keys. Leave the card in."),
    _S.CERTIFICATES: Advice(
        "Đang cấp chứng thư. Không rút thẻ.", "Making certificates. Leave the card in."
    ),
    _S.OBJECTS: Advice("Đang ghi dữ liệu. Không rút thẻ.", "Writing data. Leave the card in."),
    _S.VERIFYING: Advice("Đang đọc lại. Không rút thẻ.", "Reading back. Leave the card in."),
    _S.DONE: Advice("Xong. Lấy thẻ ra.", "Done. Take the card away."),
    _S.TORN: Advice(
        "Thẻ chưa làm xong. Đặt lại đúng thẻ đó để làm tiếp, hoặc hủy phôi.",
        "The card is not finished. Put the same card back to go on, or spoil it.",
    ),
    _S.FAILED: Advice("Không làm được việc này.", "This can't be done."),
    _S.CANCELLED: Advice("Lệnh đã được hủy.", "The order was taken back."),
    _S.SPOILED: Advice(
        "Phôi đã hủy. Để riêng phôi hỏng; ra lệnh mới với phôi khác.",
        "The blank is spoiled. Put it aside; order again with another one.",
    ),
}

_AGAIN_SAME = Advice(
    "Thẻ bị rút ra hoặc mất kết nối. Đặt lại đúng thẻ đó để làm tiếp.",
    "The card was pulled out or lost contact. Put the same card back to go on.",
)
_NOT_A_BLANK = Advice(
    "Thẻ này không phải phôi và không phải thẻ của việc này. Lấy ra, đặt phôi khác.",
    "Neither a blank nor this job's card. Take it out, put in another blank.",
)
_ORDER_AGAIN = Advice(
    "Phôi không có trong kho của bàn này. Kiểm tra số phôi, ra lệnh mới.",
    "The blank is not in this desk's stock. Check its serial, order again.",
)
_SERVER = Advice(
    "Mất kết nối máy chủ. Để yên; sẽ tự làm tiếp khi có mạng lại.",
    "No connection to the service. Leave it; work goes on by itself when it is back.",
)
_REASONS = {
    _R.NO_READER: Advice(
        "Không thấy đầu đọc. Cắm lại đầu đọc, kiểm tra dây.",
        "The reader is gone. Plug it in again, look at the cable.",
    ),
    _R.NO_CARD: _STAGES[_S.WAITING_CARD],
    _R.CARD_REMOVED: _AGAIN_SAME,
    _R.CARD_RESET: Advice(
        "Chương trình khác dùng thẻ này. Đóng chương trình đó rồi đặt lại thẻ.",
        "Another program uses this card. Close it, then put the card back.",
    ),
    _R.CARD_SILENT: Advice(
        "Thẻ không trả lời. Lật thẻ, lau chip rồi đặt lại; nếu vẫn vậy, hủy phôi.",
        "The card does not answer. Turn it, wipe the chip, try again; or spoil the blank.",
    ),
    _R.BLANK_REQUIRED: _ORDER_AGAIN,
    _R.BLANK_UNKNOWN: _ORDER_AGAIN,
    _R.BLANK_NOT_IN_STOCK: _ORDER_AGAIN,
    _R.BLANK_MISMATCH: Advice(
        "Đây không phải thẻ đang làm dở. Đặt lại đúng thẻ đó, hoặc hủy phôi.",
        "This is not the card that was torn. Put that one back, or spoil the blank.",
    ),
    _R.SEVERAL_CARDS: Advice(
        "Có thẻ trong hai đầu đọc. Chỉ để lại một thẻ.",
        "There are cards in two readers. Leave only one.",
    ),
    _R.READER_FAILED: Advice(
        "Đầu đọc gặp lỗi. Rút và cắm lại đầu đọc, đặt lại thẻ.",
        "The reader failed. Unplug it, plug it in again, put the card back.",
    ),
    _R.READER_BUSY: Advice(
        "Chương trình khác đang giữ thẻ. Đóng chương trình đó.",
        "Another program keeps the card. Close it.",
    ),
    _R.SERVICE_UNAVAILABLE: Advice(
        "Dịch vụ đầu đọc (PC/SC) hoặc máy chủ không chạy. Sẽ tự làm tiếp khi chạy lại.",
        "The reader service (PC/SC) or the server is down. Work goes on when it is back.",
    ),
    _R.NETWORK_FAILED: _SERVER,
    _R.ACCESS_DENIED: Advice(
        "Tác tử này bị khóa hoặc mã truy cập sai. Gọi quản trị viên.",
        "This agent is shut out, or its token is wrong. Call the administrator.",
    ),
    _R.NO_PIV_APPLICATION: Advice(
        "Đây không phải thẻ của hệ thống (không có ứng dụng PIV). Lấy ra, đặt phôi đúng.",
        "Not a card of this system (no PIV application). Take it out, put in a right one.",
    ),
    _R.WRONG_CARD: Advice(
        "Đây là thẻ khác. Đặt đúng thẻ của chủ thẻ này.",
        "This is another card. Put in the card of this holder.",
    ),
    _R.CARD_IN_USE: Advice(
        "Thẻ này đã cấp cho người khác, hoặc hồ sơ đã có thẻ. Lấy ra và kiểm tra hồ sơ.",
        "This card is somebody's already, or the application has a card. Look at the record.",
    ),
    _R.MANAGEMENT_KEY_REFUSED: _NOT_A_BLANK,
    _R.UNSUPPORTED_ALGORITHM: Advice(
        "Loại thẻ này thiếu thuật toán cần dùng. Dùng loại phôi khác.",
        "This make of card lacks an algorithm. Take another make.",
    ),
    _R.PIN_WRONG: Advice(
        "Thẻ không nhận mã. Kiểm tra mã; nếu là phôi mới, lấy phôi khác.",
        "The card refuses the code. Check it; if it is a blank, take another one.",
    ),
    _R.PIN_BLOCKED: Advice(
        "Mã đã bị khóa. Đề nghị mở khóa PIN, hoặc cấp lại thẻ.",
        "The code is blocked. Ask for an unblocking, or issue a new card.",
    ),
    _R.PIN_WEAK: Advice(
        "Mã PIN dễ đoán. Không dùng dãy số, số lặp, năm sinh.",
        "The PIN is easy to guess. No runs, no repeated digits, no birth year.",
    ),
    _R.PIN_FORMAT: Advice("Mã PIN có 6 đến 8 chữ số.", "A PIN has 6 to 8 digits."),
    _R.CARD_EXPIRED: Advice(
        "Giấy ủy quyền đã hết hạn. Việc này đã đóng.",
        "The delegation has ended. This job is closed.",
    ),
    _R.ILLEGAL_TRANSITION: Advice(
        "Hồ sơ hoặc thẻ không ở trạng thái cho phép. Việc này đã đóng; xem hồ sơ.",
        "Application or card is not in a state for it. This job is closed; see the record.",
    ),
    _R.READ_BACK_MISMATCH: Advice(
        "Dữ liệu đọc lại không khớp. Đặt lại thẻ; nếu vẫn vậy, hủy phôi.",
        "What was read back differs. Put the card back; if it happens again, spoil it.",
    ),
    _R.KEY_PROOF_FAILED: Advice(
        "Thẻ không chứng minh được khóa. Hủy phôi, dùng phôi khác.",
        "The card does not prove its key. Spoil it, take another one.",
    ),
    _R.JOB_UNKNOWN: Advice(
        "Việc này đã được hủy hoặc giao cho bàn khác.",
        "The job was taken back or given to another desk.",
    ),
}


def advice_for(stage: JobStage, reason: ReasonCode | None = None) -> Advice:
    """Return what to say: of the reason where there is one that says more than the stage."""
    if reason is None:
        return _STAGES[stage]
    return _REASONS.get(reason, _STAGES[stage])
