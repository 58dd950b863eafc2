"""All components and their states on one page: what pages are put together from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, render_template

from cardsvc.lifecycle import ApplicationState, CardState
from web.console.access import everyone_signed_in
from web.console.forms import Form
from web.console.languages import Text
from web.console.paging import Column, Table
from web.console.services import ConsoleServices


@dataclass(frozen=True, slots=True)
class _Sample:
    name: str
    unit: str
    cards: int
    state: CardState


_ROWS = (
    _Sample("Nguyễn Thị Minh Khuê", "Sở Nội vụ", 1, CardState.ACTIVE),
    _Sample("Trần Văn Đức", "Sở Tài chính", 2, CardState.SUSPENDED),
    _Sample("Hoàng Thị Ngọc Ánh", "UBND phường Thuận Hóa", 1204, CardState.REVOKED),
)
_COLUMNS = (
    Column(Text("Họ và tên", "Full name"), sort="name"),
    Column(Text("Đơn vị công tác", "Employing unit")),
    Column(Text("Số thẻ", "Cards"), sort="cards", numeric=True),
    Column(Text("Trạng thái", "State")),
)
_CHART = (
    (Text("Đang hoạt động", "Active"), 18240),
    (Text("Chờ kích hoạt", "Waiting for activation"), 312),
    (Text("Bị khóa", "Locked"), 87),
    (Text("Đã thu hồi", "Withdrawn"), 640),
)


def pages(services: ConsoleServices) -> Blueprint:
    """Return the page of components."""
    del services
    views = Blueprint("components", __name__, url_prefix="/components")

    @views.get("")
    @everyone_signed_in()
    def components() -> str:
        return render_template(
            "gallery/gallery.html",
            form=_faulty_form(),
            blank=Form(),
            table=Table(
                Text("Thẻ theo chủ thẻ", "Cards by holder"),
                _COLUMNS,
                _ROWS,
                Text("Không có thẻ nào khớp bộ lọc", "No card fits the filter"),
                next_cursor="x",
                sort="name",
                exports={"CSV": "console.components.components"},
            ),
            nothing=Table(
                Text("Đề nghị chờ phê duyệt", "Requests that wait for approval"),
                _COLUMNS,
                (),
                Text(
                    "Không còn đề nghị nào chờ phê duyệt. Tốt lắm!",
                    "No request waits for approval. Well done!",
                ),
            ),
            card_states=list(CardState),
            application_states=list(ApplicationState),
            at=datetime(2026, 3, 27, 2, 30, tzinfo=UTC),
            chart=_CHART,
        )

    return views


def _faulty_form() -> Form:
    form = Form.of(
        {
            "holder": "Nguyễn Thị Minh Khuê",
            "born": "31/02/1990",
            "kind": "renew",
            "services": ["gate", "library"],
        }
    )
    form.refuse(
        "born",
        "Ngày sinh phải là ngày có thật, ví dụ 27/03/1990",
        "Date of birth must be a real date, such as 27/03/1990",
    )
    form.refuse("reason", "Chọn lý do", "Select a reason")
    return form
