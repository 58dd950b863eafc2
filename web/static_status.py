"""Writes the public status documents as files, for a plain web server on a closed network.

The files lie as the addresses do, so that a server whose root is the folder answers at the
addresses that stand in certificates. A file is replaced in one step and only when it changed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from cardsvc.terms import Realm
from cardsvc.wire.fields import encode_object
from web.services import StatusDocuments

_PUBLIC_FILE = 0o644
_PUBLIC_FOLDER = 0o755
_SECOND = 1_000_000_000


def publish_status(status: StatusDocuments, folder: Path, at: datetime) -> Sequence[Path]:
    """Bring a folder up to date; return the files that changed.

    Args:
        status: gives the documents.
        folder: the web server's root; made where there is none.
        at: now.

    Raises:
        OSError: a file can't be written; it is then as it was.
        CardsvcError: a document can't be made.
    """
    return [
        folder / name for name, octets in _documents(status, at) if _replace(folder / name, octets)
    ]


def _documents(status: StatusDocuments, at: datetime) -> Iterator[tuple[str, bytes]]:
    for name in status.names():
        certificate, crl = status.certificate_document(name), status.crl_document(name, at)
        if certificate is not None:
            yield f"status/{name}.cer", certificate.octets
        if crl is not None:
            yield f"status/{name}.crl", crl.octets
    numbers = status.list_numbers()
    for number in numbers:
        token = status.list_token(number, at)
        if token is not None:
            yield f"status/list/{number}", token.octets
    uris = [status.list_uri(number) for number in numbers]
    yield "status/lists", encode_object({"status_lists": uris})
    yield ".well-known/jwks.json", encode_object(status.jwks())
    for realm in Realm:
        yield f"pki/{realm.value}/anchors.pem", status.anchors(realm)
        yield f"pki/{realm.value}/jwks.json", encode_object(status.jwks(realm))


def _replace(path: Path, octets: bytes) -> bool:
    """Replace a file's content in one step; tell whether it was another."""
    before: int | None = None
    with suppress(FileNotFoundError):
        if path.read_bytes() == octets:
            return False
        before = path.stat().st_mtime_ns
    path.parent.mkdir(mode=_PUBLIC_FOLDER, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
            file.flush()
            os.fchmod(file.fileno(), _PUBLIC_FILE)
            os.fsync(file.fileno())
        if before is not None:
            # web servers make validators of the second and the size: never the same twice
            now = new.stat().st_mtime_ns
            os.utime(new, ns=(now, max(now, before + _SECOND)))
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return True
