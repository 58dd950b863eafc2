"""Agencies over both databases: names by date, what became of them, each change once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest

from cardsvc.agency_records import AgencyFate, AgencySettings
from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.store.agency_store import SqlAgencyStore
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from issuance.importing.agencies import AgenciesOfBook
from issuance.importing.ports import KnownAgency
from issuance.registry import agencies as registry
from issuance.registry.agencies import NewAgency
from issuance.registry.agency_list import parse_agency_list
from issuance.registry.ports import AgencyStore
from tests.support.issuance_store_contract import AT

LIST = """
[[agency]]
code = "H57"
name = "Ủy ban nhân dân thành phố Huế"
valid_from = 2020-07-22
[[agency]]
code = "H57.12"
name = "Sở Nội vụ"
short_name = "SNV"
parent = "H57"
valid_from = 2020-07-22
[[agency]]
code = "H57.15"
name = "Sở Lao động, Thương binh và Xã hội"
parent = "H57"
valid_from = 2020-07-22
[[agency]]
code = "H57.12.3"
name = "Chi cục Văn thư, Lưu trữ"
parent = "H57.12"
valid_from = 2020-07-22
"""
HUE, HOME, LABOUR, ARCHIVE = (AgencyCode(one) for one in ("H57", "H57.12", "H57.15", "H57.12.3"))
FIRST, MERGER, LATER = date(2020, 7, 22), date(2025, 3, 1), date(2026, 1, 1)
BY: dict[str, Any] = {"operator": "lan", "at": AT}


@pytest.fixture
def store(database: Database) -> AgencyStore:
    opened = SqlAgencyStore(database)
    registry.import_agencies(opened, parse_agency_list(LIST), **BY)
    return opened


def reason(caught: pytest.ExceptionInfo[IssuanceError]) -> ReasonCode:
    return caught.value.reason


def codes(*texts: str) -> tuple[AgencyCode, ...]:
    return tuple(AgencyCode(text) for text in texts)


def test_a_list_is_put_on_record_once(store: AgencyStore, database: Database) -> None:
    again = registry.import_agencies(store, parse_agency_list(LIST), **BY)
    assert (len(again.added), len(again.unchanged)) == (0, 4)
    tree = [(node.depth, node.code) for node in store.book().tree(LATER)]
    assert tree == [(0, HUE), (1, HOME), (2, ARCHIVE), (1, LABOUR)]
    assert store.book().tree(date(2020, 7, 21)) == ()
    actions = [one.event.action.value for one in AuditLog(database).events()]
    assert actions == ["agency.added"] * 4


@pytest.mark.reason(ReasonCode.AGENCY_EXISTS)
def test_another_name_under_a_known_code_is_refused(store: AgencyStore) -> None:
    with pytest.raises(IssuanceError) as caught:
        registry.import_agencies(store, parse_agency_list(LIST.replace("Sở Nội", "Sở Ngoại")), **BY)
    assert reason(caught) is ReasonCode.AGENCY_EXISTS


@pytest.mark.reason(ReasonCode.AGENCY_UNKNOWN)
def test_a_parent_must_be_known(store: AgencyStore) -> None:
    orphan = NewAgency(AgencyCode("H57.99"), "Sở X", parent=AgencyCode("H99"))
    with pytest.raises(IssuanceError) as caught:
        registry.import_agencies(store, [(orphan, FIRST)], **BY)
    assert reason(caught) is ReasonCode.AGENCY_UNKNOWN
    with pytest.raises(IssuanceError) as caught:
        registry.dissolve_agency(store, AgencyCode("H57.98"), on=LATER, **BY)
    assert reason(caught) is ReasonCode.AGENCY_UNKNOWN


def test_a_name_is_known_for_every_day(store: AgencyStore) -> None:
    renamed = NewAgency(HOME, "Sở Nội vụ và Lao động", "SNVLĐ", HUE)
    registry.rename_agency(store, HOME, renamed, on=MERGER, **BY)
    book = store.book()
    names = [
        version.name if (version := book.at(HOME, day)) else None
        for day in (date(2020, 7, 21), FIRST, date(2025, 2, 28), MERGER, LATER)
    ]
    assert names == [None, "Sở Nội vụ", "Sở Nội vụ", renamed.name, renamed.name]
    assert book.successors(HOME, LATER) == (HOME,)
    with pytest.raises(IssuanceError) as caught:
        registry.rename_agency(store, HOME, renamed, on=LATER, **BY)
    assert reason(caught) is ReasonCode.AGENCY_CHANGE_IMPOSSIBLE


def test_a_new_code_leads_on_from_the_old_one(store: AgencyStore) -> None:
    new = AgencyCode("H57.20")
    registry.rename_agency(store, HOME, NewAgency(new, "Sở Nội vụ", parent=HUE), on=MERGER, **BY)
    book = store.book()
    assert book.successors(HOME, LATER) == (new,)
    assert book.successors(HOME, FIRST) == (HOME,)
    # what was below the old code is below the new one
    assert book.parent(ARCHIVE, LATER) == new
    assert book.subtree(new, LATER) == (new, ARCHIVE)
    assert set(book.with_predecessors([new], LATER)) == {new, HOME}


def test_a_merger_and_a_split_after_it_are_followed(store: AgencyStore) -> None:
    both = NewAgency(AgencyCode("H57.30"), "Sở Nội vụ và Lao động", parent=HUE)
    registry.merge_agencies(store, [HOME, LABOUR], both, on=MERGER, **BY)
    parts = [
        NewAgency(both.code, "Sở Nội vụ", parent=HUE),
        NewAgency(AgencyCode("H57.31"), "Sở Lao động", parent=HUE),
    ]
    registry.split_agency(store, both.code, parts, on=LATER, **BY)
    book = store.book()
    assert book.successors(LABOUR, MERGER) == codes("H57.30")
    assert book.successors(LABOUR, LATER) == codes("H57.30", "H57.31")
    # whoever bore the code after the merger is asked from that day on
    assert book.successors(both.code, LATER, since=MERGER) == codes("H57.30", "H57.31")
    labour = book.find(LABOUR)
    assert labour is not None
    assert labour.versions[-1].valid_to == date(2025, 2, 28)
    assert labour.versions[-1].fate is AgencyFate.MERGED
    registry.dissolve_agency(store, AgencyCode("H57.31"), on=date(2026, 6, 1), **BY)
    assert store.book().successors(LABOUR, date(2026, 6, 1)) == codes("H57.30")


def test_one_that_takes_in_others_goes_on(store: AgencyStore) -> None:
    into = NewAgency(HOME, "")
    registry.merge_agencies(store, [HOME, LABOUR], into, on=MERGER, **BY)
    book = store.book()
    assert book.successors(LABOUR, LATER) == (HOME,)
    assert book.at(HOME, LATER) == book.at(HOME, FIRST)
    registry.merge_agencies(store, [ARCHIVE], NewAgency(HOME, ""), on=LATER, **BY)
    assert store.book().successors(ARCHIVE, LATER) == (HOME,)


@pytest.mark.reason(ReasonCode.AGENCY_CHANGE_IMPOSSIBLE)
@pytest.mark.parametrize("day", [FIRST, date(2019, 1, 1)])
def test_nothing_ends_before_it_began(store: AgencyStore, day: date) -> None:
    with pytest.raises(IssuanceError) as caught:
        registry.dissolve_agency(store, HOME, on=day, **BY)
    assert reason(caught) is ReasonCode.AGENCY_CHANGE_IMPOSSIBLE


def test_what_ended_does_not_end_again_and_half_a_change_is_none(store: AgencyStore) -> None:
    registry.dissolve_agency(store, LABOUR, on=MERGER, **BY)
    before = list(store.book())
    both = NewAgency(AgencyCode("H57.30"), "Sở mới", parent=HUE)
    with pytest.raises(IssuanceError) as caught:
        registry.merge_agencies(store, [HOME, LABOUR], both, on=LATER, **BY)
    assert reason(caught) is ReasonCode.AGENCY_CHANGE_IMPOSSIBLE
    for parts in ([both], [both, both]):
        with pytest.raises(IssuanceError) as caught:
            registry.split_agency(store, HOME, parts, on=LATER, **BY)
        assert reason(caught) is ReasonCode.AGENCY_CHANGE_IMPOSSIBLE
    with pytest.raises(IssuanceError) as caught:
        registry.merge_agencies(store, [HOME], NewAgency(HOME, ""), on=LATER, **BY)
    assert reason(caught) is ReasonCode.AGENCY_CHANGE_IMPOSSIBLE
    assert list(store.book()) == before


def test_settings_hold_below_until_somebody_says_otherwise(
    store: AgencyStore, database: Database
) -> None:
    assert not store.book().approver_outside_unit(ARCHIVE, LATER)
    registry.put_settings(store, HUE, AgencySettings(approver_outside_unit=True), **BY)
    registry.put_settings(store, HUE, AgencySettings(approver_outside_unit=True), **BY)
    assert store.book().approver_outside_unit(ARCHIVE, LATER)
    registry.put_settings(store, HOME, AgencySettings(approver_outside_unit=False), **BY)
    assert not store.book().approver_outside_unit(ARCHIVE, LATER)
    assert store.book().approver_outside_unit(LABOUR, LATER)
    actions = [one.event.action.value for one in AuditLog(database).events()]
    assert actions.count("agency.changed") == 2


def test_another_process_sees_a_change_at_once(store: AgencyStore, database: Database) -> None:
    other = SqlAgencyStore(database)
    assert other.book() is other.book()
    registry.put_settings(store, HUE, AgencySettings(emblem="hue.png"), **BY)
    found = other.book().find(HUE)
    assert found is not None
    assert found.settings.emblem == "hue.png"


def test_lists_of_people_are_checked_against_the_agencies_of_their_day(
    store: AgencyStore, database: Database
) -> None:
    agencies = AgenciesOfBook(store.book())
    assert not agencies.is_empty()
    assert agencies.agency(HOME, LATER) == KnownAgency(
        "Sở Nội vụ", "SNV", ("Chi cục Văn thư, Lưu trữ",)
    )
    assert agencies.agency(HOME, date(2020, 7, 21)) is None
    assert agencies.agency(AgencyCode("H57.99"), LATER) is None


def test_of_two_resolutions_at_once_one_is_recorded(store: AgencyStore) -> None:
    ready = Barrier(4)

    def split(worker: int) -> ReasonCode | None:
        parts = [NewAgency(AgencyCode(f"H57.{part}"), f"Sở {part}") for part in (40, 41)]
        ready.wait()
        try:
            registry.split_agency(store, HOME, parts, on=MERGER, operator=f"o{worker}", at=AT)
        except IssuanceError as error:
            return error.reason
        return None

    with ThreadPoolExecutor(4) as pool:
        outcomes = Counter(pool.map(split, range(4)))
    assert outcomes[None] == 1
    assert set(outcomes) <= {
        None,
        ReasonCode.AGENCY_CHANGE_IMPOSSIBLE,
        ReasonCode.CONCURRENT_CHANGE,
    }


TABS = (
    "code\tname\tparent\tvalid_from\n"
    "H57\tỦy ban nhân dân thành phố Huế\t\t2020-07-22\n\nH57.12\tSở Nội vụ\tH57\t2020-07-22\n"
)


def test_a_list_by_tabs_says_the_same() -> None:
    listed = parse_agency_list(TABS)
    assert listed == (
        (NewAgency(HUE, "Ủy ban nhân dân thành phố Huế"), FIRST),
        (NewAgency(HOME, "Sở Nội vụ", "", HUE), FIRST),
    )


@pytest.mark.reason(ReasonCode.MALFORMED_AGENCY_LIST)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "agency = 1",
        "[[agency]]\ncode = 'H57'",
        "[[agency]]\ncode = 'H57'\nname = 'x'\nvalid_from = '2020-01-01'",
        "[[agency]]\ncode = 'H57'\nname = ''\nvalid_from = 2020-01-01",
        "[[agency]]\ncode = 'H57'\nname = 'x'\nvalid_from = 2020-01-01\nmore = 1",
        "code\tname\n",
        "code\tname\tvalid_from\n",
        "code\tname\tvalid_from\nH57\tx\t01/02/2020",
        "code\tname\tvalid_from\nH57\tx\t2020-02-01\tmore",
        "code\tcode\tname\tvalid_from\nH57\tx\t2020-02-01",
    ],
)
def test_another_list_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_agency_list(text)
    assert caught.value.reason is ReasonCode.MALFORMED_AGENCY_LIST
