"""Keys that no card of the specification has, and cards that dodge the challenge."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from cardsvc.card.certificate_object import encode_certificate_object
from cardsvc.card.piv import CERTIFICATE_OBJECT, Ins, KeySlot
from cardsvc.errors import ReasonCode
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from tests.support.personas import (
    CountingConnection,
    content,
    failures,
    inspect_connection,
    inspect_state,
)
from verification.inspection.report import Mode

SLOT_9E = KeySlot.CARD_AUTHENTICATION


def _with_certificate_for(key, slot: KeySlot = SLOT_9E):
    made = content()
    state = made.state()
    certificate = made.certificate(slot, key)
    state.put_object(CERTIFICATE_OBJECT[slot], encode_certificate_object(certificate))
    return state


@pytest.mark.reason(ReasonCode.WEAK_ALGORITHM)
@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 1024), rsa.generate_private_key(3, 2048)]
)
def test_a_weak_rsa_key(key) -> None:
    found = failures(inspect_state(_with_certificate_for(key), Mode.CAK))
    assert found["9e.algorithm"] is ReasonCode.WEAK_ALGORITHM


@pytest.mark.reason(ReasonCode.UNSUPPORTED_ALGORITHM)
@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP521R1()), ed25519.Ed25519PrivateKey.generate()]
)
def test_an_algorithm_that_no_piv_card_has(key) -> None:
    found = failures(inspect_state(_with_certificate_for(key), Mode.CAK))
    assert found["9e.algorithm"] is ReasonCode.UNSUPPORTED_ALGORITHM
    assert found["9e.key_proof"] is ReasonCode.CARD_KEY_PROOF_FAILED


@pytest.mark.reason(ReasonCode.CARD_KEY_PROOF_FAILED)
def test_a_signature_recorded_once_is_no_proof() -> None:
    state = content().state()
    recorded: list[bytes] = []

    class Replaying(CountingConnection):
        def transmit(self, command: bytes) -> bytes:
            answer = super().transmit(command)
            if command[1] == Ins.GENERAL_AUTHENTICATE:
                recorded.append(answer)
                return recorded[0]
            return answer

    connection = Replaying(connect_in_process(VirtualCard(state)))
    assert failures(inspect_connection(connection, Mode.CAK)) == {}
    again = Replaying(connect_in_process(VirtualCard(state)))
    found = failures(inspect_connection(again, Mode.CAK))
    assert found == {"9e.key_proof": ReasonCode.CARD_KEY_PROOF_FAILED}


@pytest.mark.reason(ReasonCode.CARD_KEY_PROOF_FAILED)
@pytest.mark.parametrize(
    "answer", [b"\x6a\x80", b"\x69\x82", b"\x7c\x02\x82\x00\x90\x00", b"\x90\x00"]
)
def test_a_card_that_does_not_answer_the_challenge(answer: bytes) -> None:
    class Dodging(CountingConnection):
        def transmit(self, command: bytes) -> bytes:
            given = super().transmit(command)
            return answer if command[1] == Ins.GENERAL_AUTHENTICATE else given

    connection = Dodging(connect_in_process(VirtualCard(content().state())))
    found = failures(inspect_connection(connection, Mode.CAK))
    assert found == {"9e.key_proof": ReasonCode.CARD_KEY_PROOF_FAILED}
