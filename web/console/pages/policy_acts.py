"""What is done with a version: tried on past decisions, put in force, put back."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.clock import VIETNAM_TIME, require_utc
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.operator_key import is_same_operator
from verification.policy.life import activate, rehearse, roll_back
from verification.policy.shelf import ServiceShelf, ShelvedVersion
from verification.policy.what_if import Replay
from web.console.access import needs
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.pages.policy_shelf import find_shelf, find_version
from web.console.paging import Column, Table
from web.console.policy_texts import verdict_text
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

MOST_REPLAYED = 20_000
"""Judged in a second or two; the newest come first."""
_SHOWN = 50
_MOST_DAYS = 366
_SEE_OTHER = 303
_DAYS = Text("Số ngày gần đây", "Days back")
_FROM = Text("Áp dụng từ ngày", "In force from")
_COUNT_COLUMNS = (
    Column(Text("Trước đây", "Then")), Column(Text("Theo bản thảo", "By the draft")),
    Column(Text("Số quyết định", "Decisions"), numeric=True),
)  # fmt: skip
_SAMPLE_COLUMNS = (
    Column(Text("Quyết định", "Decision")), Column(Text("Thời điểm", "Time")),
    Column(Text("Trước đây", "Then")), Column(Text("Theo bản thảo", "By the draft")),
    Column(Text("Quy tắc", "Rule")),
)  # fmt: skip
_REFUSALS = {
    ReasonCode.SAME_OPERATOR: Text(
        "Người soạn và người đưa vào áp dụng phải là hai người khác nhau.",
        "Whoever wrote a version does not put it in force.",
    ),
    ReasonCode.POLICY_NOT_REHEARSED: Text(
        "Dịch vụ này đang được phục vụ: chạy thử trên các quyết định đã có trước.",
        "This service is in use: try the version on past decisions first.",
    ),
    ReasonCode.POLICY_UNKNOWN: Text(
        "Không có phiên bản nào trước đó.", "No earlier version was in force."
    ),
    ReasonCode.CONCURRENT_CHANGE: Text(
        "Một người khác vừa thay đổi. Xem lại rồi thử lại.",
        "Somebody else has just changed this. Look at it and try again.",
    ),
}


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add the pages of these acts."""
    _trying_pages(views, services)
    _activating_pages(views, services)
    _returning_pages(views, services)


def may_go_back(shelf: ServiceShelf, at: datetime) -> bool:
    """Tell whether there is a version to go back to."""
    present = shelf.in_force
    return present is not None and any(
        act.active_from <= at and act.version != present.policy.version for act in shelf.acts
    )


def _trying_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<partner_id>/versions/<int:version>/what-if")
    @needs(Role.ADMINISTRATOR)
    def ask_what_if(partner_id: str, version: int) -> str:
        shelf, one = find_version(services, partner_id, version)
        form = Form.of({"days": "30"})
        return render_template("policies/what_if.html", shelf=shelf, one=one, form=form)

    @views.post("/<partner_id>/versions/<int:version>/what-if")
    @needs(Role.ADMINISTRATOR)
    def what_if(partner_id: str, version: int) -> Response:
        shelf, one = find_version(services, partner_id, version)
        form = FormReader(request.form)
        days = form.whole_number("days", _DAYS, least=1, most=_MOST_DAYS)
        by, at = present_operator().id, request_instant(services)

        def act() -> Response:
            if days is None:
                page = render_template("policies/what_if.html", shelf=shelf, one=one, form=form)
                return Response(page, 422, mimetype="text/html")
            found = rehearse(
                services.integration.shelf, services.integration.past, one.version,
                operator=by, since=at - timedelta(days=days), at=at, limit=MOST_REPLAYED,
            )  # fmt: skip
            return Response(_outcome(shelf, one, found), mimetype="text/html")

        return once(services, act, then=_address(shelf, one))


def _outcome(shelf: ServiceShelf, one: ShelvedVersion, found: Replay) -> str:
    counts = Table(
        Text("Quyết định sẽ khác đi", "Decisions that would change"),
        _COUNT_COLUMNS,
        [
            (verdict_text(before), verdict_text(after), count)
            for (before, after), count in sorted(found.counts.items(), key=lambda pair: -pair[1])
        ],
        Text("Không quyết định nào khác đi", "No decision would change"),
    )
    sample = Table(
        Text("Ví dụ", "A sample"),
        _SAMPLE_COLUMNS,
        [
            (each.past, verdict_text(each.past.reason),
             verdict_text(each.reason.value if each.reason else None), each.rule)
            for each in found.differences[:_SHOWN]
        ],
        Text("Không có ví dụ", "There is none"),
    )  # fmt: skip
    return render_template(
        "policies/tried.html", shelf=shelf, one=one, found=found, counts=counts, sample=sample,
        most=MOST_REPLAYED,
    )  # fmt: skip


def _activating_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<partner_id>/versions/<int:version>/activate")
    @needs(Role.ADMINISTRATOR, grave=True)
    def ask_to_activate(partner_id: str, version: int) -> str:
        shelf, one = find_version(services, partner_id, version)
        return _activation(shelf, one, Form.of({"from": ""}))

    @views.post("/<partner_id>/versions/<int:version>/activate")
    @needs(Role.ADMINISTRATOR, grave=True)
    def put_in_force(partner_id: str, version: int) -> Response:
        shelf, one = find_version(services, partner_id, version)
        form = FormReader(request.form)
        first = form.day("from", _FROM, required=False)
        by, at = present_operator().id, request_instant(services)
        begins = at
        if first is not None:
            try:
                begins = require_utc(datetime.combine(first, time(), VIETNAM_TIME))
            except OverflowError:
                begins = at
            if first < at.astimezone(VIETNAM_TIME).date():
                form.refuse("from", "Ngày không được ở quá khứ", "The day must not be past")

        def act() -> Response:
            if not form.errors:
                try:
                    activate(
                        services.integration.shelf, one.version,
                        operator=by, active_from=begins, at=at,
                    )  # fmt: skip
                except CardsvcError as error:
                    return _refused(error, _address(shelf, one))
                return _done(shelf, Text("Đã đưa vào áp dụng", "The version was activated"))
            return Response(_activation(shelf, one, form), 422, mimetype="text/html")

        return once(services, act)


def _activation(shelf: ServiceShelf, one: ShelvedVersion, form: Form) -> str:
    own = is_same_operator(one.version.author, present_operator().id)
    reason = ReasonCode.SAME_OPERATOR if own else None
    if reason is None and one.version.rehearsal is None and shelf.acts:
        reason = ReasonCode.POLICY_NOT_REHEARSED
    why_not = None if reason is None else _REFUSALS[reason]
    return render_template(
        "policies/activate.html", shelf=shelf, one=one, form=form, why_not=why_not
    )


def _returning_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<partner_id>/roll-back")
    @needs(Role.ADMINISTRATOR, grave=True)
    def ask_to_roll_back(partner_id: str) -> str:
        shelf = find_shelf(services, partner_id)
        if not may_go_back(shelf, request_instant(services)):
            abort(404)
        return render_template("policies/roll_back.html", shelf=shelf)

    @views.post("/<partner_id>/roll-back")
    @needs(Role.ADMINISTRATOR, grave=True)
    def go_back(partner_id: str) -> Response:
        shelf = find_shelf(services, partner_id)
        by, at = present_operator().id, request_instant(services)

        def act() -> Response:
            try:
                back = roll_back(
                    services.integration.shelf, shelf.relying_party, shelf.service,
                    operator=by, at=at,
                )  # fmt: skip
            except CardsvcError as error:
                return _refused(error, _shelf_address(shelf))
            said = Text(
                f"Đã quay lại phiên bản {back.version}", f"Version {back.version} is in force again"
            )
            return _done(shelf, said)

        return once(services, act)


def _refused(error: CardsvcError, to: str) -> Response:
    why = _REFUSALS.get(error.reason)
    if why is None:
        raise error
    notice(why, good=False)
    return redirect(to, _SEE_OTHER)


def _done(shelf: ServiceShelf, text: Text) -> Response:
    notice(text)
    return redirect(_shelf_address(shelf), _SEE_OTHER)


def _shelf_address(shelf: ServiceShelf) -> str:
    return url_for("console.policies.show", partner_id=shelf.relying_party, service=shelf.service)


def _address(shelf: ServiceShelf, one: ShelvedVersion) -> str:
    return url_for(
        "console.policies.version",
        partner_id=shelf.relying_party,
        version=one.version.policy.version,
        service=shelf.service,
    )
