"""Bundles: packed and unpacked alike, changed card by card as if made anew, numbered by content."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from cardsvc.bundle_records import BundlePolicy
from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode, StoreError, VerificationError
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType
from tests.support.bundles import (
    AGENT,
    AT,
    RELYING_PARTY,
    SERVICE,
    PaperService,
    paper_card,
    suspended,
)
from tests.support.policies import policy_text
from verification.bundle.bundle import Bundle, BundlePolicies, needed_parts
from verification.bundle.cards import CardSet, bits_for, parse_cards
from verification.bundle.manifest import BundleManifest, verify_manifest

SECOND = timedelta(seconds=1)


def fetch(service: PaperService) -> tuple[BundleManifest, Bundle]:
    manifest = verify_manifest(service.bundle_manifest(RELYING_PARTY), service.key.key_set)
    parts: dict[bytes, bytes] = {}
    for sha256 in needed_parts(manifest, parts):
        parts[sha256] = service.bundle_part(sha256)
    return manifest, Bundle(manifest, parts)


@pytest.mark.parametrize("count", [0, 1, 255, 300, 2000])
def test_cards_come_out_as_they_went_in(count: int) -> None:
    cards = {one.guid: one for one in map(paper_card, range(count))}
    packed = CardSet(cards.values())
    found = [one for bucket in packed.buckets for one in parse_cards(bucket).items()]
    assert dict(found) == cards
    assert len(packed.buckets) == 1 << bits_for(count)


def test_a_change_makes_what_all_anew_would_make() -> None:
    cards = [paper_card(number) for number in range(600)]
    changed = [suspended(cards[7]), paper_card(10_000)]
    packed = CardSet(cards)
    former = list(packed.buckets)
    assert packed.update(changed)
    assert packed.buckets == CardSet([*cards[:7], *cards[8:], *changed]).buckets
    assert sum(old != new for old, new in zip(former, packed.buckets, strict=True)) <= 2
    assert not CardSet(cards[:255]).update(cards[255:257])


def test_a_bundle_answers_as_of_its_signature() -> None:
    service = PaperService()
    service.source.put(*map(paper_card, range(700)))
    _, bundle = fetch(service)
    card = paper_card(501)
    found = bundle.find(card.guid)
    assert found is not None
    assert (found.card.state, found.card.key_sha256) == (card.state, card.key_sha256)
    assert (found.holder_name, found.card.holder_id) == ("", "")
    assert (found.category, found.agency_code, found.as_of) == ("CC", "H46.12", AT)
    assert bundle.find(CardGuid(bytes(16))) is None
    assert set(bundle.find_all([card.guid, CardGuid(bytes(16))])) == {card.guid}


def test_a_number_is_of_one_content_and_a_change_is_seen_at_once() -> None:
    service = PaperService()
    service.source.put(*map(paper_card, range(20)))
    first, _ = fetch(service)
    service.pass_time(timedelta(minutes=1))
    again, _ = fetch(service)
    assert (again.seq, again.content) == (first.seq, first.content)
    assert again.issued_at > first.issued_at
    service.source.put(suspended(paper_card(3)))
    changed, bundle = fetch(service)
    assert changed.seq == first.seq + 1
    found = bundle.find(paper_card(3).guid)
    assert found is not None
    assert found.card.state is CardState.SUSPENDED
    assert service.source.whole_reads == 1


def test_a_manifest_is_signed_anew_after_some_seconds_only() -> None:
    service = PaperService()
    first = service.bundle_manifest(RELYING_PARTY)
    service.pass_time(5 * SECOND)
    assert service.bundle_manifest(RELYING_PARTY) == first
    service.pass_time(5 * SECOND)
    assert service.bundle_manifest(RELYING_PARTY) != first


def test_an_agent_is_told_of_no_cards_that_its_services_do_not_take() -> None:
    service = PaperService()
    service.source.put(*map(paper_card, range(20)))
    rules = '[[rules]]\nname = "staff"\neffect = "allow"\ncard_types = ["civil_servant"]\n'
    service.source.documents[:] = [BundlePolicy(SERVICE, 2, 2, AT, policy_text(rules=rules))]
    service.source.changed.append(None)
    manifest, bundle = fetch(service)
    assert set(manifest.content.cards) == {CardType.CIVIL_SERVANT}
    assert bundle.find(paper_card(1).guid) is not None
    assert bundle.find(paper_card(2).guid) is None


def test_policies_begin_on_their_day_and_speak_for_one_partner() -> None:
    service = PaperService()
    tomorrow = AT + timedelta(days=1)
    service.source.put_policy(BundlePolicy(SERVICE, 7, 2, tomorrow, policy_text()))
    _, bundle = fetch(service)
    policies = BundlePolicies(bundle)

    def version(at: object, service: str = SERVICE, party: str = RELYING_PARTY) -> int | None:
        found = policies.find(party, service, at)  # type: ignore[arg-type]
        return None if found is None else found.version

    assert (version(AT), version(tomorrow)) == (1, 7)
    assert version(AT - timedelta(days=3)) is None
    assert version(AT, service="other") is version(AT, party="other") is None
    assert policies.knows(RELYING_PARTY)


@pytest.mark.reason(ReasonCode.BUNDLE_PREPARING)
def test_while_cards_are_read_the_first_time_nobody_else_waits() -> None:
    service = PaperService()
    read, told = service.source.cards, []

    def slowly() -> object:
        with ThreadPoolExecutor(1) as other:
            told.append(other.submit(service.bundle_manifest, RELYING_PARTY).exception())
        return read()

    service.source.cards = slowly  # type: ignore[method-assign,assignment]
    assert service.bundle_manifest(RELYING_PARTY)
    (refused,) = told
    assert isinstance(refused, StoreError)
    assert refused.reason is ReasonCode.BUNDLE_PREPARING


def test_an_unknown_partner_gets_no_bundle() -> None:
    with pytest.raises(VerificationError) as caught:
        PaperService().bundle_manifest("nobody")
    assert caught.value.reason is ReasonCode.RELYING_PARTY_UNKNOWN


def test_two_processes_do_not_take_each_others_numbers_back() -> None:
    one, other = PaperService(), PaperService()
    other.press = type(one.press)(
        one.source, one.press._editions, one.key, one.press._issuers
    )  # fmt: skip
    one.source.put(*map(paper_card, range(5)))
    first = verify_manifest(other.bundle_manifest(RELYING_PARTY), one.key.key_set)
    assert verify_manifest(one.bundle_manifest(RELYING_PARTY), one.key.key_set).seq == first.seq
    one.source.put(suspended(paper_card(1)))
    later = verify_manifest(one.bundle_manifest(RELYING_PARTY), one.key.key_set)
    seen = verify_manifest(other.bundle_manifest(RELYING_PARTY), one.key.key_set)
    assert seen.seq == later.seq == first.seq + 1
    assert seen.agent == AGENT


@pytest.mark.reason(ReasonCode.MALFORMED_BUNDLE)
def test_buckets_out_of_order_or_cut_short_are_malformed() -> None:
    (bucket,) = CardSet([paper_card(1), paper_card(3)]).buckets
    half = len(bucket) // 2
    for wrong in (bucket[half:] + bucket[:half], bucket[:-1], bucket + b"\x00", bucket[:half] * 2):
        with pytest.raises(Malformed) as caught:
            parse_cards(wrong)
        assert caught.value.reason is ReasonCode.MALFORMED_BUNDLE
    manifest, _ = fetch(PaperService())
    with pytest.raises(Malformed):
        Bundle(manifest, {})
