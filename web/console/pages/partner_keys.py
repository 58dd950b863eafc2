"""A partner's keys: add a JWK set or a certificate, revoke one; for administrators."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.partner_records import Partner, PartnerKey
from web.console.access import needs
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant
from web.partners.register import KeyTerm

_SEE_OTHER = 303
_KEYS = Text("Khóa công khai", "Public key")
_FROM = Text("Dùng từ ngày", "In use from")
_UNTIL = Text("Dùng đến hết ngày", "In use until the end of")
_REFUSED = {
    ReasonCode.MALFORMED_PARTNER_KEY: Text(
        "Không phải khóa công khai dùng được (JWK hoặc PEM: P-256, Ed25519, RSA từ 2048 bit) hoặc "
        "chứng thư PEM. Không bao giờ dán khóa bí mật.",
        "This is no public key that can be used (JWK or PEM: P-256, Ed25519, RSA of 2048 bits and "
        "more) and no certificate in PEM. Never paste a private key.",
    ),
    ReasonCode.PARTNER_KEY_TAKEN: Text(
        "Khóa này hoặc tên khóa đã có, hoặc đơn vị đã có đủ khóa",
        "The key or its name is on record, or the partner has as many keys as it may",
    ),
    ReasonCode.MALFORMED_DATE: Text(
        "Khóa phải có ngày hết hạn sau ngày bắt đầu và sau hôm nay, trong 3 năm",
        "A key ends after it begins and after today, within 3 years",
    ),
}


def key_pages(
    views: Blueprint,
    services: ConsoleServices,
    find: Callable[[ConsoleServices, str], Partner],
) -> None:
    """Add the pages of a partner's keys."""

    @views.get("/<partner_id>/keys/new")
    @needs(Role.ADMINISTRATOR, grave=True)
    def new_key(partner_id: str) -> str:
        return _page(find(services, partner_id), Form())

    @views.post("/<partner_id>/keys/new")
    @needs(Role.ADMINISTRATOR, grave=True)
    def add_key(partner_id: str) -> Response:
        one = find(services, partner_id)
        form = FormReader(request.form)
        # read as a secret is: whoever pastes a private key by mistake does not see it again
        pasted = form.secret("keys", _KEYS).encode("utf-8", "replace")
        first = form.day("from", _FROM, required=False)
        last = form.day("until", _UNTIL, required=False)

        def act() -> Response:
            if not form.errors:
                _add(services, one, pasted, form, KeyTerm(_begins(first), _ends(last)))
            if form.errors:
                return Response(_page(one, form), 422, mimetype="text/html")
            notice(Text("Khóa đã được ghi nhận", "The key is on record"))
            return redirect(url_for("console.partners.show", partner_id=one.id), _SEE_OTHER)

        return once(services, act)

    @views.get("/<partner_id>/keys/<kid>/revoke")
    @needs(Role.ADMINISTRATOR, grave=True)
    def ask_to_revoke(partner_id: str, kid: str) -> str:
        one = find(services, partner_id)
        return render_template("partners/revoke.html", one=one, key=_key(services, one, kid))

    @views.post("/<partner_id>/keys/<kid>/revoke")
    @needs(Role.ADMINISTRATOR, grave=True)
    def revoke(partner_id: str, kid: str) -> Response:
        one = find(services, partner_id)
        key = _key(services, one, kid)

        def act() -> Response:
            by, at = present_operator().id, request_instant(services)
            services.partners.revoke_key(one.id, key.kid, operator=by, at=at)
            notice(Text("Đã thu hồi khóa", "The key was revoked"))
            return redirect(url_for("console.partners.show", partner_id=one.id), _SEE_OTHER)

        return once(services, act)


def _add(services: ConsoleServices, one: Partner, pasted: bytes, form: Form, term: KeyTerm) -> None:
    by, at, register = present_operator().id, request_instant(services), services.partners
    try:
        register.add_keys(one.id, pasted, term, operator=by, at=at)
    except (Malformed, CardsvcError) as error:
        said = _REFUSED.get(error.reason)
        if said is None:
            raise
        field = "until" if error.reason is ReasonCode.MALFORMED_DATE else "keys"
        form.refuse(field, said.vi, said.en)


def _begins(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, VIETNAM_TIME)


def _ends(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(23, 59, 59), VIETNAM_TIME)


def _key(services: ConsoleServices, one: Partner, kid: str) -> PartnerKey:
    found = {key.kid: key for key in services.partners.keys(one.id)}.get(kid)
    if found is None:
        abort(404)
    return found


def _page(one: Partner, form: Form) -> str:
    return render_template("partners/new_key.html", one=one, form=form)
