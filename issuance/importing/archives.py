"""ZIP archives from outside, measured before anything in them is unpacked.

Spec: APPNOTE.TXT 6.3 (PKWARE). The sizes in the central directory are what zipfile holds a
member to: it never unpacks more than was declared, so bounding what is declared bounds the rest.
"""

from __future__ import annotations

import stat
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from cardsvc.errors import Malformed, ReasonCode

_ENCRYPTED = 0x1
_RATIO_MATTERS_ABOVE = 1024 * 1024
"""Small members compress as well as they like."""

ARCHIVE_ERRORS = (BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError,
                  LookupError, zlib.error)  # fmt: skip
"""What zipfile raises over archives that are damaged, cut or of a method that it does not know."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much an archive may hold.

    Args:
        members: how many.
        member_octets: of one member, unpacked.
        total_octets: of all of them, unpacked.
        ratio: unpacked to packed octets of a member above a megabyte.
    """

    members: int
    member_octets: int
    total_octets: int
    ratio: int


def open_archive(source: bytes | BinaryIO, limits: ArchiveLimits) -> ZipFile:
    """Open an archive whose declared content is within limits.

    Raises:
        Malformed: not an archive, damaged or encrypted (MALFORMED_ARCHIVE); beyond the limits
            (ARCHIVE_TOO_LARGE).
    """
    try:
        archive = ZipFile(BytesIO(source) if isinstance(source, bytes) else source)
    except ARCHIVE_ERRORS:
        raise Malformed(ReasonCode.MALFORMED_ARCHIVE, "not a readable ZIP archive") from None
    members = archive.infolist()
    if len(members) > limits.members:
        _too_large(f"more than {limits.members} files in the archive")
    if sum(one.file_size for one in members) > limits.total_octets:
        _too_large(f"more than {limits.total_octets >> 20} MB unpacked")
    for member in members:
        if member.flag_bits & _ENCRYPTED:
            raise Malformed(ReasonCode.MALFORMED_ARCHIVE, "the archive has a password")
        if member.file_size > limits.member_octets:
            _too_large(f"a file of more than {limits.member_octets >> 20} MB")
        packed = max(member.compress_size, 1)
        if member.file_size > _RATIO_MATTERS_ABOVE and member.file_size > limits.ratio * packed:
            _too_large("a file that unpacks to a suspicious size")
    return archive


def is_plain_file(member: ZipInfo) -> bool:
    """Tell whether a member is a file: no folder, link or device."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    return not member.is_dir() and kind in {0, stat.S_IFREG}


def _too_large(what: str) -> None:
    raise Malformed(ReasonCode.ARCHIVE_TOO_LARGE, what)
