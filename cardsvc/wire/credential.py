"""The credential that a card's face bears as a QR code: an identity, signed, readable offline.

Spec: MOSIP "169 - QR Code Specifications" 1.1.0 (CWT claim 169, IANA CWT registry), a CWT of
RFC 8392 in COSE_Sign1 of RFC 9052 section 4.2, compressed by zlib (RFC 1950) and written in
Base45 (RFC 9285). Whoever holds the picture of it holds a copy: it authenticates nobody.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn, TypeVar

from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.names import PersonName
from cardsvc.terms import CardType, Realm
from cardsvc.wire.base45 import encode_base45, parse_base45
from cardsvc.wire.cbor import CborKey, CborValue, Tagged, encode_cbor, parse_cbor

TAG_COSE_SIGN1 = 18
"""RFC 9052 section 2, table 1."""
TAG_CWT = 61
"""RFC 8392 section 6; may stand around COSE's."""
_HEADER_ALGORITHM, _HEADER_CRITICAL, _HEADER_KEY_ID = 1, 2, 4
"""RFC 9052 section 3.1, table 3."""
ALGORITHM_ES256 = -7
"""ECDSA with SHA-256 (RFC 9053 section 2.1); no other is ever accepted."""
ES256_SIGNATURE_OCTETS = 64
KEY_ID_OCTETS = 8
"""Enough to tell an issuer's few keys apart; a QR code has no room for a whole thumbprint."""

_ISSUER, _EXPIRES, _ISSUED, _IDENTITY = 1, 4, 6, 169
"""CWT claims (RFC 8392 section 4; IANA CWT registry)."""
_CARD_TYPE = -65537
"""Our own claim, from the range for private use (RFC 8392 section 9.1)."""
_IDENTITY_ID, _IDENTITY_NAME = 1, 4
"""Attributes of claim 169 (section 3): a unique identifier, the full name."""
_CARD_TYPES = {CardType.CIVIL_SERVANT: 1, CardType.INDIVIDUAL: 2, CardType.BUSINESS: 3}

_Kind = TypeVar("_Kind", int, str)

MAX_TOKEN_OCTETS = 4096
"""More than any QR code holds (ISO/IEC 18004: 2953 octets in version 40-L); stops zip bombs."""
MAX_TEXT_CHARACTERS = 4296
"""The alphanumeric capacity of version 40-L."""


def credential_issuer(issuer: str, realm: Realm) -> str:
    """Return our name in credentials of a realm: who checks true cards knows no test card's."""
    return issuer if realm is Realm.PRODUCTION else f"{issuer}/{realm.value}"


@dataclass(frozen=True, slots=True)
class CardCredential:
    """What the credential says.

    Args:
        issuer: the issuer's name.
        guid: the card.
        full_name: the holder's name as printed, NFC.
        card_type: what the card was issued as.
        issued_at: when it was signed, to the second.
        expires_at: the card's last instant, to the second.
    """

    issuer: str
    guid: CardGuid
    full_name: str
    card_type: CardType
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """A COSE_Sign1 as received; nothing in it is trusted before its signature is checked.

    Args:
        protected: the protected header as received, an octet string.
        key_id: names the key; 8 octets of ours.
        payload: the claims as received.
        signature: r and s, 64 octets.
    """

    protected: bytes
    key_id: bytes
    payload: bytes
    signature: bytes

    @property
    def signed_octets(self) -> bytes:
        """What the signature covers, over the octets as received (RFC 9052 section 4.4)."""
        return signature_structure(self.protected, self.payload)


def protected_header() -> bytes:
    """Return the protected header: ES256 and nothing else."""
    return encode_cbor({_HEADER_ALGORITHM: ALGORITHM_ES256})


def signature_structure(protected: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure of a COSE_Sign1 without external data (RFC 9052 section 4.4)."""
    return encode_cbor(("Signature1", protected, b"", payload))


def encode_token(payload: bytes, key_id: bytes, signature: bytes) -> str:
    """Return the text of the QR code: COSE_Sign1, zlib, Base45.

    Args:
        payload: the signed claims.
        key_id: 8 octets.
        signature: r and s, 64 octets.
    """
    unprotected: dict[CborKey, CborValue] = {_HEADER_KEY_ID: key_id}
    parts = (protected_header(), unprotected, payload, signature)
    return encode_base45(zlib.compress(encode_cbor(Tagged(TAG_COSE_SIGN1, parts)), 9))


def parse_token(text: str) -> UnverifiedToken:
    """Parse the text of a QR code.

    Raises:
        Malformed: MALFORMED_CREDENTIAL; not Base45, zlib or COSE_Sign1, another algorithm than
            ES256, a critical header, or octets left over.
    """
    value = parse_cbor(_inflate(parse_base45(text)) if len(text) <= MAX_TEXT_CHARACTERS else b"")
    if isinstance(value, Tagged) and value.tag == TAG_CWT:
        value = value.value
    if not isinstance(value, Tagged) or value.tag != TAG_COSE_SIGN1:
        _refuse("not a COSE_Sign1")
    if not isinstance(value.value, tuple) or len(value.value) != 4:
        _refuse("a COSE_Sign1 has four parts")
    protected, unprotected, payload, signature = value.value
    if not (
        isinstance(protected, bytes)
        and isinstance(unprotected, dict)
        and isinstance(payload, bytes)
        and isinstance(signature, bytes)
        and len(signature) == ES256_SIGNATURE_OCTETS
    ):
        _refuse("a part of the COSE_Sign1 is of another kind")
    header = parse_cbor(protected)
    if not isinstance(header, dict) or header.get(_HEADER_ALGORITHM) != ALGORITHM_ES256:
        _refuse("not signed by ES256")
    # a label may stand in one of the two headers only (RFC 9052 section 3)
    if header.keys() & unprotected.keys() or {_HEADER_CRITICAL} & (header | unprotected).keys():
        _refuse("a header stands twice, or is critical")
    key_id = (header | unprotected).get(_HEADER_KEY_ID)
    if not isinstance(key_id, bytes):
        _refuse("the key is not named")
    return UnverifiedToken(protected, key_id, payload, signature)


def encode_claims(credential: CardCredential) -> bytes:
    """Return the payload: a CWT claims set with claim 169."""
    return encode_cbor(
        {
            _ISSUER: credential.issuer,
            _EXPIRES: int(credential.expires_at.timestamp()),
            _ISSUED: int(credential.issued_at.timestamp()),
            _IDENTITY: {
                _IDENTITY_ID: str(credential.guid),
                _IDENTITY_NAME: credential.full_name,
            },
            _CARD_TYPE: _CARD_TYPES[credential.card_type],
        }
    )


def parse_claims(payload: bytes) -> CardCredential:
    """Parse a payload of ours; claims that we don't write are passed over.

    Raises:
        Malformed: MALFORMED_CREDENTIAL; not CBOR, or a claim missing or of another form.
    """
    claims = parse_cbor(payload)
    if not isinstance(claims, dict):
        _refuse("the claims are no map")
    identity = claims.get(_IDENTITY)
    if not isinstance(identity, dict):
        _refuse("there is no claim 169")
    number = _typed(claims, _CARD_TYPE, int)
    found = [kind for kind, one in _CARD_TYPES.items() if one == number]
    if not found:
        _refuse("an unknown card type")
    try:
        guid = CardGuid.parse(_typed(identity, _IDENTITY_ID, str))
        name = PersonName(_typed(identity, _IDENTITY_NAME, str)).value
    except Malformed as error:
        raise Malformed(ReasonCode.MALFORMED_CREDENTIAL, str(error)) from error
    return CardCredential(
        issuer=_typed(claims, _ISSUER, str),
        guid=guid,
        full_name=name,
        card_type=found[0],
        issued_at=_instant(claims, _ISSUED),
        expires_at=_instant(claims, _EXPIRES),
    )


def _inflate(octets: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        inflated = stream.decompress(octets, MAX_TOKEN_OCTETS)
    except zlib.error:
        _refuse("not zlib")
    if not stream.eof or stream.unused_data:
        _refuse("too long, cut short, or octets after the end")
    return inflated


def _typed(claims: dict[CborKey, CborValue], name: int, kind: type[_Kind]) -> _Kind:
    value = claims.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        _refuse(f"claim {name} is missing or of another kind")
    return value


def _instant(claims: dict[CborKey, CborValue], name: int) -> datetime:
    try:
        return datetime.fromtimestamp(_typed(claims, name, int), UTC)
    except (OverflowError, OSError, ValueError) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed(ReasonCode.MALFORMED_CREDENTIAL, "no such instant") from error


def _refuse(what: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_CREDENTIAL, what)
