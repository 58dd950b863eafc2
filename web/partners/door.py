"""Lets partners' requests in: whose token it is, what it opens."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.partner_records import PartnerCaller, Scope
from web.partners.ports import TokenBook
from web.partners.token_desk import ACCESS_TOKEN_PREFIX


class NotLetIn(CardsvcError):
    """The token is nobody's, or has ended."""

    def __init__(self) -> None:
        super().__init__(ReasonCode.ACCESS_DENIED, "no valid bearer token")


class ScopeMissing(CardsvcError):
    """The token is good, but not for this."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(ReasonCode.SCOPE_MISSING, f"the token does not open {scope.value}")
        self.scope = scope


class PartnerDoor:
    """Lets requests in.

    Args:
        tokens: knows tokens.
    """

    def __init__(self, tokens: TokenBook) -> None:
        self._tokens = tokens

    def enter(
        self, token: str, scope: Scope, certificate_sha256: str, at: datetime
    ) -> PartnerCaller:
        """Return who calls.

        Args:
            token: the bearer token, as it came.
            scope: what the endpoint is about.
            certificate_sha256: of the TLS client certificate, or empty.
            at: the instant.

        Raises:
            NotLetIn: nobody's token, or bound to another certificate (RFC 8705 section 3).
            ScopeMissing: a token for something else.
        """
        digest = hashlib.sha256(token.encode()).digest()
        if token.startswith(ACCESS_TOKEN_PREFIX):
            caller = self._tokens.caller(digest, at)
        else:
            caller = self._tokens.caller_by_lasting_token(digest)
        if caller is None:
            raise NotLetIn
        bound = caller.certificate_sha256
        if bound and not hmac.compare_digest(bound, certificate_sha256):
            raise NotLetIn
        if scope not in caller.scopes:
            raise ScopeMissing(scope)
        return caller
