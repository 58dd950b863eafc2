"""The shortest way through the whole: our client on our card, in process."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.card import challenge_response
from cardsvc.card.piv import Algorithm, KeySlot, ObjectTag
from cardsvc.card.session import PivSession
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import CardOptions, CardState


def test_a_card_is_selected_read_and_signs_short_and_extended() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    photo = bytes(range(256)) * 70
    for short in (True, False):
        state = CardState.factory(options=CardOptions(short_apdus_only=short))
        state.put_key(KeySlot.CARD_AUTHENTICATION, key)
        state.put_object(ObjectTag.FACIAL_IMAGE, photo)
        session = PivSession(connect_in_process(VirtualCard(state)), extended=not short)
        assert session.select().label
        signature = session.sign_message(
            Algorithm.ECC_P256, KeySlot.CARD_AUTHENTICATION, b"a bound challenge"
        )
        assert challenge_response.is_signed_by(key.public_key(), signature, b"a bound challenge")
        session.verify_pin("123456")
        assert session.read_object(ObjectTag.FACIAL_IMAGE) == photo
        session.close()
