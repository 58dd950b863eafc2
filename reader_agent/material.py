"""Loads trust anchors, intermediates, CRLs and OCSP responses from files and folders.

Every file may be DER, PEM (bundles too), bare base64 or PKCS #7 ("certs only"), whatever its
name; what a file holds is told from its content. A file that is none of these becomes a
warning for the person, never a traceback. Spec: RFC 7468 (PEM), RFC 5280, RFC 6960, RFC 8551.
"""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto, unique
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import ocsp

from cardsvc.card.certificates import UNREADABLE
from cardsvc.errors import Malformed
from verification.path.trust import TrustMaterial, sort_certificates
from verification.status.crl import Crl, parse_crl
from verification.status.ocsp import OcspResponse, parse_ocsp_response
from verification.status.revocation import RevocationMaterial

MAX_FILE_OCTETS = 128 * 1024 * 1024
"""The largest CRLs in the field have some tens of megabytes."""

_PEM_BLOCK = re.compile(
    rb"-----BEGIN (?P<label>[A-Z0-9 ]+)-----(?P<body>.*?)-----END (?P=label)-----", re.DOTALL
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]+")


@unique
class Kind(Enum):
    """What a DER value turned out to be."""

    CERTIFICATE = auto()
    CRL = auto()
    OCSP_RESPONSE = auto()


@dataclass(slots=True)
class Loaded:
    """What the files held, as DER, and what could not be read.

    Args:
        ders: by kind, in the order met.
        warnings: one line for each file or block that is of no kind.
    """

    ders: dict[Kind, list[bytes]] = field(default_factory=lambda: {kind: [] for kind in Kind})
    warnings: list[str] = field(default_factory=list)


def load(place: Path) -> Loaded:
    """Load one file, or every file below a folder, hidden ones left out.

    Raises:
        OSError: the place is not there or can't be listed.
    """
    loaded = Loaded()
    for path in _files(place):
        name = path.name if path == place else str(path.relative_to(place))
        try:
            if path.stat().st_size > MAX_FILE_OCTETS:
                loaded.warnings.append(f"{name}: too large, left out")
                continue
            octets = path.read_bytes()
        except OSError as error:
            loaded.warnings.append(f"{name}: {error.strerror or 'can not be read'}")
            continue
        _load_octets(octets, name, loaded)
    return loaded


def trust_from(loaded: Loaded) -> TrustMaterial:
    """Return the certificates loaded: self-signed ones as anchors, the rest to build with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sort_certificates(
            x509.load_der_x509_certificate(der) for der in loaded.ders[Kind.CERTIFICATE]
        )


def revocation_from(loaded: Sequence[Loaded]) -> tuple[RevocationMaterial, list[str]]:
    """Return the CRLs and OCSP responses loaded, and a warning for each that can't be used."""
    crls: list[Crl] = []
    responses: list[OcspResponse] = []
    warnings: list[str] = []
    for one in loaded:
        for der in one.ders[Kind.CRL]:
            try:
                crls.append(parse_crl(der))
            except Malformed as error:
                warnings.append(f"a CRL was left out: {error}")
        for der in one.ders[Kind.OCSP_RESPONSE]:
            try:
                responses.append(parse_ocsp_response(der))
            except Malformed as error:
                warnings.append(f"an OCSP response was left out: {error}")
    return RevocationMaterial(tuple(crls), tuple(responses)), warnings


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    next(place.iterdir(), None)  # a missing folder is an OSError here, where rglob is silent
    found = (path for path in place.rglob("*") if path.is_file())
    return sorted(path for path in found if not _is_hidden(path.relative_to(place)))


def _is_hidden(relative: Path) -> bool:
    return any(part.startswith(".") for part in relative.parts)


def _load_octets(octets: bytes, name: str, loaded: Loaded) -> None:
    blocks = list(_blocks(octets))
    if not blocks:
        loaded.warnings.append(f"{name}: empty")
    for block in blocks:
        found = _classify(block) if block else []
        if not found:
            loaded.warnings.append(
                f"{name}: holds something that is no certificate, CRL or OCSP response"
            )
        for kind, der in found:
            if der not in loaded.ders[kind]:
                loaded.ders[kind].append(der)


def _blocks(octets: bytes) -> Iterator[bytes]:
    """Yield the DER values of a file; an empty one where a block is not base64."""
    if b"-----BEGIN " in octets:
        for match in _PEM_BLOCK.finditer(octets):
            yield _decode_base64(match["body"])
    elif octets and _BASE64.fullmatch(octets):
        yield _decode_base64(octets)
    elif octets:
        yield octets


def _decode_base64(body: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        return b""


def _classify(der: bytes) -> list[tuple[Kind, bytes]]:
    with warnings.catch_warnings():
        # Serials that are not positive make the library warn; they are read all the same.
        warnings.simplefilter("ignore")
        for kind, parse in _PARSERS:
            try:
                parse(der)
            except UNREADABLE:
                continue
            return [(kind, der)]
        return [(Kind.CERTIFICATE, certificate) for certificate in _pkcs7_certificates(der)]


def _pkcs7_certificates(der: bytes) -> list[bytes]:
    try:
        certificates = pkcs7.load_der_pkcs7_certificates(der)
    except UNREADABLE:
        return []
    return [certificate.public_bytes(Encoding.DER) for certificate in certificates]


_PARSERS: tuple[tuple[Kind, Callable[[bytes], object]], ...] = (
    (Kind.CERTIFICATE, x509.load_der_x509_certificate),
    (Kind.CRL, x509.load_der_x509_crl),
    (Kind.OCSP_RESPONSE, ocsp.load_der_ocsp_response),
)
