"""Whatever a card answers, recovery gives keys under which that answer holds, or none."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card.challenge_response import is_signed_by
from cardsvc.card.key_recovery import recover_public_keys
from cardsvc.card.piv import Algorithm
from reader_agent.known_cards import KnownCards

ORDER = ec.SECP256R1().group_order
NUMBERS = st.integers(0, ORDER + 1) | st.sampled_from([0, 1, ORDER - 1, ORDER])
ANSWERS = st.builds(encode_dss_signature, NUMBERS, NUMBERS) | st.binary(max_size=80)


@settings(max_examples=100, deadline=None)
@given(ANSWERS, st.binary(max_size=80), st.sampled_from(Algorithm))
def test_junk_leads_to_keys_of_its_own_or_to_none(
    answer: bytes, message: bytes, algorithm: Algorithm
) -> None:
    found = recover_public_keys(algorithm, answer, message)
    assert len(found) <= 2
    assert all(is_signed_by(key, answer, message) for key in found)
    assert KnownCards().find(algorithm, answer, message) is None


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200), st.binary(min_size=1, max_size=20))
def test_the_signer_is_found_by_its_message_alone(message: bytes, more: bytes) -> None:
    signer = ec.generate_private_key(ec.SECP256R1())
    signature = signer.sign(message, ec.ECDSA(hashes.SHA256()))
    assert signer.public_key() in recover_public_keys(Algorithm.ECC_P256, signature, message)
    other = recover_public_keys(Algorithm.ECC_P256, signature, message + more)
    assert signer.public_key() not in other


def test_both_forms_of_a_signature_leave_the_same_keys() -> None:
    signer = ec.generate_private_key(ec.SECP256R1())
    r, s = decode_dss_signature(signature := signer.sign(b"m", ec.ECDSA(hashes.SHA256())))
    twisted = encode_dss_signature(r, ORDER - s)
    one, two = (
        recover_public_keys(Algorithm.ECC_P256, form, b"m") for form in (signature, twisted)
    )
    assert {key.public_numbers() for key in one} == {key.public_numbers() for key in two}


@pytest.mark.parametrize("algorithm", [Algorithm.RSA_2048, Algorithm.AES_128])
def test_what_is_of_no_curve_leaves_none(algorithm: Algorithm) -> None:
    assert recover_public_keys(algorithm, b"\x30\x00", b"m") == ()
