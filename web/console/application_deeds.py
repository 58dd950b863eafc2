"""What can be done to an application now, by whom; and why somebody can't."""

from __future__ import annotations

from cardsvc.access_records import Operator, Role
from cardsvc.errors import IssuanceError
from cardsvc.lifecycle import APPLICATION_TRANSITIONS, ApplicationEvent
from cardsvc.records import Application
from issuance.duties import require_second_person
from web.console.deeds import Deed, Offered, lacks_role
from web.console.issuing_texts import refusal
from web.console.languages import Text

DEEDS = {
    deed.name: deed
    for deed in (
        Deed(
            "approve", ApplicationEvent.APPROVE, frozenset({Role.APPROVER}),
            Text("Phê duyệt", "Approve"),
            Text("Phê duyệt đề nghị này?", "Approve this application?"),
            Text(
                "Sau khi phê duyệt, người cấp thẻ có thể làm thẻ. Bạn sẽ không được cấp thẻ này.",
                "The issuer can make the card then. You won't be allowed to issue it.",
            ),
            Text("Đã phê duyệt đề nghị", "The application was approved"),
            "primary",
        ),
        Deed(
            "return", ApplicationEvent.RETURN, frozenset({Role.APPROVER}),
            Text("Trả lại để bổ sung", "Return"),
            Text("Trả lại để bổ sung?", "Return for completion?"),
            Text(
                "Người đề nghị sửa thông tin rồi gửi lại; đề nghị không bị hủy.",
                "The requester corrects the facts and sends it in again.",
            ),
            Text("Đã trả lại đề nghị để bổ sung", "The application was returned"),
        ),
        Deed(
            "reject", ApplicationEvent.REJECT, frozenset({Role.APPROVER}),
            Text("Từ chối", "Reject"),
            Text("Từ chối đề nghị này?", "Reject this application?"),
            Text(
                "Không thể hoàn tác. Muốn cấp thẻ phải lập đề nghị mới.",
                "This can't be undone. A card then needs a new application.",
            ),
            Text("Đã từ chối đề nghị", "The application was rejected"),
            "warning",
        ),
        Deed(
            "resubmit", ApplicationEvent.RESUBMIT, frozenset({Role.CLERK}),
            Text("Gửi lại", "Send in again"),
            Text("Gửi lại đề nghị này?", "Send this application in again?"),
            Text(
                "Sửa thông tin tại hồ sơ người được cấp thẻ trước khi gửi lại. Bạn trở thành "
                "người đề nghị và không được phê duyệt.",
                "Correct the facts on the holder's page first. You become the requester and "
                "can't approve it.",
            ),
            Text("Đã gửi lại đề nghị", "The application was sent in again"),
            "primary",
        ),
        Deed(
            "withdraw", ApplicationEvent.WITHDRAW, frozenset({Role.CLERK}),
            Text("Rút đề nghị", "Withdraw"),
            Text("Rút đề nghị này?", "Withdraw this application?"),
            Text(
                "Không thể hoàn tác. Thẻ chưa bàn giao của đề nghị này sẽ không được bàn giao.",
                "This can't be undone. A card made for it will not be handed over.",
            ),
            Text("Đã rút đề nghị", "The application was withdrawn"),
            "warning",
        ),
    )
}  # fmt: skip


def why_not(deed: Deed, one: Application, operator: Operator) -> Text | None:
    """Return why an operator can't do a deed, None where he can."""
    lacking = lacks_role(deed, operator)
    if lacking is not None:
        return lacking
    if deed.event is ApplicationEvent.APPROVE:
        try:
            require_second_person(one, operator.id)
        except IssuanceError as error:
            own = Text("Bạn là người đề nghị.", "You made the request.")
            why = refusal(error.reason)
            return Text(f"{own.vi} {why.vi}", f"{own.en} {why.en}")
    return None


def deeds_of(one: Application, operator: Operator) -> list[Offered]:
    """Return what an application's state allows."""
    return [
        Offered(deed, why_not(deed, one, operator))
        for deed in DEEDS.values()
        if (one.state, deed.event) in APPLICATION_TRANSITIONS
    ]
