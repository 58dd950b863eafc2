"""Doors: what agents told that somebody has to look at, and events that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask import Blueprint, abort, render_template, request

from cardsvc.agent_event_records import AgentEventSearch, EventPlace, KeptEvent
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
from web.console.door_texts import ALARMS, BREAKS
from web.console.exports import add_exports, exports_of
from web.console.formats import instant
from web.console.forms import FormReader
from web.console.languages import Text
from web.console.paging import PAGE_ROWS, Column, Table
from web.console.services import ConsoleServices
from web.console.visitor import present_operator

_AT_ONCE = 1_000
_MOST_BREAKS = 100
_COLUMNS = (
    Column(Text("Thời điểm", "Time")), Column(Text("Việc", "What")),
    Column(Text("Thiết bị", "Agent")), Column(Text("Cửa", "Door")), Column(Text("Thẻ", "Card")),
)  # fmt: skip
_BREAK_COLUMNS = (
    Column(Text("Nhận thấy lúc", "Noticed")), Column(Text("Thiết bị", "Agent")),
    Column(Text("Việc", "What")), Column(Text("Chuỗi sự kiện", "Chain of events")),
    Column(Text("Từ sự kiện số", "From event no."), numeric=True),
)  # fmt: skip


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of alarms."""
    views = area("doors", "/doors")
    events = services.doors.events

    @views.get("")
    @needs(*READERS)
    def listing() -> str | tuple[str, int]:
        form = FormReader(request.args)
        search = _read(form)
        found = [] if form.errors else events.find(search, read_place(), PAGE_ROWS + 1)
        shown = found[:PAGE_ROWS]
        table = Table(
            Text("Báo động tại cửa, mới nhất trước", "Alarms of doors, newest first"),
            _COLUMNS,
            shown,
            Text("Không có báo động nào.", "There are no alarms."),
            cursor_of(EventPlace.of(shown[-1]) if len(found) > PAGE_ROWS else None),
            exports=exports_of("doors"),
        )
        page = render_template(
            "doors/listing.html", form=form, table=table, alarms=ALARMS, fact=_fact,
            agents=agents_of(services), roles=present_operator().roles,
        )  # fmt: skip
        return (page, 422) if form.errors else page

    def lines() -> Iterator[tuple[str, ...]]:
        form = FormReader(request.args)
        search = _read(form)
        if form.errors:
            abort(400)
        for one in _all(services, search):
            text = str(ALARMS[one.event.kind])
            yield instant(one.event.at), text, one.agent, _fact(one, "door"), _fact(one, "card")

    add_exports(views, "doors", READERS, _COLUMNS, lines)

    @views.get("/chains")
    @needs(*READERS)
    def chains() -> str:
        table = Table(
            Text("Sự kiện bị thiếu hoặc bị sao chép", "Events missing or copied"),
            _BREAK_COLUMNS,
            services.doors.chain_alarms(_MOST_BREAKS),
            Text(
                "Sự kiện của mọi thiết bị đều liền mạch.", "The events of all agents are complete."
            ),
        )
        return render_template("doors/chains.html", table=table, breaks=BREAKS)

    return views


def _read(form: FormReader) -> AgentEventSearch:
    kind = form.values["kind"] = [request.args.get("kind", "")]
    return read_search(form, ALARMS.keys() & set(kind) or ALARMS)


def _fact(one: KeptEvent, name: str) -> str:
    return str(one.event.facts.get(name) or "–")


def _all(services: ConsoleServices, search: AgentEventSearch) -> Iterable[KeptEvent]:
    """Yield what was found, page by page, up to a bound."""
    place, given = None, 0
    while given < MOST_EXPORTED:
        found = services.doors.events.find(search, place, _AT_ONCE)
        yield from found
        given += len(found)
        if len(found) < _AT_ONCE:
            return
        place = EventPlace.of(found[-1])
