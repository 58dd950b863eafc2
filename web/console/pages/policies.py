"""Policies: which stand where, what they say in words, which rule decided a case.

A service's name is free text, so that it stands in the query of an address and not in its path.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from flask import Blueprint, render_template, request

from cardsvc.access_records import Role
from cardsvc.policy_records import PolicyVersion
from cardsvc.service_records import DecisionRecord
from verification.policy.document import Effect, PolicyDocument
from verification.policy.evaluate import compiled
from verification.policy.explain import explain
from verification.policy.shelf import ServiceShelf, shelves
from web.console.access import needs
from web.console.exports import add_exports, exports_of
from web.console.forms import Form
from web.console.languages import Text
from web.console.pages import policy_acts, policy_drafts
from web.console.pages.policy_shelf import find_shelf, find_version
from web.console.paging import Column, Table
from web.console.policy_texts import (
    ACTIVATION_KINDS,
    LEVEL_TEXTS,
    REASONS,
    VERSION_STATES,
    verdict_text,
)
from web.console.policy_words import calendar_words, conditions, release_words, status_words
from web.console.registry_texts import CARD_TYPES, CATEGORIES
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

READERS = (Role.ADMINISTRATOR, Role.AUDITOR)
_PARTNER = Text("Đơn vị", "Partner")
_SERVICE = Text("Dịch vụ", "Service")
_STATE = Text("Trạng thái", "State")
_VERSION = Text("Phiên bản", "Version")
_COLUMNS = (
    Column(_PARTNER), Column(_SERVICE), Column(Text("Tên dịch vụ", "Title")),
    Column(Text("Đang áp dụng", "In force"), numeric=True),
    Column(Text("Mới nhất", "Newest"), numeric=True), Column(_STATE),
)  # fmt: skip
_VERSION_COLUMNS = (
    Column(_VERSION, numeric=True), Column(Text("Người soạn", "Author")),
    Column(Text("Ngày lưu", "Put on")), Column(Text("Chạy thử", "Tried")), Column(_STATE),
)  # fmt: skip
_RULE_COLUMNS = (
    Column(Text("Thứ tự", "Order"), numeric=True), Column(Text("Quy tắc", "Rule")),
    Column(Text("Kết quả", "Result")), Column(Text("Điều kiện", "Conditions")),
)  # fmt: skip
_TRACE_COLUMNS = (
    Column(Text("Quy tắc", "Rule")), Column(Text("Kết quả", "Result")),
    Column(Text("Vì sao", "Why")),
)  # fmt: skip


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of policies."""
    views = Blueprint("policies", __name__, url_prefix="/policies")
    _listing_pages(views, services)
    _reading_pages(views, services)
    _explaining_pages(views, services)
    policy_drafts.add_pages(views, services)
    policy_acts.add_pages(views, services)
    return views


def _listing_pages(views: Blueprint, services: ConsoleServices) -> None:
    def found() -> Iterator[ServiceShelf]:
        asked = request.args.get("partner", "")
        if not asked.isprintable():
            return
        yield from shelves(services.integration.shelf, request_instant(services), asked or None)

    @views.get("")
    @needs(*READERS)
    def listing() -> str:
        known = [(one.id, one.profile.name) for one in services.partners.partners()]
        table = Table(
            Text("Chính sách của các dịch vụ", "Policies of services"),
            _COLUMNS,
            [(one, _title(one)) for one in found()],
            Text(
                "Chưa có chính sách nào. Soạn bản thảo, có thể bắt đầu từ một mẫu.",
                "There are no policies yet. Write a draft; templates help to begin.",
            ),
            exports=exports_of("policies"),
        )
        return render_template(
            "policies/listing.html", table=table, states=VERSION_STATES, partners=known,
            form=Form.of({"partner": request.args.get("partner", "")}),
            may_write=Role.ADMINISTRATOR in present_operator().roles,
        )  # fmt: skip

    add_exports(
        views, "policies", READERS, _COLUMNS,
        lambda: [_line(one) for one in found()],
    )  # fmt: skip


def _title(shelf: ServiceShelf) -> Text:
    title = compiled((shelf.in_force or shelf.newest.version).policy.document).title
    return Text(title.vi, title.en)


def _line(shelf: ServiceShelf) -> tuple[str, ...]:
    present, newest = shelf.in_force, shelf.newest
    number = "" if present is None else str(present.policy.version)
    state = str(VERSION_STATES[newest.state][0])
    return (
        shelf.relying_party, shelf.service, str(_title(shelf)), number,
        str(newest.version.policy.version), state,
    )  # fmt: skip


def _reading_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<partner_id>")
    @needs(*READERS)
    def show(partner_id: str) -> str:
        shelf = find_shelf(services, partner_id)
        table = Table(
            Text("Các phiên bản", "Versions"),
            _VERSION_COLUMNS,
            shelf.versions[::-1],
            Text("Chưa có phiên bản nào", "There is no version"),
        )
        events = [
            (act.active_from, f"{ACTIVATION_KINDS[act.kind]}: {_VERSION} {act.version}", act.by, "")
            for act in shelf.acts[::-1]
        ]
        return render_template(
            "policies/show.html", shelf=shelf, title=_title(shelf), table=table, events=events,
            states=VERSION_STATES,
            may_go_back=policy_acts.may_go_back(shelf, request_instant(services)),
            may_write=Role.ADMINISTRATOR in present_operator().roles,
        )  # fmt: skip

    @views.get("/<partner_id>/versions/<int:version>")
    @needs(*READERS)
    def version(partner_id: str, version: int) -> str:
        shelf, one = find_version(services, partner_id, version)
        document = compiled(one.version.policy.document)
        return render_template(
            "policies/version.html",
            shelf=shelf,
            one=one,
            document=document,
            rules=_rules(document),
            status=status_words(document.status),
            release=release_words(document.release),
            days=calendar_words(document),
            states=VERSION_STATES,
            changes=_changes(shelf.in_force, one.version),
            may_write=Role.ADMINISTRATOR in present_operator().roles,
        )


def _rules(document: PolicyDocument) -> Table:
    rows = [(number, one, conditions(one)) for number, one in enumerate(document.rules, 1)]
    return Table(
        Text("Quy tắc: quy tắc đầu tiên áp dụng được thì quyết định",
             "Rules: the first that applies decides"),
        _RULE_COLUMNS,
        rows,
        Text("Không có quy tắc nào", "There are no rules"),
    )  # fmt: skip


def _changes(present: PolicyVersion | None, other: PolicyVersion) -> str:
    """Return how a version differs from the one in force, as lines of ``diff -u``."""
    if present is None or present.policy.version == other.policy.version:
        return ""
    lines = difflib.unified_diff(
        present.policy.document.splitlines(),
        other.policy.document.splitlines(),
        f"{_VERSION} {present.policy.version}",
        f"{_VERSION} {other.policy.version}",
        lineterm="",
        n=1,
    )
    return "\n".join(lines)


def _explaining_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/decision")
    @needs(*READERS)
    def decision() -> str | tuple[str, int]:
        asked = request.args.get("id", "").strip()
        form = Form.of({"id": asked})
        found = services.integration.decision(asked) if asked and asked.isprintable() else None
        if found is not None and not _is_covered(found):
            found = None
        if asked and found is None:
            form.refuse(
                "id", "Không có quyết định mang số này", "There is no decision of this number"
            )
        page = render_template(
            "policies/decision.html",
            form=form,
            one=found,
            verdict=verdict_text,
            levels=LEVEL_TEXTS,
            types=CARD_TYPES,
            categories={one.value: text for one, text in CATEGORIES.items()},
            trace=None if found is None else _trace(services, found),
        )
        return (page, 404) if form.errors else page


def _is_covered(one: DecisionRecord) -> bool:
    return present_operator().covers(one.inputs.agency_code if one.inputs else None)


def _trace(services: ConsoleServices, one: DecisionRecord) -> Table | None:
    """Return which rules were asked; None where it never came to a policy."""
    if one.inputs is None or one.policy_version is None:
        return None
    kept = services.integration.shelf.version(one.relying_party, one.service, one.policy_version)
    if kept is None:
        return None
    found = explain(compiled(kept.policy.document), one.inputs)
    rows = [
        (each.rule, each.effect is Effect.ALLOW, each.decided,
         [REASONS[reason] for reason in each.unmet])
        for each in found.rules
    ]  # fmt: skip
    return Table(
        Text("Các quy tắc đã xét, theo thứ tự", "Rules that were asked, in order"),
        _TRACE_COLUMNS,
        rows,
        Text("Không xét quy tắc nào: chính sách ngoài thời gian hiệu lực",
             "No rule was asked: the policy was not in force"),
    )  # fmt: skip
