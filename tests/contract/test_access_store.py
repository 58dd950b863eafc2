"""Agents, relying parties and policies, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.engine import Database
from cardsvc.store.partner_tokens import SqlPartnerTokens
from cardsvc.store.verification_store import SqlPolicyDirectory
from cardsvc.terms import AssuranceLevel, CardType, Realm
from verification.policy.evaluate import compiled
from verification.policy.find import find_policy
from verification.policy.simple import simple_policy

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)


def hashed(token: str) -> bytes:
    return sha256(token.encode()).digest()


def test_an_agent_is_found_by_its_token_until_it_is_shut_out(database: Database) -> None:
    store = SqlAccessStore(database)
    token = store.enrol_agent("kiosk-1", "Ki-ốt sảnh", operator="admin", at=AT)
    assert store.agent_by_token(hashed(token)) == "kiosk-1"
    assert store.agent_by_token(hashed(token + "x")) is None
    assert store.disable_agent("kiosk-1", operator="admin", at=AT)
    assert store.agent_by_token(hashed(token)) is None
    assert not store.disable_agent("kiosk-9", operator="admin", at=AT)


def test_a_new_token_ends_the_old_one(database: Database) -> None:
    store = SqlAccessStore(database)
    old = store.enrol_relying_party("benh-vien", "Bệnh viện", operator="admin", at=AT)
    new = store.enrol_relying_party("benh-vien", "Bệnh viện", operator="admin", at=AT)
    tokens = SqlPartnerTokens(database)
    assert tokens.caller_by_lasting_token(hashed(old)) is None
    caller = tokens.caller_by_lasting_token(hashed(new))
    assert caller is not None
    assert (caller.id, caller.realm) == ("benh-vien", Realm.PRODUCTION)
    # an agent's token is no partner's
    assert store.agent_by_token(hashed(new)) is None


def test_the_newest_policy_is_in_force(database: Database) -> None:
    store = SqlAccessStore(database)
    store.enrol_relying_party("benh-vien", "Bệnh viện", operator="admin", at=AT)
    types = frozenset({CardType.INDIVIDUAL})
    first = simple_policy("benh-vien", "tiep-don", types, AssuranceLevel.X1)
    second = simple_policy("benh-vien", "tiep-don", types, AssuranceLevel.X2)
    assert store.put_policy(first, operator="admin", at=AT) == 1
    assert store.put_policy(second, operator="admin", at=AT) == 2
    found = SqlPolicyDirectory(database).find("benh-vien", "tiep-don", AT)
    assert found is not None
    rule = compiled(found.document).rules[0]
    assert (found.version, rule.minimum_level) == (2, AssuranceLevel.X2)


@pytest.mark.reason(ReasonCode.RELYING_PARTY_UNKNOWN)
def test_a_disabled_relying_party_has_no_policy_until_it_is_enrolled_again(
    database: Database,
) -> None:
    store, policies = SqlAccessStore(database), SqlPolicyDirectory(database)
    store.enrol_relying_party("benh-vien", "Bệnh viện", operator="admin", at=AT)
    policy = simple_policy("benh-vien", "tiep-don")
    store.put_policy(policy, operator="admin", at=AT)
    assert [one.version for one in store.policies(AT)] == [1]
    assert store.disable_relying_party("benh-vien", operator="admin", at=AT)
    refused = find_policy(policies, "benh-vien", "tiep-don", AT)
    assert refused is ReasonCode.RELYING_PARTY_UNKNOWN
    assert [one.enabled for one in store.relying_parties()] == [False]
    token = store.enrol_relying_party("benh-vien", "Bệnh viện", operator="admin", at=AT)
    assert SqlPartnerTokens(database).caller_by_lasting_token(hashed(token)) is not None
    assert policies.find("benh-vien", "tiep-don", AT) is not None


def test_an_agent_that_was_shut_out_comes_back_with_a_new_token(database: Database) -> None:
    store = SqlAccessStore(database)
    old = store.enrol_agent("kiosk-1", "Ki-ốt", operator="admin", at=AT)
    store.disable_agent("kiosk-1", operator="admin", at=AT)
    assert [(one.id, one.enabled) for one in store.agents()] == [("kiosk-1", False)]
    new = store.enrol_agent("kiosk-1", "Ki-ốt sảnh", operator="admin", at=AT)
    assert store.agent_by_token(hashed(old)) is None
    assert store.agent_by_token(hashed(new)) == "kiosk-1"
    assert [one.name for one in store.agents()] == ["Ki-ốt sảnh"]


@pytest.mark.parametrize("odd", ["", "partner:bv", "a b", "a/b", "a\n", "x" * 65, "-a", "nul\x00"])
def test_an_identifier_is_short_and_plain(database: Database, odd: str) -> None:
    store = SqlAccessStore(database)
    for enrol in (store.enrol_agent, store.enrol_relying_party):
        with pytest.raises(Malformed) as caught:
            enrol(odd, "Tên", operator="admin", at=AT)
        assert caught.value.reason is ReasonCode.MALFORMED_MESSAGE
