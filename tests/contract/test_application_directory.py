"""Lists of applications and decisions: each line once, in order, within the operator's scope."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from cardsvc.decision_records import ApprovalDecision
from cardsvc.errors import Malformed
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.lifecycle import ApplicationState
from cardsvc.store.application_directory import (
    ApplicationCursor,
    ApplicationFilter,
    SqlApplicationDirectory,
)
from cardsvc.store.engine import Database
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.sealed import Sealer
from cardsvc.terms import ApplicationKind, CardType
from tests.support.issuance_store_contract import AT, make_application
from tests.support.people import another

COUNT = 12


@pytest.fixture
def directory(database: Database, sealer: Sealer) -> SqlApplicationDirectory:
    store = SqlIssuanceStore(database, sealer)
    for number in range(COUNT):
        kind = (CardType.CIVIL_SERVANT, CardType.INDIVIDUAL)[number % 2]
        holder = another(kind)
        if holder.employment is not None and number % 4 == 0:
            post = replace(holder.employment, agency_code=AgencyCode.parse("H57.12"))
            holder = replace(holder, employment=post)
        application = replace(
            make_application(f"a-{number:02}", kind),
            holder=holder,
            # several in one moment: the identifier decides
            requested_at=AT + timedelta(minutes=number // 3),
            requested_by=("lan", "hoa")[number % 3 == 0],
            state=(ApplicationState.REQUESTED, ApplicationState.REJECTED)[number > 8],
        )
        with store.transaction() as unit:
            unit.add_application(application)
    return SqlApplicationDirectory(database, sealer)


def names(directory: SqlApplicationDirectory, wanted: ApplicationFilter) -> list[str]:
    return [line.id for line in directory.page(wanted)]


def test_pages_join_without_gap_or_double(directory: SqlApplicationDirectory) -> None:
    expected = [f"a-{number:02}" for number in reversed(range(COUNT))]
    for size in (1, 2, 5, COUNT):
        found: list[str] = []
        after = None
        while page := directory.page(after=after, limit=size):
            assert len(page) <= size
            found += [line.id for line in page]
            after = ApplicationCursor(page[-1].requested_at, page[-1].id)
        assert found == expected


def test_filters_narrow_the_list(directory: SqlApplicationDirectory) -> None:
    some = {
        ApplicationFilter(states=frozenset({ApplicationState.REJECTED})): {9, 10, 11},
        ApplicationFilter(card_types=frozenset({CardType.INDIVIDUAL})): {1, 3, 5, 7, 9, 11},
        ApplicationFilter(requested_by=" LAN "): {1, 2, 4, 5, 7, 8, 10, 11},
        ApplicationFilter(kinds=frozenset({ApplicationKind.RENEW})): set(),
        ApplicationFilter(agency="H57.12"): {0, 4, 8},
        ApplicationFilter(agency="H57"): {0, 2, 4, 6, 8, 10},
        ApplicationFilter(decision_id="d-1"): set(),
    }
    for wanted, numbers in some.items():
        assert set(names(directory, wanted)) == {f"a-{number:02}" for number in numbers}
    (line,) = directory.page(ApplicationFilter(agency="H57.12"), limit=1)
    only = ApplicationFilter(holder_id=line.holder_id)
    assert names(directory, only) == [line.id]


def test_nobody_sees_beyond_the_scope(directory: SqlApplicationDirectory) -> None:
    assert names(directory, ApplicationFilter(scope=frozenset())) == []
    inside = ApplicationFilter(scope=frozenset({"H57.12"}))
    assert set(names(directory, inside)) == {"a-00", "a-04", "a-08"}
    # whatever is asked for, the scope holds
    beyond = replace(inside, agency="H57")
    assert names(directory, beyond) == names(directory, inside)
    with pytest.raises(Malformed):
        directory.page(ApplicationFilter(agency="x y"))


def test_decisions_are_listed_with_who_signed(
    directory: SqlApplicationDirectory, database: Database, sealer: Sealer
) -> None:
    decisions = [
        ApprovalDecision(
            f"d-{n}",
            f"{n}/QĐ-SNV",
            date(2026, 3, 2),
            f"Trần {n}",
            "hung",
            AT + timedelta(hours=n),
        )
        for n in range(3)
    ]
    with SqlIssuanceStore(database, sealer).transaction() as unit:
        for decision in decisions:
            unit.add_decision(decision)
    assert directory.decision("d-1") == decisions[1]
    assert directory.decision("nobody") is None
    (latest,) = directory.decisions(limit=1)
    assert [latest, *directory.decisions(after=latest)] == decisions[::-1]
