"""Certificate profiles as data: what a certificate of each kind must and may hold.

The files are ``profile_data/NAME.toml``. They are read strictly: an unknown or missing entry is
an error at start, not a certificate without an extension.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, unique
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from cryptography.x509 import ObjectIdentifier

from cardsvc.card.piv import Algorithm
from cardsvc.errors import ReasonCode, VaultError
from cardsvc.terms import CardType


@unique
class ProfileRole(StrEnum):
    """Who may ask for it: an RA only for cards, the ceremony for the rest."""

    CARD = "card"
    SIGNER = "signer"
    AUTHORITY = "authority"


KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
"""Bits of keyUsage (RFC 5280 section 4.2.1.3), by cryptography's names."""

ANY_CARD_TYPE = "any"
SUBJECT_ATTRIBUTES = frozenset(
    {
        "country",
        "organization",
        "organizational_unit",
        "common_name",
        "title",
        "serial_number",
    }
)


@dataclass(frozen=True, slots=True)
class SubjectRules:
    """Attributes a subject must and may have; nothing else, and none twice."""

    required: frozenset[str]
    allowed: frozenset[str]


@dataclass(frozen=True, slots=True)
class CertificateProfile:
    """One kind of certificate (RFC 5280 section 4).

    Args:
        name: the file's name.
        title: for people.
        role: who may ask for it.
        max_validity: notAfter is at most this long after issuance.
        algorithms: of the certified key.
        path_length: pathLenConstraint of an authority; None for end entities, whose
            basicConstraints is left out.
        key_usage: bits for EC keys, and for RSA where ``key_usage_rsa`` is not given.
        key_usage_rsa: bits for RSA keys.
        extended_key_usage: purposes, in order; empty for none.
        extended_key_usage_critical: whether verifiers must know them.
        guid_in_subject_alternative_name: ``urn:uuid:<GUID>`` as URI, and nothing else.
        subject_key_identifier: whether it is there.
        authority_key_identifier: whether it is there; only the root goes without.
        ocsp_no_check: id-pkix-ocsp-nocheck (RFC 6960 section 4.2.2.2.1).
        status_pointers: CRL and OCSP addresses, where the service publishes any.
        subjects: the rules by card type, or under ``any``.
    """

    name: str
    title: str
    role: ProfileRole
    max_validity: timedelta
    algorithms: frozenset[Algorithm]
    path_length: int | None
    key_usage: frozenset[str]
    key_usage_rsa: frozenset[str]
    extended_key_usage: tuple[ObjectIdentifier, ...]
    extended_key_usage_critical: bool
    guid_in_subject_alternative_name: bool
    subject_key_identifier: bool
    authority_key_identifier: bool
    ocsp_no_check: bool
    status_pointers: bool
    subjects: Mapping[str, SubjectRules]

    @property
    def is_authority(self) -> bool:
        """True for a CA's certificate."""
        return self.role is ProfileRole.AUTHORITY

    def usage_of(self, algorithm: Algorithm) -> frozenset[str]:
        """Return the keyUsage bits for a key of an algorithm."""
        return self.key_usage_rsa if algorithm.is_rsa else self.key_usage

    def subject_rules(self, card_type: CardType | None) -> SubjectRules:
        """Return the rules for a card type.

        Raises:
            VaultError: PROFILE_VIOLATED where the profile is not for such cards.
        """
        rules = self.subjects.get(card_type.value if card_type else ANY_CARD_TYPE)
        if rules is None:
            raise VaultError(ReasonCode.PROFILE_VIOLATED, "the profile is not for this card type")
        return rules


def parse_profile(name: str, text: str) -> CertificateProfile:
    """Parse a profile file.

    Raises:
        VaultError: PROFILE_UNKNOWN for anything but a complete, known profile.
    """
    try:
        return _build(name, tomllib.loads(text))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise VaultError(
            ReasonCode.PROFILE_UNKNOWN, f"profile {name} is not well formed: {error}"
        ) from error


@cache
def load_profiles() -> Mapping[str, CertificateProfile]:
    """Return the profiles that come with the package, by name."""
    folder = resources.files("keys").joinpath("profile_data")
    found = {
        entry.name.removesuffix(".toml"): entry.read_text("utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }
    return MappingProxyType({name: parse_profile(name, text) for name, text in found.items()})


def require_profile(profiles: Mapping[str, CertificateProfile], name: str) -> CertificateProfile:
    """Return a profile by name.

    Raises:
        VaultError: PROFILE_UNKNOWN.
    """
    try:
        return profiles[name]
    except KeyError as error:
        raise VaultError(ReasonCode.PROFILE_UNKNOWN, "no such certificate profile") from error


def _build(name: str, data: dict[str, Any]) -> CertificateProfile:
    constraints = data.pop("basic_constraints", None)
    role = ProfileRole(data.pop("role"))
    if (constraints is not None) is not (role is ProfileRole.AUTHORITY):
        msg = "basic_constraints belongs to authorities, and to all of them"
        raise ValueError(msg)
    if constraints is not None and constraints.pop("ca") is not True:
        msg = "an authority has ca = true"
        raise ValueError(msg)
    usage = _usages(data.pop("key_usage"))
    usage_rsa = data.pop("key_usage_rsa", None)
    profile = CertificateProfile(
        name=name,
        title=str(data.pop("title")),
        role=role,
        max_validity=timedelta(days=int(data.pop("max_days"))),
        algorithms=frozenset(Algorithm[known] for known in data.pop("algorithms")),
        path_length=int(constraints.pop("path_length")) if constraints else None,
        key_usage=usage,
        key_usage_rsa=usage if usage_rsa is None else _usages(usage_rsa),
        extended_key_usage=tuple(
            ObjectIdentifier(dotted) for dotted in data.pop("extended_key_usage", ())
        ),
        extended_key_usage_critical=_flag(data, "extended_key_usage_critical"),
        guid_in_subject_alternative_name=_flag(data, "guid_in_subject_alternative_name"),
        subject_key_identifier=_flag(data, "subject_key_identifier"),
        authority_key_identifier=_flag(data, "authority_key_identifier", default=True),
        ocsp_no_check=_flag(data, "ocsp_no_check"),
        status_pointers=_flag(data, "status_pointers"),
        subjects=MappingProxyType(
            {kind: _rules(kind, rules) for kind, rules in data.pop("subject").items()}
        ),
    )
    if data or constraints:
        msg = f"unknown entries {sorted(data | (constraints or {}))}"
        raise ValueError(msg)
    return profile


def _usages(names: list[str]) -> frozenset[str]:
    unknown = set(names) - set(KEY_USAGES)
    if unknown or not names:
        msg = f"unknown key usages {sorted(unknown)}"
        raise ValueError(msg)
    return frozenset(names)


def _flag(data: dict[str, Any], name: str, *, default: bool = False) -> bool:
    value = data.pop(name, default)
    if not isinstance(value, bool):
        msg = f"{name} is true or false"
        raise TypeError(msg)
    return value


def _rules(kind: str, data: dict[str, list[str]]) -> SubjectRules:
    if kind != ANY_CARD_TYPE:
        CardType(kind)
    required = frozenset(data.get("required", ()))
    allowed = required | frozenset(data.get("allowed", ()))
    if set(data) - {"required", "allowed"} or allowed - SUBJECT_ATTRIBUTES:
        msg = f"unknown subject rules for {kind}"
        raise ValueError(msg)
    return SubjectRules(required, allowed)
