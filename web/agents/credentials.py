"""What a request shows of the agent that sends it: its device's key, or a token (ADR-0018)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from cardsvc.wire import agent_proof
from web.agents.sign_in import SignedRequest
from web.bearer import parse_bearer, token_sha256


@dataclass(frozen=True, slots=True)
class ShownToken:
    """A bearer token, by its SHA-256."""

    sha256: bytes = field(repr=False)


Shown: TypeAlias = ShownToken | SignedRequest


def shown_by(
    authorization: str, signed: Callable[[str], SignedRequest], *, tokens: bool
) -> Shown | None:
    """Return what a request shows; None for nothing that could open anything.

    Args:
        authorization: the header; empty for none.
        signed: returns the request as a proof has to be about it.
        tokens: whether tokens open anything.
    """
    scheme, _, proof = authorization.partition(" ")
    if scheme.lower() == agent_proof.SCHEME.lower():
        return signed(proof)
    token = parse_bearer(authorization) if tokens else None
    return None if token is None else ShownToken(token_sha256(token))
