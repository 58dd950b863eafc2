"""How CRLs, status lists and OCSP stand, and how the regular work goes."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.housekeeping_records import StepName
from web.console.access import needs
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.services import ConsoleServices
from web.console.visitor import request_instant

_SEE_OTHER = 303
STEP_TEXTS = {
    StepName.PUBLISH_STATUS: Text("Công bố trạng thái", "Publish status"),
    StepName.RESUME_RETURNS: Text("Mở khóa thẻ hết thời gian nghỉ", "Unlock cards after a leave"),
    StepName.SIGN_TREE_HEAD: Text("Ký nhật ký", "Sign the audit log"),
    StepName.CHECK_SIGNERS: Text("Kiểm tra hạn của khóa ký", "See that signers last"),
    StepName.COUNT_CARDS: Text("Tính số liệu tổng quan", "Count figures for the overview"),
    StepName.COUNT_DUE: Text("Đếm dữ liệu đến hạn xóa", "Count what is due to go"),
    StepName.RESUME_BATCHES: Text(
        "Tiếp tục thay đổi nhiều thẻ dở dang", "Go on with cut-off changes"
    ),
    StepName.RESUME_IMPORTS: Text("Tiếp tục nhập danh sách dở dang", "Go on with cut-off imports"),
    StepName.FORGET_EXPIRED: Text("Xóa phiên và mã đã hết hạn", "Forget what has expired"),
    StepName.FORGET_IMPORTS: Text("Xóa nội dung danh sách đã nhập", "Remove rows of old imports"),
    StepName.ASK_WITNESSES: Text("Nhờ bên thứ hai chứng kiến nhật ký", "Have the log witnessed"),
    StepName.TELL_EVENTS: Text("Ghi sự kiện cho đối tác", "Tell partners what happened"),
    StepName.FORGET_EVENTS: Text("Xóa sự kiện cũ của đối tác", "Forget old events of partners"),
    StepName.END_RETENTION: Text("Kết thúc thời hạn lưu", "End retention"),
}


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of publishing."""
    views = Blueprint("publishing", __name__, url_prefix="/publishing")
    oversight = services.oversight

    @views.get("")
    @needs(Role.ADMINISTRATOR, Role.AUDITOR)
    def listing() -> str:
        at = request_instant(services)
        return render_template(
            "publishing/listing.html",
            documents=oversight.publishing(at),
            steps=oversight.regular_work(),
            step_texts=STEP_TEXTS,
            at=at,
        )

    @views.post("/now")
    @needs(Role.ADMINISTRATOR)
    def publish() -> Response:
        def act() -> Response:
            made = oversight.publish(request_instant(services))
            notice(
                Text(f"Đã ký lại {made} tài liệu", f"{made} documents were signed anew")
                if made
                else Text("Mọi tài liệu đều là mới nhất", "All documents are up to date")
            )
            return redirect(url_for("console.publishing.listing"), _SEE_OTHER)

        return once(services, act)

    return views
