"""A batch keeps what is no presentation to its own place; a status query asks by one thing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed
from cardsvc.wire.verification import (
    MAX_PRESENTATIONS,
    StatusQuery,
    UnreadableItem,
    VerificationsMessage,
)
from tests.property.test_messages import json_values

GOOD = {"nonce": "A" * 43, "objects": {}, "proofs": {}}


@settings(max_examples=60)
@given(st.lists(json_values, min_size=1, max_size=5))
def test_what_is_no_presentation_spoils_its_own_place_only(junk: list[object]) -> None:
    items = VerificationsMessage.parse(
        json.dumps({"presentations": [*junk, GOOD]}).encode()
    ).presentations
    assert all(isinstance(one, UnreadableItem) for one in items[:-1])
    assert not isinstance(items[-1], UnreadableItem)


@pytest.mark.parametrize("count", [0, MAX_PRESENTATIONS + 1])
def test_a_batch_has_one_to_a_hundred(count: int) -> None:
    with pytest.raises(Malformed):
        VerificationsMessage.parse(json.dumps({"presentations": [GOOD] * count}).encode())


def test_a_query_asks_by_card_receipt_or_pseudonym() -> None:
    guid = CardGuid(bytes(range(16)))
    for query in (
        StatusQuery(card=guid),
        StatusQuery(receipt="a.b.c"),
        StatusQuery(pseudonym="v1.x"),
    ):
        assert StatusQuery.parse(query.encode()) == query
    for neither in (b"{}", json.dumps({"card": guid.urn, "receipt": "a.b.c"}).encode()):
        with pytest.raises(Malformed):
            StatusQuery.parse(neither)
