"""E-mail addresses, as far as the ones that people in an office have."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.masking import BULLET

MAX_LENGTH = 254
"""RFC 5321 section 4.5.3.1.3: a path has 256 octets, two of them the angle brackets."""

_MAX_LOCAL_LENGTH = 64
"""RFC 5321 section 4.5.3.1.1."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_FORM = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@{_LABEL}(?:\.{_LABEL})+")


@dataclass(frozen=True, slots=True, repr=False)
class EmailAddress:
    """A mailbox (RFC 5321 section 4.1.2) with a dot-string and a domain name, lower-case domain.

    Quoted local parts, address literals and addresses beyond ASCII (RFC 6531) are refused: no
    mail server of an office hands them out. Prints itself masked.
    """

    value: str

    def __post_init__(self) -> None:
        form = _FORM.fullmatch(self.value) if len(self.value) <= MAX_LENGTH else None
        if form is None or len(form["local"]) > _MAX_LOCAL_LENGTH:
            raise Malformed(ReasonCode.MALFORMED_EMAIL_ADDRESS, "not an e-mail address")

    @classmethod
    def parse(cls, text: str) -> EmailAddress:
        """Parse an address as typed: spaces around it are dropped, the domain is lower-cased.

        Raises:
            Malformed: anything but ``local@domain.name`` in ASCII.
        """
        if len(text) > 2 * MAX_LENGTH:
            raise Malformed(ReasonCode.MALFORMED_EMAIL_ADDRESS, "the address is too long")
        local, at, domain = text.strip().rpartition("@")
        return cls(local + at + domain.lower())

    @property
    def masked(self) -> str:
        """The first letter and the domain: ``k•••••@hue.gov.vn``."""
        local, at, domain = self.value.rpartition("@")
        return local[0] + BULLET * 5 + at + domain

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"EmailAddress({self.masked})"
