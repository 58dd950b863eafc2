"""The registry of holders over both databases: nothing lost, nobody twice, nothing readable."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Barrier

import pytest
from sqlalchemy import inspect, select, text

from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.identity.email import EmailAddress
from cardsvc.identity.names import PersonName
from cardsvc.identity.number_alias import AliasStatus, NumberAlias
from cardsvc.identity.personal_number import CmndNumber, PersonalNumber
from cardsvc.identity.phone import PhoneNumber
from cardsvc.identity.sex import Sex
from cardsvc.records import Holder
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.holder_store import SqlHolderStore
from cardsvc.store.migrate import downgrade, migrate
from cardsvc.store.migrations.versions import registries
from cardsvc.store.schema import Base, HolderWordRow
from cardsvc.store.sealed import Sealer
from issuance.registry import holders as registry
from issuance.registry.ports import HolderStore
from tests.support.people import CIVIL_SERVANT, DELEGATE, HOLDERS, INDIVIDUAL

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LAN, HUNG = "lan", "hung"

WHOLE = replace(
    CIVIL_SERVANT,
    sex=Sex.FEMALE,
    phone=PhoneNumber.parse("0912 345 678"),
    email=EmailAddress.parse("hoa.nguyen@hue.gov.vn"),
    aliases=(
        NumberAlias(CmndNumber("191234567"), AliasStatus.REPLACED, None, date(2021, 6, 30)),
        NumberAlias(PersonalNumber("001190099999"), AliasStatus.CANCELLED),
    ),
)


@pytest.fixture
def store(database: Database, sealer: Sealer) -> HolderStore:
    return SqlHolderStore(database, sealer)


def read(store: HolderStore, holder_id: str) -> Holder:
    with store.transaction() as unit:
        return unit.holder(holder_id)


def add(store: HolderStore, *holders: Holder) -> None:
    registry.add_holders(store, holders, operator=LAN, at=AT)


def actions(database: Database) -> list[tuple[str, str]]:
    entries = reversed(list(AuditLog(database).events()))
    return [(one.event.action.value, one.event.subject) for one in entries]


@pytest.mark.parametrize("holder", [*HOLDERS.values(), WHOLE], ids=lambda one: one.id)
def test_a_holder_comes_back_as_it_went_in(store: HolderStore, holder: Holder) -> None:
    add(store, holder)
    found = read(store, holder.id)
    assert found == holder
    assert found.version == 0


def test_a_number_now_or_formerly_finds_the_person(store: HolderStore) -> None:
    heir = replace(INDIVIDUAL, personal_number=PersonalNumber("001190099999"))
    add(store, WHOLE, heir, DELEGATE)
    assert registry.find_holders(store, "001 190 012 345") == [WHOLE]
    assert registry.find_holders(store, "191.234.567") == [WHOLE]
    # whose number it is now comes first
    assert registry.find_holders(store, "001190099999") == [heir, WHOLE]
    assert registry.find_holders(store, "001190099998") == []
    with pytest.raises(Malformed):
        registry.find_holders(store, "H57")


def test_many_numbers_in_one_question(store: HolderStore) -> None:
    people = [
        replace(INDIVIDUAL, id=f"h-{n}", personal_number=PersonalNumber(f"0790850{n:05d}"))
        for n in range(1_200)
    ]
    add(store, *people)
    asked = [one.personal_number for one in people] + [PersonalNumber("001099099099")]
    with store.transaction() as unit:
        found = unit.find_by_personal_numbers(asked)
    assert found == {one.personal_number: one for one in people}


@pytest.mark.reason(ReasonCode.HOLDER_EXISTS)
def test_nobody_stands_there_twice(store: HolderStore, database: Database) -> None:
    add(store, CIVIL_SERVANT)
    twin = replace(CIVIL_SERVANT, id="holder-9")
    other = replace(INDIVIDUAL, id="holder-8")
    twice = replace(other, id="holder-7")
    for people in ([twin], [other, twice], [DELEGATE, twin]):
        with pytest.raises(IssuanceError) as caught:
            add(store, *people)
        assert caught.value.reason is ReasonCode.HOLDER_EXISTS
    add(store, INDIVIDUAL)
    with pytest.raises(IssuanceError) as caught:
        registry.correct_holder(
            store,
            replace(INDIVIDUAL, personal_number=CIVIL_SERVANT.personal_number),
            operator=LAN,
            at=AT,
        )
    assert caught.value.reason is ReasonCode.HOLDER_EXISTS
    assert actions(database) == [("holder.added", "holder-1"), ("holder.added", "holder-2")]


def test_two_imports_of_one_person_at_the_same_moment(store: HolderStore) -> None:
    ready = Barrier(6)

    def put(worker: int) -> ReasonCode | None:
        ready.wait()
        try:
            add(store, replace(CIVIL_SERVANT, id=f"holder-{worker}"))
        except IssuanceError as error:
            return error.reason
        return None

    with ThreadPoolExecutor(6) as pool:
        outcomes = Counter(pool.map(put, range(6)))
    # on PostgreSQL the loser may be told by the database, not by our question
    assert outcomes[None] == 1
    assert set(outcomes) <= {None, ReasonCode.HOLDER_EXISTS, ReasonCode.CONCURRENT_CHANGE}
    assert len(registry.find_holders(store, "001190012345")) == 1


def test_a_correction_counts_says_what_changed_and_moves_the_words(
    store: HolderStore, database: Database
) -> None:
    add(store, CIVIL_SERVANT)
    post = CIVIL_SERVANT.employment
    assert post is not None
    changed = replace(
        CIVIL_SERVANT,
        name=PersonName.parse("Nguyễn Thị Hoa Mai"),
        employment=replace(post, position="Trưởng phòng"),
        aliases=WHOLE.aliases,
    )
    saved = registry.correct_holder(store, changed, operator=HUNG, at=AT)
    assert (saved, saved.version) == (changed, 1)
    again = registry.correct_holder(store, saved, operator=HUNG, at=AT)
    assert again.version == 1
    assert read(store, changed.id) == changed
    event = next(iter(AuditLog(database).events())).event
    assert event.facts == {"facts": "name employment.position aliases", "version": 1}
    assert len(actions(database)) == 2
    with database.reading() as session:
        words = set(session.scalars(select(HolderWordRow.word)))
    assert words == {"nguyen", "thi", "hoa", "mai"}


@pytest.mark.reason(ReasonCode.CONCURRENT_CHANGE)
def test_of_two_operators_one_is_told_to_look_again(store: HolderStore) -> None:
    add(store, CIVIL_SERVANT)
    ready = Barrier(2)

    def correct(text: str) -> ReasonCode | None:
        mine = replace(read(store, CIVIL_SERVANT.id), name=PersonName.parse(text))
        ready.wait()
        try:
            registry.correct_holder(store, mine, operator=LAN, at=AT)
        except IssuanceError as error:
            return error.reason
        return None

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(correct, ["Nguyễn Thị Hoa", "Nguyễn Thị Huệ"]))
    assert sorted(outcomes, key=str) == [None, ReasonCode.CONCURRENT_CHANGE] or sorted(
        outcomes, key=str
    ) == [ReasonCode.CONCURRENT_CHANGE, None]
    assert read(store, CIVIL_SERVANT.id).version == 1


def test_the_end_of_an_employment_is_recorded_once(store: HolderStore, database: Database) -> None:
    add(store, CIVIL_SERVANT, INDIVIDUAL)
    last = date(2026, 6, 30)
    for version in (0, 1):
        ended = registry.end_employment(
            store,
            CIVIL_SERVANT.id,
            last_day=last,
            expected_version=version,
            operator=LAN,
            at=AT,
        )
        assert ended.employment is not None
        assert ended.employment.until == last
    assert [name for name, _ in actions(database)].count("holder.employment_ended") == 1
    stale = {"last_day": date(2026, 7, 1), "expected_version": 0, "operator": LAN, "at": AT}
    with pytest.raises(IssuanceError) as caught:
        registry.end_employment(store, CIVIL_SERVANT.id, **stale)  # type: ignore[arg-type]
    assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE
    with pytest.raises(IssuanceError) as caught:
        registry.end_employment(store, INDIVIDUAL.id, **stale)  # type: ignore[arg-type]
    assert caught.value.reason is ReasonCode.HOLDER_UNKNOWN


def test_a_new_number_leaves_the_old_one_as_an_alias(store: HolderStore) -> None:
    add(store, CIVIL_SERVANT)
    new = registry.renumbered(
        CIVIL_SERVANT, "001190077777", status=AliasStatus.CANCELLED, until=date(2026, 1, 31)
    )
    registry.correct_holder(store, new, operator=LAN, at=AT)
    assert registry.find_holders(store, "001190012345") == [new]
    assert registry.find_holders(store, "001190077777") == [new]
    assert registry.renumbered(new, "001190077777", status=AliasStatus.REPLACED) is new


def test_a_form_takes_nothing_away(store: HolderStore) -> None:
    add(store, WHOLE)
    form = replace(
        CIVIL_SERVANT, id="fresh", name=PersonName.parse("Nguyễn Thị Hòa"), employment=None
    )
    merged = registry.with_form_facts(read(store, WHOLE.id), form)
    assert merged == replace(WHOLE, name=form.name)
    assert merged.version == 0


def test_nothing_that_names_a_person_by_number_is_readable(
    database: Database, store: HolderStore
) -> None:
    add(store, WHOLE)
    secrets = ["001190012345", "191234567", "001190099999", "912345678", "hoa.nguyen@hue.gov.vn"]
    with database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                for value in row:
                    held = value if isinstance(value, bytes) else str(value).encode()
                    assert not [one for one in secrets if one.encode() in held], table.name


@pytest.mark.reason(ReasonCode.RECORD_CORRUPT)
def test_an_alias_moved_to_another_person_does_not_open(
    database: Database, store: HolderStore
) -> None:
    add(store, WHOLE, INDIVIDUAL)
    with database.engine.begin() as connection:
        connection.execute(
            text("UPDATE holder_aliases SET holder_id = 'holder-2' WHERE ordinal = 0")
        )
    with pytest.raises(Exception, match="does not open"):
        read(store, INDIVIDUAL.id)


def test_people_from_before_the_registry_keep_their_cards_and_are_joined(
    empty_database: Database, sealer: Sealer
) -> None:
    migrate(empty_database.engine)
    store = SqlHolderStore(empty_database, sealer)
    add(store, CIVIL_SERVANT, INDIVIDUAL)
    downgrade(empty_database.engine, registries.down_revision)
    columns = [one["name"] for one in inspect(empty_database.engine).get_columns("holders")]
    copied = ", ".join(name for name in columns if name != "id")
    with empty_database.engine.begin() as connection:
        connection.execute(
            text(
                f"INSERT INTO holders (id, {copied}) SELECT 'holder-9', {copied} "
                "FROM holders WHERE id = 'holder-1'"
            )
        )
        connection.execute(
            text(
                "INSERT INTO applications (id, card_type, holder_id, requested_by, requested_at, "
                "state) VALUES ('a', 'individual', 'holder-9', 'lan', :at, 'requested')"
            ),
            {"at": AT.isoformat(sep=" ")},
        )
    migrate(empty_database.engine)
    assert read(store, CIVIL_SERVANT.id) == CIVIL_SERVANT
    with empty_database.engine.connect() as connection:
        owner = connection.execute(text("SELECT holder_id FROM applications")).scalar_one()
        words = connection.execute(text("SELECT count(*) FROM holder_words")).scalar_one()
        people = connection.execute(text("SELECT count(*) FROM holders")).scalar_one()
    assert (owner, words, people) == ("holder-1", 6, 2)
