"""Photos over both databases: sealed, one present one, the same file twice adds nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.erasure import erase_holder
from cardsvc.store.holder_facts import SqlHolderFacts
from cardsvc.store.holder_store import SqlHolderStore
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.photo_store import SqlPhotoStore, SqlPortraits
from cardsvc.store.sealed import Sealer
from issuance.registry.holders import add_holders
from issuance.registry.photos import present_photo, put_photo, require_photo
from issuance.registry.ports import PhotoStore
from tests.support.drawn_faces import drawn_portrait, encoded
from tests.support.issuance_store_contract import AT, make_application, make_card
from tests.support.people import CIVIL_SERVANT, INDIVIDUAL

FIRST = encoded(drawn_portrait())
SECOND = encoded(drawn_portrait().transpose(0))


@pytest.fixture
def store(database: Database, sealer: Sealer) -> PhotoStore:
    add_holders(SqlHolderStore(database, sealer), [CIVIL_SERVANT, INDIVIDUAL], operator="l", at=AT)
    return SqlPhotoStore(database, sealer)


def test_the_latest_photo_is_the_present_one(store: PhotoStore, database: Database) -> None:
    assert present_photo(store, CIVIL_SERVANT.id) is None
    with pytest.raises(IssuanceError) as caught:
        require_photo(store, CIVIL_SERVANT.id)
    assert caught.value.reason is ReasonCode.APPLICATION_INCOMPLETE
    first = put_photo(store, CIVIL_SERVANT.id, FIRST, operator="lan", at=AT)
    assert put_photo(store, CIVIL_SERVANT.id, FIRST, operator="hung", at=AT) == first
    second = put_photo(store, CIVIL_SERVANT.id, SECOND, operator="lan", at=AT)
    assert require_photo(store, CIVIL_SERVANT.id) == second
    assert (first.number, second.number) == (1, 2)
    assert present_photo(store, INDIVIDUAL.id) is None
    actions = [one.event.action.value for one in AuditLog(database).events()]
    assert actions.count("holder.photo_put") == 2


def test_a_photo_of_nobody_is_refused(store: PhotoStore) -> None:
    with pytest.raises(IssuanceError) as caught:
        put_photo(store, "nobody", FIRST, operator="lan", at=AT)
    assert caught.value.reason is ReasonCode.HOLDER_UNKNOWN


def test_pictures_are_sealed_and_open_in_their_place_only(
    store: PhotoStore, database: Database
) -> None:
    photo = put_photo(store, CIVIL_SERVANT.id, FIRST, operator="lan", at=AT)
    with database.engine.begin() as connection:
        row = connection.execute(text("SELECT print_sealed, chip_sealed FROM holder_photos")).one()
        assert all(b"JFIF" not in bytes(sealed) for sealed in row)
        assert photo.portrait.chip_jpeg[:64] not in bytes(row.chip_sealed)
        connection.execute(text(f"UPDATE holder_photos SET holder_id = '{INDIVIDUAL.id}'"))
    with pytest.raises(StoreError) as caught:
        present_photo(store, INDIVIDUAL.id)
    assert caught.value.reason is ReasonCode.RECORD_CORRUPT


def test_an_erased_person_has_no_photo(
    store: PhotoStore, database: Database, sealer: Sealer
) -> None:
    put_photo(store, CIVIL_SERVANT.id, FIRST, operator="lan", at=AT)
    put_photo(store, INDIVIDUAL.id, FIRST, operator="lan", at=AT)
    with database.writing() as session:
        assert erase_holder(session, sealer, CIVIL_SERVANT.id, AT)
    assert present_photo(store, CIVIL_SERVANT.id) is None
    assert present_photo(store, INDIVIDUAL.id) is not None


def test_a_cards_portrait_is_its_holders_present_photo(
    store: PhotoStore, database: Database, sealer: Sealer
) -> None:
    portraits, facts = SqlPortraits(database, sealer), SqlHolderFacts(database, sealer)
    application = make_application()
    card = make_card(application)
    with SqlIssuanceStore(database, sealer).transaction() as unit:
        unit.add_application(application)
        unit.add_card(card)
    assert portraits.of_card(card.guid) is None
    assert facts.has_photo(CIVIL_SERVANT.id) is False
    for file in (FIRST, SECOND):
        put_photo(store, CIVIL_SERVANT.id, file, operator="lan", at=AT)
    put_photo(store, INDIVIDUAL.id, FIRST, operator="lan", at=AT)
    present = require_photo(store, CIVIL_SERVANT.id).portrait
    assert portraits.of_card(card.guid) == present.print_jpeg
    assert facts.has_photo(CIVIL_SERVANT.id) is True
    assert portraits.of_card(CardGuid(bytes(16))) is None
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE holder_photos SET number = number + 7"))
    with pytest.raises(StoreError) as caught:
        portraits.of_card(card.guid)
    assert caught.value.reason is ReasonCode.RECORD_CORRUPT
