"""The register of partners, their keys and tokens, on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.email import EmailAddress
from cardsvc.identity.phone import PhoneNumber
from cardsvc.partner_records import (
    MOST_KEYS,
    Contact,
    ContactRole,
    KeyKind,
    PartnerKey,
    PartnerProfile,
    PartnerToken,
    RequestLimits,
    Scope,
)
from cardsvc.store.engine import Database
from cardsvc.store.expired import SqlExpired
from cardsvc.store.partner_store import SqlPartnerStore
from cardsvc.store.partner_tokens import SqlPartnerTokens
from cardsvc.terms import Realm

AT = datetime(2026, 11, 22, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
PROFILE = PartnerProfile(
    "Bệnh viện tỉnh",
    Realm.SANDBOX,
    AgencyCode.parse("H57.12"),
    (
        Contact(ContactRole.TECHNICAL, EmailAddress.parse("it@bv.example")),
        Contact(ContactRole.SECURITY, phone=PhoneNumber.parse("0234 382 2325")),
    ),
    frozenset({Scope.VERIFY, Scope.STATUS}),
    RequestLimits(60, 5000),
    '{"services": ["tiep-don"]}',
)


def key(kid: str = "k1", party: str = "bv", thumbprint: str = "") -> PartnerKey:
    jwk = '{"kty": "EC"}'
    return PartnerKey(
        party, kid, KeyKind.JWK, "ES256", thumbprint or f"{party}-{kid}", jwk, AT, AT + 9 * HOUR
    )


def token(text: bytes = b"t", kid: str = "k1") -> PartnerToken:
    scopes = frozenset({Scope.VERIFY, Scope.EVENTS})
    return PartnerToken(sha256(text).digest(), "bv", kid, scopes, AT, AT + timedelta(minutes=5))


@pytest.fixture
def store(database: Database) -> SqlPartnerStore:
    found = SqlPartnerStore(database)
    found.put("bv", PROFILE, operator="admin", at=AT)
    return found


def test_what_was_agreed_is_read_back_and_changed(store: SqlPartnerStore) -> None:
    found = store.find("bv")
    assert found is not None
    assert (found.profile, found.enabled, found.has_token) == (PROFILE, True, False)
    changed = replace(PROFILE, scopes=frozenset(), agency_code=None, contacts=())
    store.put("bv", changed, operator="admin", at=AT)
    assert [one.profile for one in store.partners()] == [changed]
    assert store.find("khac") is None


def test_a_realm_stays(store: SqlPartnerStore) -> None:
    with pytest.raises(StoreError) as caught:
        store.put("bv", replace(PROFILE, realm=Realm.PRODUCTION), operator="admin", at=AT)
    assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE
    with pytest.raises(Malformed):
        store.put("a:b", PROFILE, operator="admin", at=AT)


@pytest.mark.reason(ReasonCode.PARTNER_KEY_TAKEN)
def test_keys_have_names_and_places_of_their_own(store: SqlPartnerStore) -> None:
    store.add_key(key(), operator="admin", at=AT)
    assert store.key("bv", "k1") == key()
    assert store.key_by_thumbprint("bv", "bv-k1") == key()
    assert store.key("bv", "k2") is store.key("khac", "k1") is None
    store.put("khac", PROFILE, operator="admin", at=AT)
    for taken in (key(thumbprint="other"), key("k2", thumbprint="bv-k1"),
                  key("k1", "khac", "bv-k1")):  # fmt: skip
        with pytest.raises(StoreError) as caught:
            store.add_key(taken, operator="admin", at=AT)
        assert caught.value.reason is ReasonCode.PARTNER_KEY_TAKEN
    store.add_key(key("k1", "khac"), operator="admin", at=AT)
    for number in range(2, MOST_KEYS + 1):
        store.add_key(key(f"k{number}"), operator="admin", at=AT)
    with pytest.raises(StoreError):
        store.add_key(key("too-many"), operator="admin", at=AT)
    store.revoke_key("bv", "k1", operator="admin", at=AT + HOUR)
    store.add_key(key("now-it-fits"), operator="admin", at=AT)
    (revoked,) = [one for one in store.keys("bv") if one.revoked_at is not None]
    assert (revoked.kid, revoked.revoked_at) == ("k1", AT + HOUR)
    assert not revoked.counts_at(AT + 2 * HOUR)


def test_a_key_of_nobody_is_refused(store: SqlPartnerStore) -> None:
    with pytest.raises(StoreError) as caught:
        store.add_key(key(party="nobody"), operator="admin", at=AT)
    assert caught.value.reason is ReasonCode.RELYING_PARTY_UNKNOWN
    with pytest.raises(StoreError) as caught:
        store.revoke_key("bv", "none", operator="admin", at=AT)
    assert caught.value.reason is ReasonCode.PARTNER_KEY_UNKNOWN


def test_a_token_opens_what_both_allow_until_it_ends(
    store: SqlPartnerStore, database: Database
) -> None:
    store.add_key(key(), operator="admin", at=AT)
    tokens = SqlPartnerTokens(database)
    assert tokens.give(token(), "jti-1", AT + HOUR)
    caller = tokens.caller(sha256(b"t").digest(), AT + timedelta(minutes=4))
    assert caller is not None
    assert (caller.id, caller.realm, caller.scopes) == (
        "bv", Realm.SANDBOX, frozenset({Scope.VERIFY}),
    )  # fmt: skip
    assert caller.limits == RequestLimits(60, 5000)
    assert tokens.caller(sha256(b"t").digest(), AT + timedelta(minutes=5)) is None
    assert tokens.caller(sha256(b"u").digest(), AT) is None
    store.revoke_key("bv", "k1", operator="admin", at=AT)
    assert tokens.caller(sha256(b"t").digest(), AT) is None


@pytest.mark.reason(ReasonCode.ASSERTION_REPLAYED)
def test_one_of_many_gets_a_token_for_an_assertion(
    store: SqlPartnerStore, database: Database
) -> None:
    store.add_key(key(), operator="admin", at=AT)
    tokens = SqlPartnerTokens(database)
    given: list[bool] = []

    def ask(number: int) -> None:
        given.append(tokens.give(token(b"%d" % number), "the-same", AT + HOUR))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(given) == [False] * 7 + [True]
    opened = [tokens.caller(sha256(b"%d" % number).digest(), AT) for number in range(8)]
    assert sum(one is not None for one in opened) == 1


def test_what_has_ended_is_forgotten(store: SqlPartnerStore, database: Database) -> None:
    store.add_key(key(), operator="admin", at=AT)
    tokens = SqlPartnerTokens(database)
    tokens.give(token(), "jti-1", AT + timedelta(minutes=5))
    assert SqlExpired(database).forget(AT + timedelta(minutes=6), AT) == 0
    assert SqlExpired(database).forget(AT + HOUR, AT) == 2
    assert tokens.give(token(), "jti-1", AT + HOUR)
