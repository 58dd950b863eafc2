"""What doors decided offline, held against what was known here at that moment."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, abort, render_template, request

from cardsvc.offline_records import DECIDED_OFFLINE
from verification.reconcile import Reconciled
from web.console.access import needs
from web.console.door_lists import (
    MOST_EXPORTED,
    READERS,
    agents_of,
    area,
    cursor_of,
    read_place,
    read_search,
)
from web.console.exports import add_exports, exports_of
from web.console.formats import instant
from web.console.forms import FormReader
from web.console.languages import Text
from web.console.offline_texts import FINDINGS, sentence
from web.console.paging import PAGE_ROWS, Column, Table
from web.console.services import ConsoleServices

_COLUMNS = (
    Column(Text("Thời điểm", "Time")), Column(Text("Thiết bị", "Agent")),
    Column(Text("Dịch vụ", "Service")), Column(Text("Thẻ", "Card")),
    Column(Text("Kết luận", "Finding")), Column(Text("Đã xảy ra", "What happened")),
)  # fmt: skip


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of the report."""
    views = area("offline_report", "/doors/offline")
    desk = services.doors.offline

    @views.get("")
    @needs(*READERS)
    def listing() -> str | tuple[str, int]:
        form = FormReader(request.args)
        everything, search = form.ticked("all"), read_search(form, (DECIDED_OFFLINE,))
        found = None
        if not form.errors:
            found = desk.page(search, read_place(), PAGE_ROWS, everything=everything)
        left = found.next_place if found else None
        table = Table(
            Text("Quyết định ngoại tuyến, mới nhất trước", "Offline decisions, newest first"),
            _COLUMNS,
            found.rows if found else (),
            _NOTHING_YET if left else _NOTHING,
            cursor_of(left),
            exports=exports_of("offline_report"),
        )
        page = render_template(
            "doors/offline.html", form=form, table=table, found=found, findings=FINDINGS,
            sentence=sentence, agents=agents_of(services),
        )  # fmt: skip
        return (page, 422) if form.errors else page

    def lines() -> Iterator[tuple[str, ...]]:
        form = FormReader(request.args)
        everything, search = form.ticked("all"), read_search(form, (DECIDED_OFFLINE,))
        if form.errors:
            abort(400)
        place, looked_at = None, 0
        while looked_at < MOST_EXPORTED:
            found = desk.page(search, place, MOST_EXPORTED, everything=everything)
            yield from map(_cells, found.rows)
            looked_at, place = looked_at + found.looked_at, found.next_place
            if place is None:
                return

    add_exports(views, "offline-report", READERS, _COLUMNS, lines)
    return views


_NOTHING = Text(
    "Mọi quyết định ngoại tuyến đều khớp với danh sách tại thời điểm đó.",
    "All offline decisions agree with what was known then.",
)
_NOTHING_YET = Text(
    "Các quyết định của trang này đều khớp: xem tiếp trang sau.",
    "The decisions of this page agree: look on.",
)


def _cells(one: Reconciled) -> tuple[str, ...]:
    decision, finding = one.decision, str(FINDINGS[one.finding][0])
    if decision is None:
        return instant(one.received_at), one.agent, "", "", finding, str(sentence(one))
    card = "" if decision.guid is None else str(decision.guid)
    return instant(decision.at), one.agent, decision.service, card, finding, str(sentence(one))
