"""Partners' feeds of events, told from the audit log, on both databases."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from msgspec import structs

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.event_records import EventKind, PartnerEvent, ToldDecision
from cardsvc.service_records import DecisionRecord
from cardsvc.store import partner_feed
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.decision_log import SqlDecisionLog
from cardsvc.store.engine import Database
from cardsvc.store.partner_feed import SqlPartnerFeed
from cardsvc.terms import AssuranceLevel
from tests.support.issuance_store_contract import AT
from verification.told import tell_decision

HOSPITAL, TAX = "benh-vien", "thue"


def make_receipt(**claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"header.{payload}.signature"


class Town:
    """Two partners, a log of decisions, and what happens to cards."""

    def __init__(self, database: Database) -> None:
        access = SqlAccessStore(database)
        for party in (HOSPITAL, TAX):
            access.enrol_relying_party(party, party, operator="admin", at=AT)
        self.log = AuditLog(database)
        self.decisions = SqlDecisionLog(database)
        self.feed = SqlPartnerFeed(database, tell_decision)

    def decide(
        self, guid: CardGuid | None, party: str = HOSPITAL, *, named: bool = True, **claims: str
    ) -> DecisionRecord:
        if named and guid is not None:
            claims["card"] = guid.urn
        decision = DecisionRecord(
            id=secrets.token_hex(8),
            at=AT,
            agent="kiosk-1",
            relying_party=party,
            service="tiep-don",
            granted=False,
            level=AssuranceLevel.X1,
            reasons=("card_suspended",),
            guid=guid,
            policy_version=1,
            receipt=make_receipt(**claims),
        )
        self.decisions.record(decision)
        return decision

    def change(self, guid: CardGuid, action: AuditAction = AuditAction.CARD_REVOKED) -> None:
        self.log.record(AuditEvent(AT, "mai", action, str(guid)))

    def told(self, party: str = HOSPITAL, after: int = 0) -> Sequence[PartnerEvent]:
        self.feed.catch_up()
        return self.feed.page(party, after, 100).events


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def make_guid() -> CardGuid:
    return CardGuid(secrets.token_bytes(16))


def test_a_partner_is_told_its_own_decisions_in_order(town: Town) -> None:
    first, other, second = (
        town.decide(make_guid()),
        town.decide(make_guid(), TAX),
        town.decide(None),
    )
    mine = town.told()
    assert [(one.position, one.data["decision"]) for one in mine] == [(1, first.id), (2, second.id)]
    assert [one.data["decision"] for one in town.told(TAX)] == [other.id]
    assert mine[0].kind is EventKind.DECISION_MADE
    assert mine[0].data == {
        "decision": first.id, "service": "tiep-don", "granted": False, "level": "X1",
        "code": "card_suspended", "card": first.guid.urn if first.guid else None,
        "pseudonym": None,
    }  # fmt: skip
    assert town.told(after=1) == mine[1:]


def test_a_change_is_told_to_those_who_know_the_card(town: Town) -> None:
    guid, unseen = make_guid(), make_guid()
    town.decide(guid, named=False, pseudonym="v1.abc")
    town.decide(guid, TAX)
    for changed in (guid, unseen):
        town.change(changed, AuditAction.CARD_SUSPENDED)
    town.change(guid, AuditAction.CARD_RESUMED)
    hospital, tax = town.told()[1:], town.told(TAX)[1:]
    assert [one.data["state"] for one in hospital] == ["suspended", "active"]
    # the hospital knows the holder by a name of its own, and is not told the card's
    assert hospital[0].data == {"state": "suspended", "card": None, "pseudonym": "v1.abc"}
    assert hospital[0].subject == "v1.abc"
    assert tax[0].data == {"state": "suspended", "card": guid.urn, "pseudonym": None}
    assert tax[0].kind is EventKind.CARD_STATUS_CHANGED


def test_a_name_that_was_told_once_is_known_whatever_is_told_later(town: Town) -> None:
    guid = make_guid()
    town.decide(guid)
    assert town.told()[-1].data["card"] == guid.urn
    town.decide(guid, named=False, pseudonym="v1.abc")
    town.decide(guid, named=False)
    town.change(guid)
    assert town.told()[-1].data == {"state": "revoked", "card": guid.urn, "pseudonym": "v1.abc"}
    town.change(guid, AuditAction.CARD_REPLACED)
    last = town.told()[-1]
    assert last.data == {"state": "replaced", "card": guid.urn, "pseudonym": "v1.abc"}
    assert last.subject == "v1.abc"


def test_who_was_told_of_no_card_is_told_of_no_change(town: Town) -> None:
    guid = make_guid()
    decision = town.decide(guid, named=False)
    town.change(guid)
    (only,) = town.told()
    assert only.data["decision"] == decision.id
    assert str(guid) not in json.dumps(dict(only.data))


def test_a_change_before_the_partner_saw_the_card_is_not_told(town: Town) -> None:
    guid = make_guid()
    town.change(guid, AuditAction.CARD_ACTIVATED)
    town.decide(guid)
    town.change(guid)
    assert [one.data.get("state") for one in town.told()] == [None, "revoked"]


def test_decisions_of_nobody_we_know_are_skipped(town: Town) -> None:
    town.decide(make_guid(), "nobody")
    town.decide(make_guid(), "")
    assert list(town.told()) == []
    assert town.feed.lag() == 0


def test_tellers_at_once_tell_everything_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partner_feed, "AT_ONCE", 3)
    ids = [town.decide(make_guid()).id for _ in range(20)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: town.feed.catch_up(), range(8)))
    events = town.feed.page(HOSPITAL, 0, 100).events
    assert [one.data["decision"] for one in events] == ids
    assert [one.position for one in events] == list(range(1, 21))


def test_what_a_teller_did_not_finish_is_told_again(town: Town, database: Database) -> None:
    town.decide(make_guid())

    def fail(*_: object) -> None:
        raise RuntimeError("killed here")

    with pytest.raises(RuntimeError):
        SqlPartnerFeed(database, tell_decision, fail).catch_up()
    assert not town.feed.page(HOSPITAL, 0, 10).events
    assert len(town.told()) == 1


def test_what_comes_while_it_is_told_waits_for_the_next_time(
    town: Town, database: Database
) -> None:
    def tell(decision: DecisionRecord) -> ToldDecision:
        town.decide(make_guid())  # there is never an end of it
        return tell_decision(decision)

    town.decide(make_guid())
    busy = SqlPartnerFeed(database, tell)
    busy.catch_up()
    assert [busy.lag(), busy.catch_up(), busy.lag()] == [1, 1, 1]
    assert len(town.told()) == 3


@pytest.mark.reason(ReasonCode.EVENTS_FORGOTTEN)
def test_what_was_forgotten_is_said_to_be(town: Town) -> None:
    for _ in range(3):
        town.decide(make_guid())
    late = structs.replace(town.decide(make_guid()), id="late", at=AT + timedelta(days=40))
    town.decisions.record(late)
    assert len(town.told()) == 5
    assert town.feed.forget(AT + timedelta(days=1)) == 4
    assert [one.position for one in town.told()] == [5]
    assert [one.position for one in town.told(after=4)] == [5]
    with pytest.raises(StoreError) as refused:
        town.told(after=2)
    assert refused.value.reason is ReasonCode.EVENTS_FORGOTTEN
    town.decide(make_guid())
    assert [one.position for one in town.told(after=5)] == [6]
