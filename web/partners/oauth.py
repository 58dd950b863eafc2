"""Requests and answers of the token endpoint.

Spec: RFC 6749 sections 3.2, 4.4 and 5 (client credentials), RFC 7521 section 4.2, RFC 8705.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Any

from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.partner_records import Scope, encode_scopes, parse_scopes

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GRANT_TYPE = "client_credentials"
_KNOWN = frozenset(
    {"grant_type", "scope", "client_id", "client_assertion", "client_assertion_type"}
)
"""Other parameters are ignored, as section 3.2 has it; ``client_secret`` is refused."""


@unique
class OAuthCode(StrEnum):
    """What a client is told (RFC 6749 section 5.2)."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    INVALID_SCOPE = "invalid_scope"


class OAuthRefusal(CardsvcError):
    """The token endpoint's refusal: a coarse code for the client, the exact reason for the log."""

    def __init__(self, code: OAuthCode, reason: ReasonCode, description: str) -> None:
        super().__init__(reason, description)
        self.code = code
        self.description = description

    @classmethod
    def of_request(cls, description: str) -> OAuthRefusal:
        """Return the refusal of a request that is not as it should be."""
        return cls(OAuthCode.INVALID_REQUEST, ReasonCode.MALFORMED_MESSAGE, description)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return 401 if self.code is OAuthCode.INVALID_CLIENT else 400


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a client asks the token endpoint.

    Args:
        scopes: what it wants opened; None for all that it may.
        client_id: who it says to be, where it says so.
        assertion: what it signed; None where a client certificate has to do.
    """

    scopes: frozenset[Scope] | None
    client_id: str | None = None
    assertion: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, form: Mapping[str, Sequence[str]]) -> TokenRequest:
        """Parse the parameters, each with every value that it was sent with.

        Raises:
            OAuthRefusal: as RFC 6749 section 5.2.
        """
        if "client_secret" in form:
            raise OAuthRefusal.of_request("client_secret is no way to authenticate here")
        values = {name: _once(name, form[name]) for name in _KNOWN & form.keys()}
        # section 3.2: a parameter without a value is as if it were left out
        values = {name: value for name, value in values.items() if value}
        if "grant_type" not in values:
            raise OAuthRefusal.of_request("grant_type is missing")
        if values["grant_type"] != GRANT_TYPE:
            raise OAuthRefusal(
                OAuthCode.UNSUPPORTED_GRANT_TYPE,
                ReasonCode.MALFORMED_MESSAGE,
                f"the one grant type is {GRANT_TYPE}",
            )
        assertion, kind = values.get("client_assertion"), values.get("client_assertion_type")
        if (assertion is None) != (kind is None) or kind not in {None, ASSERTION_TYPE}:
            raise OAuthRefusal.of_request(f"client_assertion goes with the type {ASSERTION_TYPE}")
        scopes = None if "scope" not in values else _scopes(values["scope"])
        return cls(scopes, values.get("client_id"), assertion)


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """An access token as it goes out, once."""

    token: str = field(repr=False)
    lifetime_seconds: int
    scopes: frozenset[Scope]

    def as_object(self) -> dict[str, Any]:
        """Return the members of section 5.1."""
        return {
            "access_token": self.token,
            "token_type": "Bearer",
            "expires_in": self.lifetime_seconds,
            "scope": encode_scopes(self.scopes),
        }


def _once(name: str, values: Sequence[str]) -> str:
    if len(values) != 1:
        raise OAuthRefusal.of_request(f"{name} stands more than once")
    return values[0]


def _scopes(text: str) -> frozenset[Scope]:
    try:
        return parse_scopes(text)
    except Malformed as error:
        raise OAuthRefusal(OAuthCode.INVALID_SCOPE, error.reason, str(error)) from error
