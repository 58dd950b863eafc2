"""Bundles made of junk raise nothing but Malformed, or a refusal with its reason."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import Malformed, VerificationError
from tests.support.bundles import AT, RELYING_PARTY, SERVICE, PaperService, paper_card
from verification.bundle.cards import CardSet, parse_cards
from verification.bundle.manifest import parse_manifest, verify_manifest
from verification.bundle.parts import parse_issuers, parse_policies

SERVICE_OF_PAPER = PaperService()
TOKEN = SERVICE_OF_PAPER.bundle_manifest(RELYING_PARTY)
MANIFEST = verify_manifest(TOKEN, SERVICE_OF_PAPER.key.key_set)
POLICIES = SERVICE_OF_PAPER.bundle_part(MANIFEST.content.policies)
ISSUERS = SERVICE_OF_PAPER.bundle_part(MANIFEST.content.issuers)
(BUCKET,) = CardSet(map(paper_card, range(4))).buckets
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)


def changed(octets: bytes, data: st.DataObject) -> bytes:
    start = data.draw(st.integers(0, len(octets) - 1))
    return octets[:start] + data.draw(st.binary(max_size=4)) + octets[start + 1 :]


@settings(max_examples=150)
@given(st.data())
def test_a_changed_bucket(data: st.DataObject) -> None:
    octets = changed(BUCKET, data)
    with contextlib.suppress(Malformed):
        cards = parse_cards(octets)
        (again,) = CardSet(cards.values()).buckets
        assert parse_cards(again) == cards


@settings(max_examples=100)
@given(st.binary(max_size=120), st.data())
def test_changed_parts(junk: bytes, data: st.DataObject) -> None:
    for parse, octets in ((parse_policies, POLICIES), (parse_issuers, ISSUERS)):
        for one in (junk, changed(octets, data)):
            with contextlib.suppress(Malformed):
                parse(one)
    with contextlib.suppress(Malformed):
        parse_cards(junk)


@settings(max_examples=150)
@given(st.sampled_from(["aud", "sub", "seq", "iat", "exp", "content"]), JSON)
def test_changed_claims(name: str, value: object) -> None:
    with contextlib.suppress(Malformed):
        manifest = parse_manifest({**MANIFEST.claims(), name: value})
        assert parse_manifest(json.loads(json.dumps(manifest.claims()))) == manifest


@settings(max_examples=100)
@given(st.data())
def test_a_changed_token(data: st.DataObject) -> None:
    token = changed(TOKEN.encode(), data).decode("latin-1")
    with contextlib.suppress(Malformed, VerificationError):
        assert verify_manifest(token, SERVICE_OF_PAPER.key.key_set) == MANIFEST


def test_the_parts_are_what_they_were_made_of() -> None:
    assert parse_manifest(MANIFEST.claims()) == MANIFEST
    (policy,) = parse_policies(POLICIES)
    assert (policy.service, policy.active_from) == (SERVICE, AT - timedelta(days=1))
