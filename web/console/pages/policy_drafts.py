"""Writing policies: a draft from a template, from an earlier version, or from a file."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.errors import Malformed
from verification.policy.life import put_draft
from verification.policy.parse import MAX_DOCUMENT_CHARACTERS
from verification.policy.templates import template_names, template_text
from web.console.access import needs
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.pages.policy_shelf import find_version
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_SEE_OTHER = 303
_FORM_OCTETS = 1024 * 1024
"""A document in the field and another one as a file, each of four octets a character."""
_PARTNER = Text("Đơn vị", "Partner")
_DOCUMENT = Text("Nội dung chính sách", "Policy document")


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add the pages on which drafts are written."""

    @views.get("/new")
    @needs(Role.ADMINISTRATOR)
    def new() -> str:
        partner, template = request.args.get("partner", ""), request.args.get("template", "")
        form = Form.of({"partner": partner, "template": template, "document": ""})
        if template in template_names():
            form.values["document"] = [template_text(template)]
        elif number := request.args.get("version", type=int):
            _, one = find_version(services, partner, number)
            form.values["document"] = [one.version.policy.document]
        elif template:
            abort(404)
        return _page(services, form)

    @views.post("/new")
    @needs(Role.ADMINISTRATOR, body_octets=_FORM_OCTETS)
    def put() -> Response:
        form = FormReader(request.form)
        known = [one.id for one in services.partners.partners()]
        partner = form.choice("partner", _PARTNER, known)
        text = _uploaded(form) or form.document(
            "document", _DOCUMENT, longest=MAX_DOCUMENT_CHARACTERS
        )
        by, at = present_operator().id, request_instant(services)

        def act() -> Response:
            if partner is not None and not form.errors:
                try:
                    draft = put_draft(services.integration.shelf, partner, text, author=by, at=at)
                except Malformed as error:
                    form.refuse(
                        "document",
                        f"Chính sách chưa đúng: {error}",
                        f"This is no policy: {error}",
                    )
                else:
                    notice(
                        Text(
                            f"Đã lưu bản thảo, phiên bản {draft.version}; chưa áp dụng.",
                            f"The draft is version {draft.version}; it is not in force.",
                        )
                    )
                    to = url_for(
                        "console.policies.version",
                        partner_id=partner, version=draft.version, service=draft.service,
                    )  # fmt: skip
                    return redirect(to, _SEE_OTHER)
            return Response(_page(services, form), 422, mimetype="text/html")

        return once(services, act)


def _uploaded(form: FormReader) -> str:
    """Return the text of a file that was sent, which then stands in the field; empty for none."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return ""
    octets = sent.read(4 * MAX_DOCUMENT_CHARACTERS + 1)
    try:
        text: str = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        form.refuse("file", "Tệp phải là văn bản UTF-8", "The file must be text in UTF-8")
        return ""
    form.values["document"] = [text]
    return text


def _page(services: ConsoleServices, form: Form) -> str:
    partners = [(one.id, f"{one.profile.name} ({one.id})") for one in services.partners.partners()]
    return render_template(
        "policies/new.html", form=form, partners=partners, templates=template_names()
    )
