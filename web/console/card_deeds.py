"""What can be done to a card now, by whom; and why somebody can't."""

from __future__ import annotations

from cardsvc.access_records import Operator, Role
from cardsvc.errors import IssuanceError
from cardsvc.lifecycle import CARD_TRANSITIONS, HANDED_OVER_STATES, CardEvent, CardState
from cardsvc.records import Application, CardRecord
from issuance.duties import require_third_person
from issuance.unblock import UNBLOCKABLE
from web.console.deeds import Deed, Offered, lacks_role
from web.console.issuing_texts import refusal
from web.console.languages import Text

_CLERK, _APPROVER, _ISSUER = Role.CLERK, Role.APPROVER, Role.ISSUER

DEEDS = {
    deed.name: deed
    for deed in (
        Deed(
            "hand-over", CardEvent.HAND_OVER, frozenset({_ISSUER}),
            Text("Bàn giao thẻ", "Hand over"),
            Text("Bàn giao thẻ cho chủ thẻ?", "Hand the card to its holder?"),
            Text(
                "Đối chiếu giấy tờ của người nhận. Thẻ chỉ dùng được sau khi kích hoạt.",
                "Compare the receiver's document. The card can be used after activation only.",
            ),
            Text("Đã bàn giao thẻ", "The card was handed over"),
            "primary",
        ),
        Deed(
            "activation-code", CardEvent.ACTIVATE, frozenset({_ISSUER}),
            Text("Xem mã kích hoạt", "Show the activation code"),
            Text("Xem mã kích hoạt của thẻ này?", "Show this card's activation code?"),
            Text(
                "Mã chỉ hiện một lần và được ghi vào nhật ký. Chỉ mở khi chủ thẻ đang ở đây.",
                "It is shown once and noted in the audit log. Open it with the holder present.",
            ),
            Text("Đã xem mã kích hoạt", "The activation code was shown"),
            grave=True,
        ),
        Deed(
            "suspend", CardEvent.SUSPEND, frozenset({_CLERK, _APPROVER}),
            Text("Khóa thẻ", "Lock"),
            Text("Khóa thẻ này?", "Lock this card?"),
            Text(
                "Thẻ bị từ chối ở mọi nơi trong vài giây. Có thể mở khóa lại. Mất thẻ thì báo mất.",
                "It is refused everywhere within seconds. It can be unlocked. Report a lost card.",
            ),
            Text("Đã khóa thẻ", "The card was locked"),
            "warning",
        ),
        Deed(
            "resume", CardEvent.RESUME, frozenset({_APPROVER}),
            Text("Mở khóa thẻ", "Unlock"),
            Text("Mở khóa thẻ này?", "Unlock this card?"),
            Text("Thẻ dùng lại được ngay.", "The card can be used again at once."),
            Text("Đã mở khóa thẻ", "The card was unlocked"),
            "primary",
        ),
        Deed(
            "report-loss", CardEvent.REPLACE, frozenset({_CLERK, _ISSUER}),
            Text("Báo mất thẻ", "Report it lost"),
            Text("Ghi nhận báo mất thẻ?", "Take a report of loss?"),
            Text(
                "Mọi thẻ chủ thẻ đang giữ bị khóa ngay. Người khác với bạn sẽ xử lý vụ việc.",
                "The holder's cards are all locked at once. Another person closes the case.",
            ),
            Text("Đã khóa thẻ do báo mất", "The cards were locked: reported lost"),
            "warning",
        ),
        Deed(
            "unblock", CardEvent.ACTIVATE, frozenset({_CLERK, _ISSUER}),
            Text("Đề nghị mở khóa PIN", "Ask for a PIN unblocking"),
            Text("Đề nghị mở khóa PIN của thẻ này?", "Ask for this card's PIN to be unblocked?"),
            Text(
                "Chủ thẻ có mặt và bạn đã đối chiếu giấy tờ. Một người khác sẽ phê duyệt.",
                "The holder is here and you compared the document. Somebody else approves.",
            ),
            Text("Đã gửi đề nghị mở khóa PIN", "The unblocking was asked for"),
        ),
        Deed(
            "withdraw", CardEvent.REVOKE, frozenset({_APPROVER}),
            Text("Thu hồi thẻ", "Withdraw"),
            Text("Thu hồi thẻ này?", "Withdraw this card?"),
            Text(
                "Không thể hoàn tác: thẻ và mọi chứng thư của thẻ hết hiệu lực vĩnh viễn.",
                "This can't be undone: the card and its certificates end for good.",
            ),
            Text("Đã thu hồi thẻ", "The card was withdrawn"),
            "warning",
            grave=True,
        ),
        Deed(
            "spoil", CardEvent.SPOIL, frozenset({_ISSUER}),
            Text("Hủy phôi", "Spoil"),
            Text("Hủy phôi của thẻ này?", "Spoil this card?"),
            Text(
                "Thẻ chưa bàn giao bị bỏ; đề nghị được làm thẻ khác với phôi khác.",
                "The card that was not handed over is given up; another is made on another blank.",
            ),
            Text("Đã hủy phôi", "The card was spoiled"),
            "warning",
        ),
        Deed(
            "destroy", CardEvent.DESTROY, frozenset({_ISSUER}),
            Text("Ghi nhận hủy thẻ", "Note its destruction"),
            Text("Ghi nhận đã hủy thẻ này?", "Note that this card was destroyed?"),
            Text(
                "Thẻ đã được cắt hủy trước một người chứng kiến, có biên bản.",
                "The card was cut up before a witness, and there is a record.",
            ),
            Text("Đã ghi nhận hủy thẻ", "The destruction was noted"),
            "warning",
        ),
    )
}  # fmt: skip

_STATES = {"report-loss": HANDED_OVER_STATES, "unblock": frozenset(UNBLOCKABLE)}


def is_possible(deed: Deed, card: CardRecord) -> bool:
    """Tell whether a card's state allows a deed."""
    if deed.name in _STATES:
        return card.state in _STATES[deed.name]
    on_leave = card.suspension is not None and card.suspension.until is not None
    if deed.event is CardEvent.SUSPEND and card.state is CardState.SUSPENDED and on_leave:
        return True  # another day of return, or none
    return (card.state, deed.event) in CARD_TRANSITIONS


def why_not(deed: Deed, application: Application, operator: Operator) -> Text | None:
    """Return why an operator can't do a deed, None where he can."""
    lacking = lacks_role(deed, operator)
    if lacking is None and deed.event is CardEvent.HAND_OVER:
        try:
            require_third_person(application, operator.id)
        except IssuanceError as error:
            own = Text("Bạn đã đề nghị hoặc phê duyệt thẻ này.", "You requested or approved it.")
            why = refusal(error.reason)
            return Text(f"{own.vi} {why.vi}", f"{own.en} {why.en}")
    return lacking


def deeds_of(card: CardRecord, application: Application, operator: Operator) -> list[Offered]:
    """Return what a card's state allows."""
    return [
        Offered(deed, why_not(deed, application, operator))
        for deed in DEEDS.values()
        if is_possible(deed, card)
    ]
