"""The command that a door obeys: signed, for one agent, one door and one question, and soon over.

The question's nonce is the agent's own and fresh, so a command can't be kept for later, whatever
the clocks say: who takes it knows when it asked.
Spec: as ``cardsvc.wire.signed_claims`` has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

from cardsvc.errors import Malformed, ReasonCode, VerificationError
from cardsvc.wire.fields import Fields, decode_octets, encode_octets
from cardsvc.wire.signed_claims import SignedKind, verify_signed_claims

ORDER_TYPE = "cardsvc-door-order+jwt"
NONCE_OCTETS = 32
CLOCK_SKEW = timedelta(minutes=5)
"""How far our clock and the service's may be apart; freshness is the nonce's affair."""
MAX_TOKEN_CHARACTERS = 4096
_ORDER = SignedKind(
    ORDER_TYPE,
    MAX_TOKEN_CHARACTERS,
    malformed=ReasonCode.DOOR_ORDER_REFUSED,
    bad_signature=ReasonCode.DOOR_ORDER_REFUSED,
)


@dataclass(frozen=True, slots=True)
class DoorCommand:
    """What is signed.

    Args:
        order: the order's identifier.
        agent: whose door.
        door: which.
        nonce: the agent's question, 32 octets.
        expires_at: from then on it opens nothing.
    """

    order: str
    agent: str
    door: str
    nonce: bytes
    expires_at: datetime

    def claims(self) -> dict[str, Any]:
        """Return the claims to be signed."""
        return {
            "jti": self.order,
            "sub": self.agent,
            "door": self.door,
            "nonce": encode_octets(self.nonce),
            "exp": int(self.expires_at.timestamp()),
        }


def verify_command(
    token: str,
    key_set: Mapping[str, Any],
    *,
    expected_doors: frozenset[str],
    expected_nonce: bytes,
    at: datetime,
) -> DoorCommand:
    """Verify a command that answers our question.

    The agent's name is bound by the nonce: nobody else knows it before the answer.

    Args:
        token: as it came.
        key_set: the service's keys that we trust, as JWK set.
        expected_doors: ours.
        expected_nonce: the one that we sent.
        at: the instant.

    Raises:
        VerificationError: it is not for us, not an answer, late, or nobody's whom we trust
            (DOOR_ORDER_REFUSED).
    """
    command = _command(token, key_set)
    if command.nonce != expected_nonce:
        _refuse("it answers another question")
    if command.door not in expected_doors:
        _refuse("for another door")
    if command.expires_at + CLOCK_SKEW <= at:
        _refuse("it is over")
    return command


def _command(token: str, key_set: Mapping[str, Any]) -> DoorCommand:
    try:
        claims = verify_signed_claims(token, key_set, _ORDER)
        fields = Fields(claims, ("jti", "sub", "door", "nonce", "exp"))
        return DoorCommand(
            order=fields.text("jti", most=64),
            agent=fields.text("sub"),
            door=fields.text("door", most=64),
            nonce=decode_octets(fields.text("nonce"), exactly=NONCE_OCTETS, name="nonce"),
            expires_at=fields.second("exp"),
        )
    except Malformed as error:
        raise VerificationError(ReasonCode.DOOR_ORDER_REFUSED, str(error)) from error


def _refuse(what: str) -> NoReturn:
    raise VerificationError(ReasonCode.DOOR_ORDER_REFUSED, what)
