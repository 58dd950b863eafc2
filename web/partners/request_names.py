"""Requests that a partner or an agent gave a name, so that sending one twice does it once.

Spec: draft-ietf-httpapi-idempotency-key-header-07; the header is a structured field, a string
(RFC 9651 section 3.3.3). A plain word without quotes, as many clients send it, is taken as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime

from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.partner_records import KeptAnswer, RequestClaim, RequestName
from web.partners.ports import AnswerBook

_STRING = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"')
_WORD = re.compile(r"[A-Za-z0-9._~:-]{1,255}")
_ESCAPED = re.compile(r"\\(.)")


class RequestRunning(CardsvcError):
    """The same request is being answered now."""

    def __init__(self) -> None:
        super().__init__(ReasonCode.REQUEST_RUNNING, "the same request is being answered")


class KeyReused(CardsvcError):
    """The key was given to another request."""

    def __init__(self) -> None:
        super().__init__(ReasonCode.IDEMPOTENCY_KEY_REUSED, "the key is another request's")


def parse_request_key(value: str) -> str:
    """Parse the header.

    Raises:
        Malformed: MALFORMED_MESSAGE.
    """
    if (quoted := _STRING.fullmatch(value)) is not None:
        return _ESCAPED.sub(r"\1", quoted[1])
    if _WORD.fullmatch(value) is None:
        what = "Idempotency-Key is a string in quotes or a plain word, of 1 to 255 characters"
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, what)
    return value


class NamedRequests:
    """Answers a named request once.

    Args:
        book: keeps answers.
    """

    def __init__(self, book: AnswerBook) -> None:
        self._book = book

    def begin(
        self, caller: str, key: str, parts: Iterable[bytes], at: datetime
    ) -> RequestName | KeptAnswer:
        """Return the request's name where it is to be answered now, or its answer.

        Args:
            caller: whose.
            key: of ``parse_request_key``.
            parts: what makes the request that one: method, address, type, body.
            at: the instant.

        Raises:
            RequestRunning: somebody else is at it.
            KeyReused: the key was given to another request.
        """
        name = caller, hashlib.sha256(key.encode()).digest()
        digest = hashlib.sha256()
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)
        found = self._book.claim(name, digest.digest(), at)
        if isinstance(found, KeptAnswer):
            return found
        if found is RequestClaim.RUNNING:
            raise RequestRunning
        if found is RequestClaim.ANOTHER_REQUEST:
            raise KeyReused
        return name

    def end(self, name: RequestName, status: int, body: bytes) -> None:
        """Keep the answer; a refusal did nothing, so its request may be sent again as it may be."""
        if status >= 400:
            self._book.release(name)
            return
        self._book.conclude(name, KeptAnswer(status, body.decode("utf-8")))
