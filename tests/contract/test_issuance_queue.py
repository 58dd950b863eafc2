"""Queues of applications and cards: filters, scope and pages, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cardsvc.identity.agency_code import AgencyCode
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.queue_records import ApplicationFilter, CardFilter
from cardsvc.records import Suspension
from cardsvc.store.engine import Database
from cardsvc.store.issuance_queue import SqlIssuanceQueue
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.queue_candidates import MAX_FEW
from cardsvc.store.sealed import Sealer
from cardsvc.terms import CardType, SuspensionCause
from issuance.approve import approve
from issuance.enrol import request_card
from tests.support.issuance_store_contract import AT, LATER, make_card
from tests.support.people import another


@pytest.fixture(params=[MAX_FEW, 0], ids=["fetched", "walked"])
def queue(database: Database, sealer: Sealer, request: pytest.FixtureRequest) -> SqlIssuanceQueue:
    """Three requests, an hour apart, in two agencies; the first is approved and has a card.

    What few rows are is fetched and put in order, what many are is walked: the pages are the same.
    """
    store = SqlIssuanceStore(database, sealer)
    for number, agency in enumerate(("H57.12", "H57.12.03", "H01")):
        holder = another(CardType.CIVIL_SERVANT)
        assert holder.employment is not None
        post = replace(holder.employment, agency_code=AgencyCode.parse(agency))
        request_card(
            store,
            application_id=f"a-{number}",
            card_type=CardType.CIVIL_SERVANT,
            holder=replace(holder, id=f"h-{number}", employment=post),
            operator="lan" if number else "mai",
            at=AT + timedelta(hours=number),
        )
    approve(store, "a-0", operator="hung", at=LATER)
    leave = Suspension(SuspensionCause.LEAVE, LATER)
    with store.transaction() as unit:
        card = make_card(unit.application("a-0"))
        unit.add_card(replace(card, state=CardState.SUSPENDED, suspension=leave))
    return SqlIssuanceQueue(database, sealer, request.param)


def _ids(queue: SqlIssuanceQueue, asked: ApplicationFilter) -> list[str]:
    return [one.id for one in queue.applications(asked)]


def test_filters_and_scope_of_applications(queue: SqlIssuanceQueue) -> None:
    assert _ids(queue, ApplicationFilter()) == ["a-0", "a-1", "a-2"]
    assert _ids(queue, ApplicationFilter(state=ApplicationState.APPROVED)) == ["a-0"]
    assert _ids(queue, ApplicationFilter(requested_by="lan")) == ["a-1", "a-2"]
    assert _ids(queue, ApplicationFilter(agency="H57.12")) == ["a-0", "a-1"]
    assert _ids(queue, ApplicationFilter(scope=frozenset({"H57.12.03"}))) == ["a-1"]
    assert _ids(queue, ApplicationFilter(scope=frozenset())) == []
    assert _ids(queue, ApplicationFilter(agency="H01", scope=frozenset({"H57"}))) == []


def test_pages_of_applications_go_on_where_the_last_ended(queue: SqlIssuanceQueue) -> None:
    (first,) = queue.applications(ApplicationFilter(), limit=1)
    rest = queue.applications(ApplicationFilter(), after=(first.requested_at, first.id))
    assert [one.id for one in rest] == ["a-1", "a-2"]


def test_pages_of_an_agency_go_on_where_the_last_ended(queue: SqlIssuanceQueue) -> None:
    asked = ApplicationFilter(agency="H57.12")
    (first,) = queue.applications(asked, limit=1)
    rest = queue.applications(asked, after=(first.requested_at, first.id))
    assert [first.id, *(one.id for one in rest)] == ["a-0", "a-1"]
    (card,) = queue.cards(CardFilter(agency="H57.12"), limit=1)
    assert queue.cards(CardFilter(agency="H57.12"), after=card.guid) == []


def test_what_ends_soon_is_narrowed_by_all_the_rest(queue: SqlIssuanceQueue) -> None:
    (card,) = queue.cards(CardFilter())
    soon = CardFilter(expires_before=card.expires_at + timedelta(days=1))
    assert queue.cards(soon) == [card]
    assert queue.cards(replace(soon, agency="H57", state=CardState.SUSPENDED)) == [card]
    for other in (
        replace(soon, agency="H01"),
        replace(soon, state=CardState.ACTIVE),
        replace(soon, card_type=CardType.BUSINESS),
        replace(soon, scope=frozenset({"H01"})),
    ):
        assert queue.cards(other) == []


def test_cards_by_state_scope_and_page(queue: SqlIssuanceQueue) -> None:
    (card,) = queue.cards(CardFilter(state=CardState.SUSPENDED, agency="H57"))
    assert (card.application_id, card.holder_id) == ("a-0", "h-0")
    assert queue.cards(CardFilter(), after=card.guid) == []
    assert queue.cards(CardFilter(scope=frozenset({"H01"}))) == []
    assert queue.cards(CardFilter(expires_before=card.expires_at)) == []
    assert [one.guid for one in queue.returns(frozenset({"H57"}))] == [card.guid]
    assert queue.returns(frozenset({"H01"})) == []


def test_single_records(queue: SqlIssuanceQueue) -> None:
    found = queue.application("a-1")
    assert found is not None
    assert found.holder == queue.holder("h-1")
    (card,) = queue.cards_of_holder("h-0")
    assert queue.cards_of_application("a-0") == [card]
    assert queue.card(card.guid) == card
    assert queue.application("x") is queue.holder("x") is queue.decision("x") is None
