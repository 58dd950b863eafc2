"""An event says no more than the receipt did, whatever stands in the receipt's place."""

from __future__ import annotations

import base64
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card.guid import CardGuid
from cardsvc.event_records import EventKind, PartnerEvent
from cardsvc.service_records import DecisionRecord
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.event import encode_event_message
from tests.support.installations import AT
from verification.told import tell_decision

GUID = CardGuid(bytes(range(16)))


def make_decision(receipt: str, reasons: tuple[str, ...] = ()) -> DecisionRecord:
    return DecisionRecord(
        id="d-1", at=AT, agent="a", relying_party="benh-vien", service="tiep-don",
        granted=not reasons, level=AssuranceLevel.X2, reasons=reasons, guid=GUID,
        policy_version=1, receipt=receipt,
    )  # fmt: skip


def make_receipt(claims: object) -> str:
    return f"h.{base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b'=').decode()}.s"


def test_the_card_is_named_where_the_receipt_named_it() -> None:
    told = tell_decision(make_decision(make_receipt({"card": GUID.urn, "pseudonym": "v1.x"})))
    assert (told.names_card, told.pseudonym) == (True, "v1.x")
    assert told.data["card"] == GUID.urn
    assert told.data["code"] == "granted"
    silent = tell_decision(make_decision(make_receipt({})))
    assert (silent.names_card, silent.pseudonym, silent.data["card"]) == (False, None, None)


def test_another_card_in_the_receipt_is_none() -> None:
    other = CardGuid(bytes(16)).urn
    assert not tell_decision(make_decision(make_receipt({"card": other}))).names_card


def test_exact_reasons_stay_inside() -> None:
    told = tell_decision(make_decision(make_receipt({}), ("certificate_misissued",)))
    assert told.data["code"] == "card_not_valid"
    assert tell_decision(make_decision("", ("no_such_reason",))).data["code"] == "card_not_valid"


@settings(max_examples=100)
@given(st.text(max_size=40) | st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["card", "pseudonym"]), inner, max_size=2),
    max_leaves=6,
).map(make_receipt))  # fmt: skip
def test_no_receipt_raises(receipt: str) -> None:
    told = tell_decision(make_decision(receipt))
    assert told.data["decision"] == "d-1"


def test_an_event_is_the_same_octets_each_time() -> None:
    event = PartnerEvent(
        "benh-vien", 7, EventKind.CARD_STATUS_CHANGED, AT, "v1.x", {"state": "revoked"}, GUID
    )
    octets = encode_event_message(event, "https://the.example")
    assert octets == encode_event_message(event, "https://the.example")
    assert json.loads(octets) == {
        "specversion": "1.0", "id": "benh-vien-7", "source": "https://the.example",
        "type": "cardsvc.card.status_changed", "time": "2026-11-21T01:00:00Z", "sequence": "7",
        "datacontenttype": "application/json", "subject": "v1.x", "data": {"state": "revoked"},
    }  # fmt: skip
