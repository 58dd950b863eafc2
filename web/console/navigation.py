"""The sections of the console: each operator sees those that a role of theirs opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cardsvc.access_records import Operator, Role
from web.console.languages import Text

ROLE_TEXTS = {
    Role.CLERK: Text("Cán bộ tiếp nhận", "Clerk"),
    Role.APPROVER: Text("Người phê duyệt", "Approver"),
    Role.ISSUER: Text("Người cấp thẻ", "Issuer"),
    Role.STOCK_KEEPER: Text("Thủ kho phôi thẻ", "Stock keeper"),
    Role.AUDITOR: Text("Kiểm toán viên", "Auditor"),
    Role.ADMINISTRATOR: Text("Quản trị viên", "Administrator"),
}


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the main navigation.

    Args:
        endpoint: of its first page, within the console (``operators.listing``).
        text: what it is called.
        roles: one of them opens it; empty for everyone.
        everywhere: for those alone whose scope is all agencies: what it shows belongs to none.
        also: other blueprints of its pages.
    """

    endpoint: str
    text: Text
    roles: frozenset[Role] = frozenset()
    everywhere: bool = False
    also: frozenset[str] = frozenset()

    @property
    def areas(self) -> frozenset[str]:
        """The blueprints of its pages."""
        return self.also | {self.endpoint.partition(".")[0]}


_RECORDS = frozenset({Role.CLERK, Role.APPROVER, Role.ISSUER, Role.AUDITOR})
_OFFICERS = frozenset({Role.CLERK, Role.APPROVER, Role.ISSUER})
_STOCK = frozenset({Role.STOCK_KEEPER, Role.ISSUER, Role.AUDITOR})
SECTIONS: Sequence[Section] = (
    Section("home.home", Text("Tổng quan", "Overview")),
    Section(
        "holders.listing", Text("Chủ thẻ", "Holders"),
        frozenset({Role.CLERK, Role.APPROVER, Role.ISSUER, Role.AUDITOR}),
    ),
    Section("imports.listing", Text("Nhập danh sách", "Imports"), frozenset({Role.CLERK})),
    Section("applications.listing", Text("Đề nghị cấp thẻ", "Applications"), _RECORDS),
    Section("cards.listing", Text("Thẻ", "Cards"), _RECORDS),
    Section(
        "batches.listing", Text("Thay đổi nhiều thẻ", "Changes to many cards"),
        frozenset({Role.CLERK, Role.APPROVER, Role.AUDITOR}),
    ),
    Section("desk.overview", Text("Bàn cấp thẻ", "Issuing desk"), frozenset({Role.ISSUER})),
    Section("stock.overview", Text("Kho phôi thẻ", "Stock of blanks"), _STOCK),
    Section("losses.listing", Text("Báo mất thẻ", "Loss cases"), _RECORDS),
    Section("unblocking.listing", Text("Mở khóa PIN", "PIN unblocking"), _OFFICERS),
    Section(
        "attendance.listing", Text("Chấm công", "Attendance"),
        frozenset({Role.CLERK, Role.APPROVER, Role.AUDITOR}),
    ),
    Section(
        "agencies.listing", Text("Cơ quan", "Agencies"),
        _RECORDS | {Role.ADMINISTRATOR},
    ),
    Section(
        "operators.listing", Text("Người dùng", "Operators"), frozenset({Role.ADMINISTRATOR})
    ),
    Section(
        "agents.listing", Text("Đầu đọc và ki-ốt", "Readers and kiosks"),
        frozenset({Role.ADMINISTRATOR}),
    ),
    Section(
        "doors.listing", Text("Cửa ra vào", "Doors"),
        frozenset({Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR}),
        everywhere=True, also=frozenset({"door_orders", "offline_report"}),
    ),
    Section(
        "visitor_passes.listing", Text("Giấy ra vào", "Visitor passes"),
        frozenset({Role.CLERK, Role.ADMINISTRATOR, Role.AUDITOR}), everywhere=True,
    ),
    Section(
        "partners.listing", Text("Đơn vị tích hợp", "Partners"), frozenset({Role.ADMINISTRATOR})
    ),
    Section(
        "webhooks.listing", Text("Gửi sự kiện", "Sending of events"),
        frozenset({Role.ADMINISTRATOR}),
    ),
    Section(
        "policies.listing", Text("Chính sách", "Policies"),
        frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
    ),
    Section(
        "audit.listing", Text("Nhật ký", "Audit log"), frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
    ),
    Section(
        "privacy.listing", Text("Dữ liệu cá nhân", "Personal data"),
        frozenset({Role.CLERK, Role.APPROVER, Role.AUDITOR}),
    ),
    Section(
        "publishing.listing", Text("Công bố trạng thái", "Status publishing"),
        frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
    ),
    Section("profile.profile", Text("Tài khoản của tôi", "My account")),
)  # fmt: skip


def sections_of(operator: Operator) -> list[Section]:
    """Return the sections that an operator may open."""
    everywhere = operator.covers(None)
    return [
        one
        for one in SECTIONS
        if (not one.roles or one.roles & operator.roles) and (everywhere or not one.everywhere)
    ]
