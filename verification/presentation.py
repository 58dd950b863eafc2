"""What an agent brings back from a tap. Nothing in it is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cardsvc.card.piv import KeySlot, ObjectTag


class Brought(Protocol):
    """What a decision is about, as far as its record tells of who brought it."""

    @property
    def agent(self) -> str:
        """The agent, or the partner's reader."""
        ...

    @property
    def request_id(self) -> str | None:
        """The name of the request, for who asks about it later."""
        ...


@dataclass(frozen=True, slots=True)
class UnverifiedPresentation:
    """The card's octets and its answers to one challenge.

    Args:
        nonce: the challenge's nonce.
        agent: the agent as it authenticated itself to us (this one is known, not claimed).
        objects: contents of the objects read, as they stood inside tag 53.
        proofs: signatures over the binding message, by slot (9E; 9A behind the PIN).
        asked: the attributes that the partner asks for; None for all that the policy allows it.
        consent: names the text that the holder was shown and agreed to; None where none was.
        request_id: the name of the request that brought it; None at an agent that decides alone.
    """

    nonce: bytes
    agent: str
    objects: Mapping[ObjectTag, bytes] = field(default_factory=dict, repr=False)
    proofs: Mapping[KeySlot, bytes] = field(default_factory=dict)
    asked: tuple[str, ...] | None = None
    consent: str | None = None
    request_id: str | None = None
