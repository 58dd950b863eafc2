"""Portraits in a ZIP archive: whose they are is told by the file's name, which is never a path.

Spec: APPNOTE.TXT 6.3 (names in CP437 unless a flag says UTF-8; Unix modes in external attributes).
Nothing is unpacked onto a disk, so no name can lead anywhere; those that try are left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique
from pathlib import PurePosixPath
from typing import BinaryIO
from zipfile import ZipFile, ZipInfo

from cardsvc.errors import Malformed, ReasonCode
from issuance.importing.archives import ARCHIVE_ERRORS, ArchiveLimits, is_plain_file, open_archive

LIMITS = ArchiveLimits(
    members=60_000, member_octets=25 * 1024 * 1024, total_octets=8 * 1024**3, ratio=200
)
_UTF_8_NAME = 0x800
_DIGITS = 12
_PERSONAL_NUMBER = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_LOST_ONE_ZERO = re.compile(r"(?<![0-9])[1-9][0-9]{10}(?![0-9])")
_LOST_TWO_ZEROS = re.compile(r"[1-9][0-9]{9}")
"""Digits of ten are telephones and instants, too, and so stand alone in the name."""
MOST_NAMED = 50
"""Files and rows that are named one by one; the rest is counted."""
_SHOWN_CHARACTERS = 80
_IMAGES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".jp2"})
_ARCHIVES = frozenset({".zip", ".rar", ".7z", ".gz", ".tar"})
_SYSTEM_FILES = frozenset({"thumbs.db", ".ds_store", "desktop.ini"})


@unique
class PhotoSkip(StrEnum):
    """Why a file of the archive is not used."""

    PATH_REFUSED = "path_refused"
    NOT_A_FILE = "not_a_file"
    NESTED_ARCHIVE = "nested_archive"
    NOT_AN_IMAGE = "not_an_image"
    SEVERAL_FOR_ONE = "several_for_one"
    FITS_NOBODY = "fits_nobody"


@dataclass(frozen=True, slots=True)
class UnusedFile:
    """A file of the archive that is nobody's photo.

    Args:
        name: as it is shown: the end of it, without what can't be printed; personal data.
        why: why it is not used; a reason where the picture was refused.
    """

    name: str = field(repr=False)
    why: PhotoSkip | ReasonCode


@dataclass(frozen=True, slots=True)
class PhotoArchive:
    """An archive whose files are told apart, not yet read.

    Args:
        archive: open.
        members: file by key: a personal number, or a staff code in lower case.
        skipped: how many files are not used, and why.
        unused: the first of those files.
        shortened: file by a personal number that lost the zeros at its front, where one file fits.
    """

    archive: ZipFile = field(repr=False)
    members: Mapping[str, ZipInfo] = field(repr=False)
    skipped: Mapping[PhotoSkip, int]
    unused: Sequence[UnusedFile] = field(default=(), repr=False)
    shortened: Mapping[str, ZipInfo] = field(default_factory=dict, repr=False)

    def find(self, personal_number: str, staff_code: str) -> ZipInfo | None:
        """Return the file of a person.

        By personal number first, then by staff code, then by the number without the zeros at its
        front, which spreadsheets take away.
        """
        found = self.members.get(personal_number)
        if found is None and staff_code:
            found = self.members.get(photo_key(staff_code))
        if found is None and len(personal_number) == _DIGITS:
            found = self.shortened.get(personal_number.lstrip("0"))
        return found

    def read(self, member: ZipInfo) -> bytes:
        """Unpack one file.

        Raises:
            Malformed: damaged, or packed by a method that we don't know.
        """
        try:
            return self.archive.read(member)
        except ARCHIVE_ERRORS:
            raise Malformed(ReasonCode.MALFORMED_ARCHIVE, "a damaged file") from None


def parse_photo_archive(source: bytes | BinaryIO) -> PhotoArchive:
    """Open an archive of portraits.

    Raises:
        Malformed: not an archive, damaged or encrypted (MALFORMED_ARCHIVE); beyond the limits
            (ARCHIVE_TOO_LARGE).
    """
    archive = open_archive(source, LIMITS)
    unused: list[tuple[ZipInfo, PhotoSkip]] = []
    by_key: dict[str, list[ZipInfo]] = {}
    for member in archive.infolist():
        name = _name(member)
        if member.is_dir() or _is_system_file(name):
            continue
        skip = _skip(member, name)
        if skip is None:
            by_key.setdefault(photo_key(PurePosixPath(name).stem), []).append(member)
        else:
            unused.append((member, skip))
    for members in by_key.values():
        if len(members) > 1:
            unused += [(member, PhotoSkip.SEVERAL_FOR_ONE) for member in members]
    alone = {key: members[0] for key, members in by_key.items() if len(members) == 1}
    return PhotoArchive(
        archive,
        alone,
        Counter(skip for _, skip in unused),
        [UnusedFile(shown_name(member), skip) for member, skip in unused[:MOST_NAMED]],
        _shortened(alone.values()),
    )


def shown_name(member: ZipInfo) -> str:
    """Return a file's name as it may be shown: its end, without what can't be printed."""
    name = "".join(one if one.isprintable() else "�" for one in _name(member))
    return name if len(name) <= _SHOWN_CHARACTERS else f"…{name[1 - _SHOWN_CHARACTERS :]}"


def _shortened(members: Iterable[ZipInfo]) -> dict[str, ZipInfo]:
    found: dict[str, list[ZipInfo]] = {}
    for member in members:
        stem = PurePosixPath(_name(member)).stem
        numbers = _LOST_ONE_ZERO.findall(stem)
        if not numbers and _LOST_TWO_ZEROS.fullmatch(stem.strip()):
            numbers = [stem.strip()]
        if len(numbers) == 1 and not _PERSONAL_NUMBER.search(stem):
            found.setdefault(numbers[0], []).append(member)
    return {number: files[0] for number, files in found.items() if len(files) == 1}


def photo_key(text: str) -> str:
    """Return the key of a file's stem or a staff code: its one personal number, or itself."""
    numbers = _PERSONAL_NUMBER.findall(text)
    if len(numbers) == 1:
        return str(numbers[0])
    return unicodedata.normalize("NFC", text).strip().casefold()


def _name(member: ZipInfo) -> str:
    """A name without the flag may be UTF-8 all the same: many programs forget to say so."""
    raw = member.orig_filename.replace("\\", "/")
    if member.flag_bits & _UTF_8_NAME:
        return raw
    try:
        return raw.encode("cp437").decode()
    except UnicodeError:
        return raw


def _is_system_file(name: str) -> bool:
    path = PurePosixPath(name)
    return path.name.lower() in _SYSTEM_FILES or "__MACOSX" in path.parts


def _skip(member: ZipInfo, name: str) -> PhotoSkip | None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name or ":" in name:
        return PhotoSkip.PATH_REFUSED
    if not is_plain_file(member):
        return PhotoSkip.NOT_A_FILE
    if path.suffix.lower() in _ARCHIVES:
        return PhotoSkip.NESTED_ARCHIVE
    return None if path.suffix.lower() in _IMAGES else PhotoSkip.NOT_AN_IMAGE
