"""Subjects and issuers: Vietnamese names as UTF8String in NFC (RFC 5280 section 4.1.2.4)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from cryptography import x509
from cryptography.x509.oid import NameOID

from cardsvc.errors import ReasonCode, VaultError
from keys.profiles import SubjectRules

ATTRIBUTE_OID = {
    "country": NameOID.COUNTRY_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizational_unit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "common_name": NameOID.COMMON_NAME,
    "title": NameOID.TITLE,
    "serial_number": NameOID.SERIAL_NUMBER,
}
UPPER_BOUND = 64
"""Characters: ub-common-name, ub-organization-name, ub-organizational-unit-name, ub-title,
ub-serial-number are all 64 (RFC 5280 appendix A.1)."""

_PRINTABLE = re.compile(r"[A-Za-z0-9 '()+,./:=?-]+")
"""PrintableString (X.680 section 41.4), which countryName and serialNumber are made of."""
_PERSONAL_NUMBER = re.compile(r"(?<![0-9A-Za-z-])(?:\d{12}|\d{9})(?![0-9A-Za-z-])")
"""A citizen's number of 12 digits, or the old one of 9, standing alone."""


def build_name(attributes: Iterable[tuple[str, str]], rules: SubjectRules) -> x509.Name:
    """Build a name from attributes, in their order, by a profile's rules.

    Raises:
        VaultError: PROFILE_VIOLATED for an attribute that is missing, repeated or not allowed,
            and for a value that is empty, too long, not NFC, or holds a personal number.
    """
    pairs = list(attributes)
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise VaultError(ReasonCode.PROFILE_VIOLATED, "a subject attribute stands twice")
    if set(names) - rules.allowed:
        raise VaultError(ReasonCode.PROFILE_VIOLATED, "a subject attribute is not allowed")
    if rules.required - set(names):
        raise VaultError(ReasonCode.PROFILE_VIOLATED, "a subject attribute is missing")
    return x509.Name([_attribute(name, value) for name, value in pairs])


def _attribute(name: str, value: str) -> x509.NameAttribute[str]:
    if not 0 < len(value) <= UPPER_BOUND:
        raise VaultError(ReasonCode.PROFILE_VIOLATED, f"{name} has 1 to 64 characters")
    if not unicodedata.is_normalized("NFC", value) or value != value.strip():
        raise VaultError(ReasonCode.PROFILE_VIOLATED, f"{name} is not in NFC, or is padded")
    if any(unicodedata.category(character)[0] == "C" for character in value):
        raise VaultError(ReasonCode.PROFILE_VIOLATED, f"{name} holds a control character")
    if _PERSONAL_NUMBER.search(unicodedata.normalize("NFKC", value)):
        raise VaultError(ReasonCode.PROFILE_VIOLATED, f"{name} holds a personal number")
    if name in {"country", "serial_number"} and not _PRINTABLE.fullmatch(value):
        raise VaultError(ReasonCode.PROFILE_VIOLATED, f"{name} is a PrintableString")
    try:
        return x509.NameAttribute(ATTRIBUTE_OID[name], value)
    except ValueError as error:
        raise VaultError(ReasonCode.PROFILE_VIOLATED, f"{name} is not well formed") from error
