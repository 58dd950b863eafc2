"""Settings as they travel: signed, for one agent, numbered, so that no older ones come back.

They have no end: an agent works by its last ones for as long as it has no others.
Spec: as ``cardsvc.wire.signed_claims`` has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from cardsvc.errors import Malformed, ReasonCode, VerificationError
from cardsvc.wire.fields import Fields, encode_octets
from cardsvc.wire.signed_claims import SignedKind, verify_signed_claims
from verification.agent_settings.text import MAX_SETTINGS_OCTETS

SETTINGS_TYPE = "cardsvc-agent-settings+jwt"
MAX_TOKEN_CHARACTERS = 60_000
MAX_SEQ = 2**31 - 1
_SETTINGS = SignedKind(
    SETTINGS_TYPE,
    MAX_TOKEN_CHARACTERS,
    malformed=ReasonCode.SETTINGS_REFUSED,
    bad_signature=ReasonCode.SETTINGS_REFUSED,
)


@dataclass(frozen=True, slots=True)
class SignedSettings:
    """What is signed.

    Args:
        agent: whose settings.
        seq: grows with every version of them.
        made_at: when an administrator made this one.
        text: TOML; not parsed yet.
    """

    agent: str
    seq: int
    made_at: datetime
    text: str

    def claims(self) -> dict[str, Any]:
        """Return the claims to be signed."""
        return {
            "sub": self.agent,
            "seq": self.seq,
            "iat": int(self.made_at.timestamp()),
            "toml": encode_octets(self.text.encode()),
        }


def verify_settings(
    token: str, key_set: Mapping[str, Any], *, expected_agent: str | None, least_seq: int
) -> SignedSettings:
    """Verify that the service made these settings, for us, and none later that we have seen.

    Args:
        token: as it came.
        key_set: the service's keys that we trust, as JWK set.
        expected_agent: who we are; None for an agent that has never been told.
        least_seq: the greatest number that was ever taken here.

    Raises:
        VerificationError: SETTINGS_REFUSED, nobody's whom we trust, or another agent's;
            SETTINGS_ROLLED_BACK, an older number.
    """
    signed = _parsed(token, key_set)
    if expected_agent is not None and signed.agent != expected_agent:
        _refuse("for another agent")
    if signed.seq < least_seq:
        raise VerificationError(ReasonCode.SETTINGS_ROLLED_BACK, "an older number")
    return signed


def _parsed(token: str, key_set: Mapping[str, Any]) -> SignedSettings:
    try:
        claims = verify_signed_claims(token, key_set, _SETTINGS)
        fields = Fields(claims, ("sub", "seq", "iat", "toml"))
        return SignedSettings(
            agent=fields.text("sub"),
            seq=fields.number("seq", least=1, most=MAX_SEQ),
            made_at=fields.second("iat"),
            text=fields.octets("toml", most=MAX_SETTINGS_OCTETS).decode("utf-8"),
        )
    except (Malformed, UnicodeDecodeError) as error:
        raise VerificationError(ReasonCode.SETTINGS_REFUSED, str(error)) from error


def _refuse(what: str) -> NoReturn:
    raise VerificationError(ReasonCode.SETTINGS_REFUSED, what)
