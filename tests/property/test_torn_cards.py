"""A card torn at any APDU is valid to nobody, and personalising it again succeeds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card.chuid import parse_chuid, verify_chuid
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm, KeySlot, ObjectTag
from cardsvc.errors import VerificationError
from cardsvc.lifecycle import CardState
from cardsvc.terms import RevocationReason
from issuance.personalise.plan import KeyPlan
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.faults import Tear, TornCard
from reader_agent.virtual.state import CardOptions, VendorInstructions
from tests.support.issuing_room import P256_KEYS, YUBICO, IssuingRoom, blank

OPENFIPS = CardOptions(vendor=VendorInstructions.OPENFIPS201)
SHORT = CardOptions(vendor=VendorInstructions.YUBICO, short_apdus_only=True)
RSA_KEYS = (
    KeyPlan(KeySlot.AUTHENTICATION, (Algorithm.ECC_P256,)),
    KeyPlan(KeySlot.KEY_MANAGEMENT, (Algorithm.RSA_2048,)),
    KeyPlan(KeySlot.CARD_AUTHENTICATION, (Algorithm.RSA_2048,)),
)


def count_apdus(
    algorithm: Algorithm, options: CardOptions, keys: tuple[KeyPlan, ...] = P256_KEYS
) -> int:
    room = IssuingRoom()
    assert room.run(room.job(room.order(keys=keys)), blank(algorithm, options)) is (
        CardState.PERSONALISED
    )
    return room.apdus


def shows_a_valid_chuid(card: VirtualCard) -> bool:
    content = card.state.objects.get(ObjectTag.CHUID)
    if content is None:
        return False
    try:
        verify_chuid(parse_chuid(content))
    except VerificationError:
        return False
    return True


def assert_worthless(room: IssuingRoom, application: str) -> CardGuid:
    record = room.record(application)
    assert record.state is CardState.TORN
    assert not record.keys
    assert room.certificate_states(record.guid) <= {RevocationReason.CESSATION_OF_OPERATION}
    return record.guid


def assert_whole(room: IssuingRoom, application: str, card: VirtualCard) -> None:
    record = room.record(application)
    assert record.state is CardState.PERSONALISED
    assert (card.state.pin.tries, card.state.puk.tries) == (3, 3)
    key = card.state.management_key
    assert key.octets == room.pki.card_secrets.management_key(record.guid, key.algorithm)
    certificates = {
        room.store.ledger.find(known.issuer_key_id, known.serial) for known in record.keys
    }
    assert len(certificates) == len(record.keys)
    for entry in certificates:
        assert entry is not None
        assert entry.revocation is not None
        assert entry.revocation.reason is RevocationReason.CERTIFICATE_HOLD
    assert shows_a_valid_chuid(card)


def tear_and_retry(
    at: int,
    tear: Tear,
    algorithm: Algorithm,
    options: CardOptions,
    keys: tuple[KeyPlan, ...],
    same_jobs: tuple[bool, ...] = (True, False),
) -> None:
    for same_job in same_jobs:
        room = IssuingRoom()
        application = room.application()
        card = blank(algorithm, options)
        job = room.job(room.order(application, keys))
        assert room.run(job, TornCard(card, at, tear)) is CardState.TORN
        first = assert_worthless(room, application)
        assert min(card.state.pin.tries, card.state.puk.tries) >= 2
        if same_job:
            assert room.run(job, card) is CardState.PERSONALISED
            assert room.record(application).guid == first
        else:
            known = card.state.objects.get(ObjectTag.CHUID)
            application = room.application()
            assert room.run(room.job(room.order(application, keys)), card) is CardState.PERSONALISED
            # the torn record can never be finished any more, if the card had ever shown it
            state = room.store.cards[first].state
            assert state is (CardState.SPOILED if known else CardState.TORN)
        assert_whole(room, application, card)


@pytest.mark.parametrize("tear", list(Tear))
def test_torn_at_every_apdu(tear: Tear) -> None:
    for at in range(1, count_apdus(Algorithm.TDES, SHORT) + 1):
        # before one APDU or after the last, the card is the same: half of them may do
        same_jobs = (True, False) if tear is Tear.AFTER else (at % 2 == 0,)
        tear_and_retry(at, tear, Algorithm.TDES, SHORT, P256_KEYS, same_jobs)


def test_torn_cards_of_another_make() -> None:
    for at in range(1, count_apdus(Algorithm.AES_192, OPENFIPS) + 1):
        same_jobs = (at % 2 == 0,)
        tear_and_retry(at, Tear.AFTER, Algorithm.AES_192, OPENFIPS, P256_KEYS, same_jobs)


def test_torn_rsa_cards() -> None:
    total = count_apdus(Algorithm.TDES, YUBICO, RSA_KEYS)
    for at in (total // 2, total - 10):
        tear_and_retry(at, Tear.AFTER, Algorithm.TDES, YUBICO, RSA_KEYS)


tears = st.tuples(st.integers(1, 95), st.sampled_from(Tear), st.booleans())


@settings(max_examples=60, deadline=None)
@given(st.lists(tears, min_size=2, max_size=4))
def test_torn_again_and_again(story: list[tuple[int, Tear, bool]]) -> None:
    room = IssuingRoom()
    card = blank(Algorithm.AES_192)
    application = room.application()
    for at, tear, other_job in story:
        if other_job:
            application = room.application()
        state = room.run(room.job(room.order(application)), TornCard(card, at, tear))
        assert min(card.state.pin.tries, card.state.puk.tries) >= 1
        if state is CardState.PERSONALISED:
            return
        assert_worthless(room, application)
    assert room.run(room.job(room.order(application)), card) is CardState.PERSONALISED
    assert_whole(room, application, card)
