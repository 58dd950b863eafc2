"""Drafts of many certificates that differ in a few parts only.

The first of each kind is built by ``cryptography`` and linted in full. The others have its octets
but for serial number, validity, subject, key and the card's name; each is cut into its parts again
by a reader that shares nothing with what put them together, and part by part compared with the
first and with what was ordered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.card import tlv
from cardsvc.card.certificate_parts import CertificateParts, parse_certificate_parts
from cardsvc.card.piv import Algorithm
from cardsvc.errors import Malformed, ReasonCode, VaultError
from keys.assemble import Assembly
from keys.lint import lint, lint_serial, lint_validity

_INTEGER, _BIT_STRING, _SEQUENCE = 0x02, 0x03, 0x30
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_FIRST_GENERALIZED_YEAR = 2050
"""Up to 2049 a date is a UTCTime (RFC 5280 section 4.1.2.5)."""
_NO_UNUSED_BITS = b"\x00"

BuildDraft = Callable[[Assembly], x509.Certificate]


@dataclass(frozen=True, slots=True)
class _Kind:
    """What certificates of one kind have in common."""

    profile: str
    algorithm: Algorithm
    is_named: bool


@dataclass(frozen=True, slots=True)
class _Model:
    """The first of a kind, linted: its parts, and its extensions around the card's name."""

    parts: CertificateParts
    around_name: tuple[bytes, ...]


class _Own(NamedTuple):
    """What a certificate has of its own, besides serial number and dates."""

    subject: bytes
    public_key: bytes
    name: bytes


class DraftSeries:
    """Drafts for one authority's certificates of one chunk.

    Args:
        build: makes the first draft of each kind.
    """

    def __init__(self, build: BuildDraft) -> None:
        self._build = build
        self._models: dict[_Kind, _Model] = {}
        self._validity: dict[tuple[datetime, datetime], bytes] = {}

    def draft(self, assembly: Assembly, algorithm: Algorithm, spki: bytes) -> bytes:
        """Return a linted draft in DER; but for the first of its kind it has no signature.

        Args:
            assembly: what is ordered.
            algorithm: of the key.
            spki: the key's SubjectPublicKeyInfo.

        Raises:
            VaultError: PROFILE_VIOLATED.
        """
        profile, guid = assembly.profile, assembly.guid
        kind = _Kind(profile.name, algorithm, bool(assembly.subject.rdns))
        model = self._models.get(kind)
        if model is None or guid is None or profile.subject_key_identifier:
            return self._first(kind, assembly)
        own = _Own(assembly.subject.public_bytes(), spki, guid.urn.encode("ascii"))
        der = with_signature(self._fill(model, assembly, own), model.parts.outer_algorithm, b"")
        _lint_like(model, der, assembly, own)
        return der

    def _first(self, kind: _Kind, assembly: Assembly) -> bytes:
        draft = self._build(assembly)
        lint(draft, assembly.profile, issuer_key_id=assembly.issuer_key_id, guid=assembly.guid)
        der = draft.public_bytes(Encoding.DER)
        parts = parse_certificate_parts(der)
        if assembly.guid is not None:
            name = assembly.guid.urn.encode("ascii")
            self._models[kind] = _Model(parts, tuple(parts.extensions.split(name)))
        return der

    def _fill(self, model: _Model, assembly: Assembly, own: _Own) -> bytes:
        parts, dates = model.parts, (assembly.not_before, assembly.not_after)
        validity = self._validity.get(dates)
        if validity is None:
            validity = self._validity[dates] = _encode_validity(*dates)
        content = b"".join(
            (
                parts.version,
                _encode_serial(assembly.serial),
                parts.algorithm,
                parts.issuer,
                validity,
                own.subject,
                own.public_key,
                own.name.join(model.around_name),
            )
        )
        return tlv.encode(_SEQUENCE, content)


def with_signature(signed: bytes, algorithm: bytes, signature_der: bytes) -> bytes:
    """Return the certificate of its parts in DER (RFC 5280 section 4.1)."""
    signature = tlv.encode(_BIT_STRING, _NO_UNUSED_BITS + signature_der)
    return tlv.encode(_SEQUENCE, signed + algorithm + signature)


def _lint_like(model: _Model, der: bytes, assembly: Assembly, own: _Own) -> None:
    """Check a draft against the first of its kind and against what was ordered."""
    try:
        parts = parse_certificate_parts(der)
        read = x509.load_der_x509_certificate(der)
        lint_serial(read)
        lint_validity(read, assembly.profile)
    except (Malformed, ValueError) as error:
        raise VaultError(ReasonCode.PROFILE_VIOLATED, "the draft can't be read") from error
    like = model.parts
    if (
        (parts.version, parts.algorithm, parts.issuer, parts.outer_algorithm)
        != (like.version, like.algorithm, like.issuer, like.outer_algorithm)
        or tuple(parts.extensions.split(own.name)) != model.around_name
        or (parts.subject, parts.public_key) != (own.subject, own.public_key)
        or read.serial_number != assembly.serial
        or read.not_valid_before_utc != assembly.not_before
        or read.not_valid_after_utc != assembly.not_after
    ):
        raise VaultError(ReasonCode.PROFILE_VIOLATED, "the draft is not what was ordered")


def _encode_serial(serial: int) -> bytes:
    return tlv.encode(_INTEGER, serial.to_bytes(serial.bit_length() // 8 + 1, "big"))


def _encode_validity(not_before: datetime, not_after: datetime) -> bytes:
    return tlv.encode(_SEQUENCE, _encode_time(not_before) + _encode_time(not_after))


def _encode_time(at: datetime) -> bytes:
    if at.year < _FIRST_GENERALIZED_YEAR:
        return tlv.encode(_UTC_TIME, f"{at:%y%m%d%H%M%SZ}".encode("ascii"))
    return tlv.encode(_GENERALIZED_TIME, f"{at:%Y%m%d%H%M%SZ}".encode("ascii"))
