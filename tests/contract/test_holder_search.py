"""Finding people over both databases: who is found, in which order, how a list goes on, by what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

import pytest
from sqlalchemy import event, text

from cardsvc.holder_search_records import (
    ByCard,
    HolderCursor,
    HolderFilter,
    HolderPage,
    ListedHolderCard,
)
from cardsvc.identity import latin
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.names import PersonName, search_rank
from cardsvc.identity.number_alias import AliasStatus, NumberAlias
from cardsvc.identity.personal_number import CmndNumber, PersonalNumber
from cardsvc.lifecycle import CardState
from cardsvc.records import Application, CardRecord, Holder
from cardsvc.store.engine import Database
from cardsvc.store.holder_search import SqlHolderDirectory
from cardsvc.store.holder_store import SqlHolderStore
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.sealed import Sealer
from cardsvc.terms import CardType
from issuance.registry import holders as registry
from issuance.registry.ports import HolderDirectory
from issuance.registry.search_query import parse_search
from tests.contract.conftest import PostgresServer, SqliteServer
from tests.support.issuance_store_contract import AT, make_card
from tests.support.people import CIVIL_SERVANT, INDIVIDUAL
from tests.support.seeded_people import seed_people

# reference data on Vietnamese identity, section 11, sorted by ICU 78
STAFF_ORDER = [
    "Cao Thị Ả", "Lê Thị Ái", "Trần Văn An", "Ngô Thị Ánh", "Hồ Văn Ăn", "Nguyễn Văn Ân",
    "Phạm Văn Ấn", "Đặng Thị Dung", "Đỗ Văn Dũng", "Dương Văn Đức", "Bùi Văn On", "Võ Văn Ôn",
    "Vũ Thị Ơn", "Lý Thị Uyên", "Mai Văn Ước",
]  # fmt: skip


def person(number: int, name: str, agency: str | None = None) -> Holder:
    post = CIVIL_SERVANT.employment
    assert post is not None
    return replace(
        INDIVIDUAL,
        id=f"p-{number}",
        name=PersonName.parse(name),
        personal_number=PersonalNumber(f"0790850{number:05d}"),
        employment=replace(post, agency_code=AgencyCode(agency)) if agency else None,
    )


@pytest.fixture
def directory(database: Database, sealer: Sealer) -> HolderDirectory:
    return SqlHolderDirectory(database, sealer)


def add(database: Database, sealer: Sealer, *people: Holder) -> None:
    registry.add_holders(SqlHolderStore(database, sealer), people, operator="lan", at=AT)


def names(page: HolderPage) -> list[str]:
    return [one.name for one in page.holders]


def search(directory: HolderDirectory, typed: str, **narrower: object) -> list[str]:
    return names(directory.search(HolderFilter(parse_search(typed), **narrower)))  # type: ignore[arg-type]


def test_staff_stand_in_vietnamese_order(
    database: Database, sealer: Sealer, directory: HolderDirectory
) -> None:
    add(database, sealer, *(person(n, name) for n, name in enumerate(sorted(STAFF_ORDER))))
    assert search(directory, "") == STAFF_ORDER
    page, listed = directory.search(HolderFilter(), limit=4), []
    while True:
        listed += names(page)
        if page.next is None:
            break
        page = directory.search(
            HolderFilter(), after=HolderCursor.parse(page.next.encode()), limit=4
        )
    assert listed == STAFF_ORDER


def test_names_are_found_without_diacritics_and_by_them_first(
    database: Database, sealer: Sealer, directory: HolderDirectory
) -> None:
    people = [
        "Nguyễn Văn An",
        "Nguyễn Văn Ân",
        "Nguyễn Vân Anh",
        "Trần Thị Hoà",
        "Lê Hòa",
        "Lê Hoa",
    ]
    add(database, sealer, *(person(n, name) for n, name in enumerate(people)))
    assert search(directory, "nguyen van an") == [
        "Nguyễn Văn An",
        "Nguyễn Vân Anh",
        "Nguyễn Văn Ân",
    ]
    assert search(directory, "Nguyễn Văn Ân")[0] == "Nguyễn Văn Ân"
    assert search(directory, "ÂN") == ["Nguyễn Văn Ân", "Nguyễn Văn An", "Nguyễn Vân Anh"]
    assert search(directory, "an nguyen") == search(directory, "nguyen an")
    assert search(directory, "An, Nguyễn;") == search(directory, "An Nguyễn")
    assert search(directory, "hòa") == ["Trần Thị Hoà", "Lê Hòa", "Lê Hoa"]
    assert search(directory, "hoà") == search(directory, "hòa")
    assert search(directory, "hoa tran") == ["Trần Thị Hoà"]
    assert search(directory, "Hoan") == search(directory, "%") == search(directory, "n_") == []


def test_numbers_now_and_formerly_and_cards_find_their_holder(
    database: Database, sealer: Sealer, directory: HolderDirectory
) -> None:
    former = NumberAlias(CmndNumber("191234567"), AliasStatus.REPLACED)
    one = replace(person(1, "Lê Hoa", "H57.12"), aliases=(former,))
    two = person(2, "Lê Huệ")
    add(database, sealer, one, two)
    application = Application("a", CardType.INDIVIDUAL, two, "lan", AT)
    card = make_card(application)
    with SqlIssuanceStore(database, sealer).transaction() as unit:
        unit.add_application(application)
        unit.add_card(card)
    assert search(directory, "079 085 000 001") == search(directory, "191234567") == ["Lê Hoa"]
    assert search(directory, "H57.12.079085000001.CC") == ["Lê Hoa"]
    guid = str(card.guid)
    beginnings = [guid, guid.upper(), f"urn:uuid:{guid}", guid.replace("-", ""), guid[:14]]
    for typed in beginnings:
        if any(digit.isdigit() for digit in typed):
            assert search(directory, typed) == ["Lê Huệ"], typed
    page = directory.search(HolderFilter(ByCard(card.guid, card.guid)))
    assert page.holders[0].cards == (
        ListedHolderCard(card.guid, CardType.INDIVIDUAL, CardState.PERSONALISING),
    )
    assert page.holders[0].masked_number == "079•••••0002"
    assert page.total == 1
    # out of the asker's agencies, a number finds nobody
    assert search(directory, "079085000002", agencies=(AgencyCode("H57"),)) == []


def test_every_part_of_a_filter_narrows(
    database: Database, sealer: Sealer, directory: HolderDirectory
) -> None:
    people = [person(n, f"Lê {'Văn' if n % 2 else 'Thị'} An", f"H57.{n}") for n in (1, 2, 10, 12)]
    below, outside = person(20, "Lê An", "H57.1.3"), person(21, "Lê An", "H58.1")
    add(database, sealer, *people, below, outside, person(22, "Lê An"))

    def of(*codes: str) -> int:
        return len(search(directory, "le", agencies=tuple(AgencyCode(code) for code in codes)))

    # H57.1 is not above H57.10
    assert [of("H57"), of("H57.1"), of("H57.1", "H58"), of("H57.3"), of()] == [5, 2, 3, 0, 0]
    assert len(search(directory, "", unit="Phòng Công chức")) == 6
    assert search(directory, "", unit="Phòng khác") == []
    assert len(search(directory, "an", category=StaffCategory.CIVIL_SERVANT)) == 6
    assert search(directory, "an", category=StaffCategory.CADRE) == []
    card = CardRecord(
        make_card(Application("a", CardType.INDIVIDUAL, below, "lan", AT)).guid,
        CardType.INDIVIDUAL,
        below.id,
        "a",
        CardState.ACTIVE,
        AT + timedelta(days=9),
    )
    with SqlIssuanceStore(database, sealer).transaction() as unit:
        unit.add_application(Application("a", CardType.INDIVIDUAL, below, "lan", AT))
        unit.add_card(card)
    assert len(search(directory, "le", card_state=CardState.ACTIVE)) == 1
    assert len(search(directory, "", card_type=CardType.INDIVIDUAL)) == 1
    assert search(directory, "", card_type=CardType.BUSINESS, card_state=CardState.ACTIVE) == []


@pytest.fixture(scope="module", params=["sqlite", pytest.param("pg", marks=pytest.mark.postgres)])
def crowd(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Sealer]]:
    """50,000 holders, once for the module."""
    from tests.support.databases import make_sealer  # noqa: PLC0415

    server: SqliteServer | PostgresServer | str = request.getfixturevalue(
        "sqlite_server" if request.param == "sqlite" else "postgres_start"
    )
    if isinstance(server, str):
        pytest.skip(server.splitlines()[0])
    database, sealer = Database.open(server.migrated_url()), make_sealer()
    seed_people(database, sealer, 50_000)
    yield database, sealer
    database.dispose()


QUESTIONS = [
    HolderFilter(parse_search(typed), **narrower)  # type: ignore[arg-type]
    for typed, narrower in (
        ("", {}),
        ("nguyen", {}),
        ("Nguyễn Văn", {}),
        ("nguyen van an", {}),
        ("ksor", {}),
        ("tuan phuong", {}),
        ("n v a", {}),
        ("046000000777", {}),
        ("ff3a", {}),
        ("nguyen", {"agencies": (AgencyCode("H57.12"),)}),
        ("", {"agencies": (AgencyCode("H57"),)}),
        ("", {"card_state": CardState.TORN}),
        ("thi", {"card_state": CardState.ACTIVE, "card_type": CardType.INDIVIDUAL}),
        ("van", {"category": StaffCategory.CIVIL_SERVANT}),
        ("an", {"category": StaffCategory.CADRE}),
        ("", {"agencies": (AgencyCode("H57.12"),), "unit": "Phòng 3"}),
    )
]


@pytest.mark.parametrize("asked", QUESTIONS, ids=[str(n) for n in range(len(QUESTIONS))])
def test_no_question_reads_a_whole_table(
    crowd: tuple[Database, Sealer], asked: HolderFilter
) -> None:
    database, sealer = crowd
    asked_of_it: list[tuple[str, object]] = []

    def note(
        connection: object, cursor: object, statement: str, parameters: object, *_: object
    ) -> None:
        if statement.startswith("SELECT"):
            asked_of_it.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        SqlHolderDirectory(database, sealer).search(asked, limit=50)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert asked_of_it
    sqlite = database.engine.dialect.name == "sqlite"
    with database.engine.connect() as connection:
        if not sqlite:  # where half the table is wanted, PostgreSQL rightly reads it in its order
            connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, parameters in asked_of_it:
            explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
            plan = "\n".join(
                str(tuple(row))
                for row in connection.exec_driver_sql(explain + statement, parameters)  # type: ignore[arg-type]
            )
            for table in ("holders", "holder_words", "cards", "holder_aliases"):
                whole = f"SCAN {table}'" if sqlite else f"Seq Scan on {table}"
                assert whole not in plan, (statement, plan)


def begins_given_name(typed: str, name: PersonName, *, exact: bool) -> bool:
    """Tell whether the given name begins with a word: by its letters where it is an exact hit."""
    plain = latin.search_key(typed) == typed.lower()
    if exact and not plain:
        letters = [latin.collation_weights(word)[0] for word in typed.split()]
        return name.sort_key.startswith(tuple(letters))
    return latin.search_key(name.given).startswith(tuple(latin.search_key(typed).split()))


@pytest.mark.parametrize(
    "typed", ["nguyen", "Nguyễn Văn", "hoa", "Hòa", "tran le", "n v a", "van thi", "uoc", "Ân"]
)
def test_pages_of_a_crowd_hold_everybody_once_and_in_order(
    crowd: tuple[Database, Sealer], typed: str
) -> None:
    database, sealer = crowd
    directory = SqlHolderDirectory(database, sealer)
    asked, after, found = HolderFilter(parse_search(typed)), None, []
    while True:
        page = directory.search(asked, after=after, limit=500)
        found += page.holders
        if page.next is None:
            break
        assert after is None or page.next > after
        after = page.next
    with database.engine.connect() as connection:
        everybody = connection.execute(text("SELECT id, name FROM holders")).all()
    named = {name: PersonName(name) for name in {name for _, name in everybody}}
    fitting = {name for name, one in named.items() if search_rank(typed, one) is not None}
    wanted = {key for key, name in everybody if name in fitting}
    assert len(found) == len(wanted)
    assert {one.id for one in found} == wanted
    places = []
    for (name, exact), those in groupby(found, lambda one: (one.name, one.exact)):
        given = begins_given_name(typed, named[name], exact=exact)
        place = (not exact, not given, named[name].sort_key)
        places += [(*place, one.id) for one in those]
    assert places == sorted(places)


def test_the_size_is_told_without_counting(crowd: tuple[Database, Sealer]) -> None:
    database, sealer = crowd
    assert 45_000 <= SqlHolderDirectory(database, sealer).estimated_size() <= 55_000


def test_a_holder_is_read_whole_without_a_lock(
    database: Database, sealer: Sealer, directory: HolderDirectory
) -> None:
    lan = person(1, "Lê Thị Lan", "H57.12")
    add(database, sealer, lan)
    assert directory.find(lan.id) == lan
    assert directory.find("nobody") is None
