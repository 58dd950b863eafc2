"""ZIP archives from outside, measured before anything in them is unpacked.

Spec: APPNOTE.TXT 6.3 (PKWARE). The sizes in the central directory are what zipfile holds a
member to: it never unpacks more than was declared, so bounding what is declared bounds the rest.
"""

from __future__ import annotations

import stat
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, NoReturn
from zipfile import BadZipFile, ZipFile, ZipInfo

from cardsvc.errors import ReasonCode
from issuance.importing.refusals import RefusedFile

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
        raise RefusedFile(
            ReasonCode.MALFORMED_ARCHIVE,
            "Tệp bị hỏng hoặc tải lên chưa trọn vẹn: chọn lại tệp, hoặc lưu lại tệp mới.",
            "not a readable ZIP archive",
        ) from None
    members = archive.infolist()
    if len(members) > limits.members:
        _too_large(
            f"Tệp nén có hơn {limits.members} tệp nên không được mở: chia nhỏ rồi tải lên.",
            f"more than {limits.members} files in the archive",
        )
    if sum(one.file_size for one in members) > limits.total_octets:
        _too_large(
            f"Tệp bung ra hơn {limits.total_octets >> 20} MB nên không được mở: chia nhỏ ra.",
            f"more than {limits.total_octets >> 20} MB unpacked",
        )
    for member in members:
        if member.flag_bits & _ENCRYPTED:
            raise RefusedFile(
                ReasonCode.MALFORMED_ARCHIVE,
                "Tệp nén có đặt mật khẩu: nén lại không đặt mật khẩu.",
                "the archive has a password",
            )
        if member.file_size > limits.member_octets:
            _too_large(
                f"Trong tệp nén có tệp lớn hơn {limits.member_octets >> 20} MB nên không được mở.",
                f"a file of more than {limits.member_octets >> 20} MB",
            )
        packed = max(member.compress_size, 1)
        if member.file_size > _RATIO_MATTERS_ABOVE and member.file_size > limits.ratio * packed:
            _too_large(
                "Tệp nén phình to bất thường nên không được mở: lưu hoặc nén lại rồi tải lên.",
                "a file that unpacks to a suspicious size",
            )
    return archive


def is_plain_file(member: ZipInfo) -> bool:
    """Tell whether a member is a file: no folder, link or device."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    return not member.is_dir() and kind in {0, stat.S_IFREG}


def _too_large(vi: str, en: str) -> NoReturn:
    raise RefusedFile(ReasonCode.ARCHIVE_TOO_LARGE, vi, en)
