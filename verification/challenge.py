"""The challenge: who asks, for which service, at which agent, and a nonce used once.

The card signs ``binding_message``; so an answer can't be carried to another relying party,
service or agent, nor used a second time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cardsvc.service_records import NONCE_OCTETS, Challenge
from cardsvc.terms import AssuranceLevel

__all__ = [
    "CHALLENGE_LIFETIME",
    "Challenge",
    "binding_message",
    "message_of",
    "open_challenge",
]

CHALLENGE_LIFETIME = timedelta(seconds=60)
_LABEL = b"cardsvc card presentation v1"


def open_challenge(
    *,
    nonce: bytes,
    relying_party: str,
    service: str,
    agent: str,
    level: AssuranceLevel,
    at: datetime,
) -> Challenge:
    """Return a challenge that lives for 60 seconds from ``at``."""
    if len(nonce) != NONCE_OCTETS:
        msg = f"a nonce has {NONCE_OCTETS} octets"
        raise ValueError(msg)
    return Challenge(nonce, relying_party, service, agent, level, at + CHALLENGE_LIFETIME)


def binding_message(relying_party: str, service: str, agent: str, nonce: bytes) -> bytes:
    """Return the octets that the card's answer covers; the card sees their digest.

    Each part is preceded by its length, so that no two different questions give one message.
    """
    parts = (_LABEL, relying_party.encode(), service.encode(), agent.encode(), nonce)
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def message_of(challenge: Challenge) -> bytes:
    """Return the binding message of a challenge."""
    return binding_message(
        challenge.relying_party, challenge.service, challenge.agent, challenge.nonce
    )
