"""Partners: what was agreed with each, its keys and policies in force; for administrators."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role, require_identifier
from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.partner_records import Partner, PartnerProfile
from cardsvc.terms import Realm
from verification.policy.agreement import parse_agreement
from verification.policy.evaluate import compiled
from web.console.access import needs
from web.console.exports import add_exports, exports_of
from web.console.formats import day
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.pages.partner_keys import key_pages
from web.console.paging import Column, Table
from web.console.partner_form import LEVELS, contact_text, filled_in, read_profile
from web.console.partner_texts import CONTACT_TEXTS, REALM_TEXTS, SCOPE_TEXTS, key_state
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_SEE_OTHER = 303
_SOON = timedelta(days=30)
"""Time enough for a partner to hand in its next key."""
_ID = Text("Mã đơn vị", "Identifier")
_NAME = Text("Tên đơn vị", "Name")
_REALM = Text("Môi trường", "Realm")
_STATE = Text("Trạng thái", "State")
_COLUMNS = (
    Column(_ID), Column(_NAME), Column(_REALM), Column(Text("Xác thực bằng", "Known by")),
    Column(_STATE),
)  # fmt: skip
_KEY_COLUMNS = (
    Column(Text("Tên khóa", "Key")), Column(Text("Loại", "Kind")),
    Column(Text("Từ ngày", "From")), Column(Text("Đến ngày", "Until")), Column(_STATE),
)  # fmt: skip
_POLICY_COLUMNS = (
    Column(Text("Dịch vụ", "Service")), Column(Text("Mục đích", "Purpose")),
    Column(Text("Mức", "Level")), Column(Text("Phiên bản", "Version"), numeric=True),
)  # fmt: skip


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of partners."""
    views = Blueprint("partners", __name__, url_prefix="/partners")
    _listing_pages(views, services)
    _enrolling_pages(views, services)
    _changing_pages(views, services)
    _grave_pages(views, services)
    key_pages(views, services, find)
    return views


def find(services: ConsoleServices, partner_id: str) -> Partner:
    """Return a partner; there is no page of one that is not there."""
    try:
        return services.partners.partner(partner_id)
    except CardsvcError as error:
        if error.reason is not ReasonCode.RELYING_PARTY_UNKNOWN:
            raise
        abort(404)


def _listing_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("")
    @needs(Role.ADMINISTRATOR)
    def listing() -> str:
        table = Table(
            Text("Đơn vị được hỏi hệ thống về thẻ", "Partners that may ask about cards"),
            _COLUMNS,
            [(one, *_known_by(services, one)) for one in services.partners.partners()],
            Text("Chưa có đơn vị nào", "There are no partners yet"),
            exports=exports_of("partners"),
        )
        return render_template("partners/listing.html", table=table, realms=REALM_TEXTS)

    add_exports(
        views, "partners", (Role.ADMINISTRATOR,), _COLUMNS,
        lambda: [_line(one) for one in services.partners.partners()],
    )  # fmt: skip

    @views.get("/<partner_id>")
    @needs(Role.ADMINISTRATOR)
    def show(partner_id: str) -> str:
        one, at = find(services, partner_id), request_instant(services)
        keys = Table(
            Text("Khóa của đơn vị", "The partner's keys"),
            _KEY_COLUMNS,
            [(key, *key_state(key, at)) for key in services.partners.keys(one.id)],
            Text(
                "Chưa có khóa nào. Thêm khóa công khai mà đơn vị đã gửi.",
                "There are no keys yet. Add the public key that the partner sent.",
            ),
        )
        in_force = [
            (policy, document := compiled(policy.document),
             min(rule.minimum_level for rule in document.rules).name)
            for policy in services.policies(at)
            if policy.relying_party == one.id
        ]  # fmt: skip
        policies = Table(
            Text("Chính sách đang áp dụng", "Policies in force"),
            _POLICY_COLUMNS,
            in_force,
            Text("Chưa có chính sách nào áp dụng", "No policy is in force"),
        )
        return render_template(
            "partners/show.html",
            one=one,
            keys=keys,
            policies=policies,
            agreement=parse_agreement(one.profile.agreement),
            contacts=[(CONTACT_TEXTS[each.role], contact_text(each)) for each in
                      one.profile.contacts],
            realms=REALM_TEXTS,
            scopes=SCOPE_TEXTS,
        )  # fmt: skip


def _line(one: Partner) -> tuple[str, ...]:
    way = Text("Mã cố định", "Lasting token") if one.has_token else Text("Khóa", "Its own keys")
    state = Text("Được phép", "Enabled") if one.enabled else Text("Đã ngắt", "Shut out")
    return one.id, one.profile.name, str(REALM_TEXTS[one.profile.realm]), str(way), str(state)


def _known_by(services: ConsoleServices, one: Partner) -> tuple[Text, str]:
    """Return by what a partner is known, and the tone: its last key ends soon, or it has none."""
    if one.has_token:
        return Text("Mã cố định", "Lasting token"), "neutral"
    until = services.partners.gets_in_until(one)
    if until is None:
        return Text("Chưa có khóa", "No key"), "bad"
    left = until - request_instant(services)
    text = Text(f"Khóa đến {day(until)}", f"Keys until {day(until)}")
    return text, "good" if left > _SOON else "warning" if left > timedelta() else "bad"


def _enrolling_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/new")
    @needs(Role.ADMINISTRATOR, grave=True)
    def new() -> str:
        form = filled_in(PartnerProfile(""))
        form.values["realm"] = [Realm.PRODUCTION.value]
        return _form(form, None)

    @views.post("/new")
    @needs(Role.ADMINISTRATOR, grave=True)
    def enrol() -> Response:
        form = FormReader(request.form)
        partner_id = form.text("id", _ID)
        if not form.error("id"):
            _check_id(form, services, partner_id)
        realm = form.choice("realm", _REALM, [one.value for one in Realm])
        profile = read_profile(form, Realm(realm or Realm.PRODUCTION))

        def act() -> Response:
            if form.errors:
                return Response(_form(form, None), 422, mimetype="text/html")
            return _save(services, partner_id, profile, Text("Đã thêm đơn vị", "Partner added"))

        return once(services, act)


def _changing_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<partner_id>/edit")
    @needs(Role.ADMINISTRATOR, grave=True)
    def edit(partner_id: str) -> str:
        one = find(services, partner_id)
        return _form(filled_in(one.profile), one)

    @views.post("/<partner_id>/edit")
    @needs(Role.ADMINISTRATOR, grave=True)
    def change(partner_id: str) -> Response:
        one = find(services, partner_id)
        form = FormReader(request.form)
        profile = read_profile(form, one.profile.realm)

        def act() -> Response:
            if form.errors:
                return Response(_form(form, one), 422, mimetype="text/html")
            said = Text("Đã lưu thay đổi", "The changes were saved")
            return _save(services, one.id, profile, said)

        return once(services, act)


def _grave_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<partner_id>/<any(disable,enable):deed>")
    @needs(Role.ADMINISTRATOR, grave=True)
    def ask(partner_id: str, deed: str) -> str:
        return render_template("partners/confirm.html", one=find(services, partner_id), deed=deed)

    @views.post("/<partner_id>/<any(disable,enable):deed>")
    @needs(Role.ADMINISTRATOR, grave=True)
    def do(partner_id: str, deed: str) -> Response:
        one = find(services, partner_id)

        def act() -> Response:
            services.partners.set_enabled(
                one.id,
                enabled=deed == "enable",
                operator=present_operator().id,
                at=request_instant(services),
            )
            opened = Text("Đã mở lại cho đơn vị", "The partner was let in again")
            shut = Text("Đã ngắt đơn vị", "The partner was shut out")
            return _done(one.id, opened if deed == "enable" else shut)

        return once(services, act)


def _check_id(form: Form, services: ConsoleServices, partner_id: str) -> None:
    try:
        require_identifier(partner_id)
    except Malformed:
        form.refuse(
            "id",
            "Mã đơn vị gồm 1 đến 64 chữ cái, chữ số, dấu chấm, gạch nối, gạch dưới",
            "The identifier has 1 to 64 letters, digits, dots, hyphens and underscores",
        )
        return
    if any(one.id == partner_id for one in services.partners.partners()):
        form.refuse("id", "Mã này đã có đơn vị dùng", "This identifier is taken")


def _form(form: Form, one: Partner | None) -> str:
    return render_template(
        "partners/edit.html",
        form=form,
        one=one,
        realms=REALM_TEXTS,
        scopes=SCOPE_TEXTS,
        contacts=CONTACT_TEXTS,
        levels=LEVELS,
    )


def _save(
    services: ConsoleServices, partner_id: str, profile: PartnerProfile, said: Text
) -> Response:
    by, at = present_operator().id, request_instant(services)
    services.partners.enrol(partner_id, profile, operator=by, at=at)
    return _done(partner_id, said)


def _done(partner_id: str, text: Text) -> Response:
    notice(text)
    return redirect(url_for("console.partners.show", partner_id=partner_id), _SEE_OTHER)
