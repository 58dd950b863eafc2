"""Keeps the realm in a file, so that exported trust material and personas fit together.

Authorities are made once; without a file they live in memory for one run.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from cardsvc.errors import Malformed, ReasonCode
from reader_agent.personas.pki import Authority
from reader_agent.personas.realm import Realm, found_realm

FORMAT = 2
"""A realm of another edition is founded anew: it is worth nothing outside tests."""


class OtherEdition(Malformed):
    """A realm, but not one of this program's."""


def encode_realm(realm: Realm) -> bytes:
    """Return a realm, private keys included, as JSON text."""
    return json.dumps(
        {
            "format": FORMAT,
            "founded": realm.founded.isoformat(),
            "authorities": {
                name: {
                    "certificate": _pem(authority.certificate),
                    "key": authority.key.private_bytes(
                        serialization.Encoding.PEM,
                        serialization.PrivateFormat.PKCS8,
                        serialization.NoEncryption(),
                    ).decode("ascii"),
                }
                for name, authority in realm.authorities.items()
            },
        },
        indent=1,
    ).encode("ascii")


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def parse_realm(text: bytes) -> Realm:
    """Parse what ``encode_realm`` wrote.

    Raises:
        Malformed: anything else, or the realm of another edition.
    """
    try:
        fields = json.loads(text)
        authorities = {name: _authority(one) for name, one in fields["authorities"].items()}
        founded = datetime.fromisoformat(fields["founded"]).astimezone(UTC)
        edition = fields["format"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "not a testers' realm") from error
    if edition != FORMAT:
        raise OtherEdition(ReasonCode.MALFORMED_MESSAGE, "a testers' realm of another edition")
    return Realm(founded, authorities)


def _authority(fields: dict[str, Any]) -> Authority:
    key = serialization.load_pem_private_key(fields["key"].encode("ascii"), None)
    certificate = x509.load_pem_x509_certificate(fields["certificate"].encode("ascii"))
    return Authority(certificate, key)  # type: ignore[arg-type] # encode_realm wrote EC or RSA


def load_or_found(path: Path | None, at: Callable[[], datetime]) -> Realm:
    """Return the realm kept in a file; found one where there is none.

    Args:
        path: the file; None keeps nothing.
        at: tells the founding instant, asked only when founding.

    Raises:
        Malformed: the file is not a realm.
        OSError: it can't be read or written.
    """
    if path is None:
        return found_realm(at())
    if path.exists():
        try:
            return parse_realm(path.read_bytes())
        except OtherEdition:
            path.unlink(missing_ok=True)
    realm = found_realm(at())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return _keep(realm, path)


def _keep(realm: Realm, path: Path) -> Realm:
    """Write the realm unless another process was quicker; return the one that is kept."""
    descriptor, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # 0600
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(encode_realm(realm))
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return parse_realm(path.read_bytes())
    finally:
        temporary.unlink(missing_ok=True)
    return realm
