"""Approving many applications under one decision number: choose, look, confirm, see the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.errors import IssuanceError, Malformed
from cardsvc.lifecycle import ApplicationState
from cardsvc.queue_records import QueuedApplication
from issuance.decisions import approve_together, make_decision
from web.console.access import needs
from web.console.forms import Form, FormReader
from web.console.issuing_texts import KINDS, refusal
from web.console.languages import Text
from web.console.once import once
from web.console.paging import Column, Table
from web.console.queue_filter import read_filter
from web.console.registry_texts import CARD_TYPES
from web.console.scopes_of_cards import is_covered
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

MOST = 2000
"""Applications under one decision at once; the rest goes into another sending."""
_NUMBER = Text("Số quyết định", "Decision number")
_DAY = Text("Ngày quyết định", "Date of the decision")
_SIGNER = Text("Người ký", "Signed by")
_COLUMNS = (
    Column(Text("Họ và tên", "Name")),
    Column(Text("Loại thẻ", "Card")),
    Column(Text("Lý do cấp", "Kind")),
    Column(Text("Cơ quan", "Agency")),
    Column(Text("Người đề nghị", "Requested by")),
)


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add the pages of an approval of many."""

    @views.get("/together")
    @needs(Role.APPROVER)
    def together() -> str:
        return _preview(_chosen(services), Form())

    @views.post("/together")
    @needs(Role.APPROVER, grave=True)
    def approve_all() -> Response:
        form = FormReader(request.form)
        ids = form.text("ids", Text("Đề nghị", "Application"), longest=MOST * 40).split()
        number, signer = form.text("number", _NUMBER), form.text("signer", _SIGNER)
        decided_on = form.day("decided_on", _DAY)
        by, at = present_operator().id, request_instant(services)

        def act() -> Response:
            wanted = _covered(services, ids[:MOST])
            names = {one.id: one.holder_name for one in wanted}
            if form.errors or decided_on is None:
                return _again(wanted, form)
            try:
                decision = make_decision(
                    services.issuing.new_id(),
                    number=number, decided_on=decided_on, signer=signer, operator=by, at=at,
                )  # fmt: skip
            except Malformed:
                form.refuse(
                    "number",
                    "Số quyết định viết như 123/QĐ-SNV; ngày quyết định không ở tương lai",
                    "The number is written as 123/QĐ-SNV; its date is not in the future",
                )
                return _again(wanted, form)
            try:
                result = approve_together(services.issuing.store, decision, list(names), at=at)
            except IssuanceError:
                form.refuse(
                    "number",
                    "Số và ngày quyết định này đã được người khác ghi nhận",
                    "Somebody else recorded a decision of this number and day",
                )
                return _again(wanted, form)
            refused = [(one.application_id, names[one.application_id], refusal(one.reason))
                       for one in result.refused]  # fmt: skip
            table = Table(
                Text("Không phê duyệt được", "Not approved"),
                (Column(Text("Họ và tên", "Name")), Column(Text("Lý do", "Why"))),
                refused,
                Text("Tất cả đã được phê duyệt.", "All were approved."),
            )
            page = render_template("applications/approved.html", result=result, table=table)
            return Response(page, mimetype="text/html")

        return once(services, act, then=url_for("console.applications.listing"))


def _chosen(services: ConsoleServices) -> list[QueuedApplication]:
    """Return what was ticked, or all that the filter finds; what waits for approval only."""
    if request.args.get("all"):
        asked = replace(read_filter()[0], state=ApplicationState.REQUESTED)
        return list(services.issuing.queue.applications(asked, limit=MOST + 1))
    return _covered(services, request.args.getlist("id")[:MOST])


def _covered(services: ConsoleServices, ids: Sequence[str]) -> list[QueuedApplication]:
    """Return those of a choice that are in scope; others are as if they were not there."""
    found = []
    for one in filter(None, map(services.issuing.queue.application, dict.fromkeys(ids))):
        if is_covered(one.holder):
            post = one.holder.employment
            found.append(
                QueuedApplication(
                    one.id, one.card_type, one.kind, one.holder.id, one.holder.name.value,
                    post.agency_name if post else "", one.state, one.requested_by,
                    one.requested_at, one.approved_by,
                )
            )  # fmt: skip
    return found


def _again(wanted: Sequence[QueuedApplication], form: Form) -> Response:
    return Response(_preview(wanted, form), 422, mimetype="text/html")


def _preview(found: Sequence[QueuedApplication], form: Form) -> str:
    shown = [one for one in found if one.state is ApplicationState.REQUESTED][:MOST]
    ready = [one for one in shown if one.requested_by != present_operator().id]
    table = Table(
        Text("Sẽ được phê duyệt", "To be approved"),
        _COLUMNS,
        ready,
        Text("Chưa chọn đề nghị nào.", "Nothing is selected."),
    )
    return render_template(
        "applications/together.html", table=table, form=form, ready=len(ready),
        own=len(shown) - len(ready), more=len(found) > MOST, kinds=KINDS, types=CARD_TYPES,
        ids=" ".join(one.id for one in ready),
    )  # fmt: skip
