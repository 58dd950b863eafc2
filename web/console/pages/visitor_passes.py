"""Visitor passes: a QR code for a few hours, issued at a reception desk on a partner's behalf.

Name and purpose stand in the QR code alone: it is shown once, and a lost one is issued anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role, require_identifier
from cardsvc.errors import Malformed
from cardsvc.partner_records import Partner
from cardsvc.pass_records import EARLIEST_ISSUE, MOST_ENTRIES, VisitorPass
from verification.flows.visitor_desk import Visit
from web.console.access import needs
from web.console.day_span import instant_of
from web.console.door_lists import MOST_EXPORTED, area
from web.console.exports import add_exports, exports_of
from web.console.formats import VIETNAM, instant
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.once import once
from web.console.paging import PAGE_ROWS, Column, Table, encode_cursor, read_cursor
from web.console.qr_code import qr_path
from web.console.refusals import done
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_READERS = (Role.CLERK, Role.ADMINISTRATOR, Role.AUDITOR)
_ISSUERS = (Role.CLERK, Role.ADMINISTRATOR)
_LONGEST_HOURS = 24
_MOST_PURPOSE, _MOST_NAME = 120, 80
_PARTNER = Text("Đơn vị", "Partner")
_HOST = Text("Người mời", "Host")
_ZONE = Text("Khu vực", "Zone")
_DAY, _TIME = Text("Ngày", "Day"), Text("Giờ", "Time")
_HOURS = Text("Số giờ", "Hours")
_ENTRIES = Text("Số lượt vào", "Entries")
_COLUMNS = (
    Column(Text("Hiệu lực từ", "Valid from")), Column(Text("Đến", "Until")), Column(_PARTNER),
    Column(_HOST), Column(_ZONE), Column(Text("Đã vào", "Entered"), numeric=True),
    Column(Text("Trạng thái", "State")),
)  # fmt: skip


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of visitor passes; partners belong to no agency, nor do their visitors."""
    views = area("visitor_passes", "/visitor-passes")
    _listing_pages(views, services)
    _issuing_pages(views, services)
    _ending_pages(views, services)
    return views


def _listing_pages(views: Blueprint, services: ConsoleServices) -> None:
    passes = services.visitors.passes

    @views.get("")
    @needs(*_READERS)
    def listing() -> str:
        after, partner = read_cursor(1), request.args.get("partner", "")
        found = passes.latest(PAGE_ROWS + 1, relying_party=partner, after=after[0] if after else "")
        shown, at = found[:PAGE_ROWS], request_instant(services)
        table = Table(
            Text("Giấy ra vào, hết hạn sau cùng ở trên", "Visitor passes, the last to end first"),
            _COLUMNS,
            [(one, *_state(one, at)) for one in shown],
            Text("Chưa có giấy ra vào nào.", "There are no passes yet."),
            encode_cursor(shown[-1].id) if len(found) > PAGE_ROWS else "",
            exports=exports_of("visitor_passes"),
        )
        return render_template(
            "visitors/listing.html", table=table, form=Form.of({"partner": partner}),
            partners=_partners(services), may_issue=_is_issuer(),
        )  # fmt: skip

    def lines() -> list[tuple[str, ...]]:
        at, partner = request_instant(services), request.args.get("partner", "")
        return [
            (instant(one.not_before), instant(one.expires_at), one.relying_party, one.host,
             one.zone, f"{one.used} / {one.entries}", str(_state(one, at)[0]))
            for one in passes.latest(MOST_EXPORTED, relying_party=partner)
        ]  # fmt: skip

    add_exports(views, "visitor-passes", _READERS, _COLUMNS, lines)

    @views.get("/<pass_id>")
    @needs(*_READERS)
    def show(pass_id: str) -> str:
        one, at = _find(services, pass_id), request_instant(services)
        text, tone = _state(one, at)
        return render_template(
            "visitors/show.html", one=one, state=text, tone=tone,
            may_end=_is_issuer() and one.revoked_at is None and one.expires_at >= at,
        )  # fmt: skip


def _state(one: VisitorPass, at: datetime) -> tuple[Text, str]:
    if one.revoked_at is not None:
        return Text("Đã thu hồi", "Revoked"), "bad"
    if one.expires_at < at:
        return Text("Đã hết hạn", "Ended"), "neutral"
    if one.used >= one.entries:
        return Text("Đã hết lượt", "Used up"), "neutral"
    if at < one.not_before:
        return Text("Chưa đến giờ", "Not yet"), "waiting"
    return Text("Đang có hiệu lực", "Valid"), "good"


def _issuing_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/new")
    @needs(*_ISSUERS)
    def new() -> str:
        now = request_instant(services).astimezone(VIETNAM)
        values = {
            "partner": request.args.get("partner", ""), "day": f"{now:%d/%m/%Y}",
            "time": f"{now:%H:%M}", "hours": "4", "entries": "1",
        }  # fmt: skip
        return _form(services, Form.of(values))

    @views.post("/new")
    @needs(*_ISSUERS)
    def issue() -> Response:
        form = FormReader(request.form)
        at, by = request_instant(services), present_operator().id
        asked = _read(form, services, at)

        def act() -> Response:
            if asked is None or form.errors:
                return Response(_form(services, form), 422, mimetype="text/html")
            partner, visit = asked
            kept, text = services.visitors.desk.issue(
                partner.id, partner.profile.realm, visit, at, operator=by
            )
            page = render_template(
                "visitors/code_once.html", one=kept, visit=visit, partner=partner, qr=qr_path(text)
            )
            return Response(page, mimetype="text/html")

        return once(services, act, then=url_for("console.visitor_passes.listing"))


def _read(
    form: FormReader, services: ConsoleServices, at: datetime
) -> tuple[Partner, Visit] | None:
    """Read what is asked for; None where something is wrong, which is noted in the form."""
    partners = {one.id: one for one in services.partners.partners() if one.enabled}
    partner = form.choice("partner", _PARTNER, tuple(partners))
    host, zone = _identifier(form, "host", _HOST), _identifier(form, "zone", _ZONE)
    purpose = form.text("purpose", Text("Mục đích", "Purpose"), longest=_MOST_PURPOSE)
    visitor = form.text(
        "visitor", Text("Tên khách", "Visitor's name"), required=False, longest=_MOST_NAME
    )
    day, clock = form.day("day", _DAY), form.time_of_day("time", _TIME)
    hours = form.whole_number("hours", _HOURS, least=1, most=_LONGEST_HOURS)
    entries = form.whole_number("entries", _ENTRIES, least=1, most=MOST_ENTRIES)
    starts = instant_of(day, clock) if day and clock else None
    if day and clock and (starts is None or starts > at + EARLIEST_ISSUE):
        form.refuse("day", "Cấp trước nhiều nhất 30 ngày", "A pass is issued 30 days ahead at most")
    elif starts and hours and starts + timedelta(hours=hours) <= at:
        form.refuse("day", "Thời gian này đã qua", "That time is over")
    if form.errors or partner is None or starts is None or hours is None or entries is None:
        return None
    ends = starts + timedelta(hours=hours)
    visit = Visit(host, zone, purpose, visitor or None, entries, starts, ends)
    return partners[partner], visit


def _identifier(form: FormReader, name: str, label: Text) -> str:
    typed = form.text(name, label, longest=64)
    try:
        return require_identifier(typed) if typed else typed
    except Malformed:
        form.refuse(
            name,
            f"{label.vi}: mã gồm chữ cái không dấu, chữ số, dấu chấm, gạch nối, gạch dưới",
            f"{label.en}: letters without diacritics, digits, dots, hyphens and underscores",
        )
        return ""


def _ending_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<pass_id>/revoke")
    @needs(*_ISSUERS)
    def ask(pass_id: str) -> str:
        return render_template("visitors/revoke.html", one=_find(services, pass_id))

    @views.post("/<pass_id>/revoke")
    @needs(*_ISSUERS)
    def revoke(pass_id: str) -> Response:
        one = _find(services, pass_id)
        by, at = present_operator().id, request_instant(services)

        def act() -> Response:
            services.visitors.desk.revoke(one.relying_party, one.id, actor=by, at=at)
            told = Text("Đã thu hồi giấy ra vào", "The pass was revoked")
            return done(told, url_for("console.visitor_passes.show", pass_id=one.id))

        return once(services, act)


def _is_issuer() -> bool:
    return not present_operator().roles.isdisjoint(_ISSUERS)


def _find(services: ConsoleServices, pass_id: str) -> VisitorPass:
    found = services.visitors.passes.find(pass_id)
    if found is None:
        abort(404)
    return found


def _partners(services: ConsoleServices) -> list[tuple[str, str]]:
    return [(one.id, f"{one.id} – {one.profile.name}") for one in services.partners.partners()]


def _form(services: ConsoleServices, form: Form) -> str:
    return render_template("visitors/new.html", form=form, partners=_partners(services))
