"""What bundles are made of, and their numbers, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.errors import StoreError
from cardsvc.lifecycle import CardState
from cardsvc.policy_records import Activation, ActivationKind
from cardsvc.records import KeyRecord
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.bundle_source import SqlBundleEditions, SqlBundleSource
from cardsvc.store.engine import Database
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.policy_store import SqlPolicyStore
from cardsvc.store.sealed import Sealer
from cardsvc.terms import CardType
from tests.support.issuance_store_contract import AT, make_application, make_card
from verification.policy.simple import simple_policy

PARTY, SERVICE = "ubnd-phuong", "một cửa"
HOUR = timedelta(hours=1)


def key(number: int) -> KeyRecord:
    spki_sha256 = bytes([number]) * 32
    return KeyRecord(
        KeySlot.CARD_AUTHENTICATION, Algorithm.ECC_P256, spki_sha256, b"i" * 20, number, b"der",
        AT + HOUR,
    )  # fmt: skip


@pytest.fixture
def source(database: Database) -> SqlBundleSource:
    SqlAccessStore(database).enrol_relying_party(PARTY, "UBND", operator="admin", at=AT)
    return SqlBundleSource(database)


def test_cards_are_read_whole_and_then_where_something_happened(
    database: Database, sealer: Sealer, source: SqlBundleSource
) -> None:
    store = SqlIssuanceStore(database, sealer)
    staff = make_application("a-1")
    citizen = make_application("a-2", CardType.INDIVIDUAL)
    cards = [
        replace(make_card(one), state=state, keys=(key(number),))
        for one, state, number in (
            (staff, CardState.ACTIVE, 1),
            (citizen, CardState.PERSONALISING, 2),
        )
    ]
    with store.transaction() as unit:
        for application, card in zip((staff, citizen), cards, strict=True):
            unit.add_application(application)
            unit.add_card(card)
    (found,) = source.cards()
    assert found.guid == cards[0].guid
    assert (found.state, found.card_type) == (CardState.ACTIVE, CardType.CIVIL_SERVANT)
    assert found.key_sha256 == {key.slot: key.spki_sha256 for key in cards[0].keys}
    assert found.category is not None
    assert list(source.cards_of([one.guid for one in cards])) == [found]

    before = source.position()
    with store.transaction() as unit:
        unit.record(AuditEvent(AT, "lan", AuditAction.CARD_SUSPENDED, str(cards[0].guid)))
    middle = source.position()
    with store.transaction() as unit:
        unit.record(AuditEvent(AT, "lan", AuditAction.HOLDER_CORRECTED, staff.holder.id))
        unit.record(AuditEvent(AT, "lan", AuditAction.TAP_DECIDED, str(cards[0].guid)))
    assert source.touched(before, middle) == [cards[0].guid]
    assert source.touched(middle, source.position()) == [cards[0].guid]
    assert source.touched(source.position(), source.position()) == []


def test_policies_in_force_and_to_come(database: Database, source: SqlBundleSource) -> None:
    access, book = SqlAccessStore(database), SqlPolicyStore(database)
    policy = simple_policy(PARTY, SERVICE)
    for hour in range(3):
        access.put_policy(policy, operator="admin", at=AT + hour * HOUR)
    version = book.put(policy, author="lan", at=AT)
    later = AT + 9 * HOUR
    book.activate(
        PARTY, SERVICE, Activation(version, later, ActivationKind.TWO_PERSONS, "hung", AT)
    )

    def versions(at: object) -> list[int]:
        found = source.policies(PARTY, at)  # type: ignore[arg-type]
        assert found is not None
        return [one.version for one in found]

    assert versions(AT + 2 * HOUR) == [4, 3]
    assert versions(AT + HOUR) == [4, 3, 2]
    assert versions(later) == [4]
    assert source.policies("nobody", AT) is None
    access.disable_relying_party(PARTY, operator="admin", at=AT)
    assert versions(later) == []


def test_a_content_has_one_number_and_numbers_grow(
    database: Database, source: SqlBundleSource
) -> None:
    del source
    editions = SqlBundleEditions(database)
    one, other = b"1" * 32, b"2" * 32
    first = editions.number(PARTY, one, 5, AT)
    assert first == int(AT.timestamp())
    assert editions.number(PARTY, one, 6, AT + HOUR) == first
    second = editions.number(PARTY, other, 7, AT)
    assert second == first + 1
    assert editions.number(PARTY, one, 6, AT) is None  # whoever asks has not seen it all
    third = editions.number(PARTY, one, 8, AT + HOUR)
    assert third == int((AT + HOUR).timestamp())
    with pytest.raises(StoreError):
        editions.number("nobody", one, 1, AT)
