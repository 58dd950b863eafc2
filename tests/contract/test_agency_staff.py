"""How many people and cards a change of agencies touches, over both databases."""

from __future__ import annotations

from dataclasses import replace

from cardsvc.agency_records import AgencyStaff
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.lifecycle import ENDED_STATES, CardState
from cardsvc.records import Application, Holder
from cardsvc.store.agency_staff import SqlAgencyStaff
from cardsvc.store.engine import Database
from cardsvc.store.holder_store import SqlHolderStore
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.sealed import Sealer
from cardsvc.terms import CardType
from issuance.registry.holders import add_holders
from tests.support.issuance_store_contract import AT, make_card
from tests.support.people import CIVIL_SERVANT, INDIVIDUAL


def person(number: int, agency: str) -> Holder:
    post = CIVIL_SERVANT.employment
    assert post is not None
    return replace(
        INDIVIDUAL,
        id=f"p-{number}",
        personal_number=PersonalNumber(f"0790850{number:05d}"),
        employment=replace(post, agency_code=AgencyCode(agency)),
    )


def test_people_under_a_code_and_their_cards_that_have_not_ended(
    database: Database, sealer: Sealer
) -> None:
    people = [person(1, "H57.12"), person(2, "H57.12"), person(3, "H57.12.3"), person(4, "H58")]
    add_holders(SqlHolderStore(database, sealer), people, operator="lan", at=AT)
    states = [CardState.ACTIVE, CardState.SUSPENDED, CardState.PERSONALISING, *ENDED_STATES]
    with SqlIssuanceStore(database, sealer).transaction() as unit:
        for place, state in enumerate(states):
            asked = Application(f"a-{place}", CardType.INDIVIDUAL, people[0], "lan", AT)
            unit.add_application(asked)
            unit.add_card(replace(make_card(asked), state=state))
    staff = SqlAgencyStaff(database)
    home, below = AgencyCode("H57.12"), AgencyCode("H57.12.3")
    assert staff.count([home]) == AgencyStaff(holders=2, cards=3)
    assert staff.count([home, below]) == AgencyStaff(holders=3, cards=3)
    assert staff.count([AgencyCode("H58")]) == AgencyStaff(holders=1, cards=0)
    assert staff.count([]) == AgencyStaff(holders=0, cards=0)
