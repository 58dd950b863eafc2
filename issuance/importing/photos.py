"""The portraits of an archive become the photos of the people whom an import applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar
from zipfile import ZipInfo

from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.import_records import ImportRow, RowState
from cardsvc.photo_records import HolderPhoto
from issuance.importing.content import decode_content
from issuance.importing.desk import ImportDesk
from issuance.importing.fields import Field
from issuance.importing.photo_archive import (
    MOST_NAMED,
    PhotoArchive,
    PhotoSkip,
    UnusedFile,
    shown_name,
)
from issuance.importing.reading import effective_values
from issuance.registry.photos import put_photo
from issuance.registry.ports import PhotoStore

_PAGE = 100
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RowWithout:
    """Somebody of the list who has no photo: no file of this archive, and none taken in before.

    Args:
        number: the row's number in the list's file.
        holder_id: who it is.
    """

    number: int
    holder_id: str


@dataclass(frozen=True, slots=True)
class PhotoProgress:
    """How far the photos of an import are.

    Args:
        rows: rows that were looked at.
        taken: photos that were taken in now.
        unchanged: photos that were on record already.
        without: rows for which the archive has no file.
        refused: files that could not be taken, by the reason's code.
        findings: what was found about the quality of the photos, by code.
        skipped: files of the archive that are not used, and why; those that fit nobody are told
            at the end.
        missing: rows that have no photo: no file now, and none taken in before.
        rows_without: the first of those rows.
        unused: the first files that are nobody's photo, and why.
    """

    rows: int = 0
    taken: int = 0
    unchanged: int = 0
    without: int = 0
    refused: Mapping[ReasonCode, int] = field(default_factory=dict)
    findings: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[PhotoSkip, int] = field(default_factory=dict)
    missing: int = 0
    rows_without: Sequence[RowWithout] = ()
    unused: Sequence[UnusedFile] = field(default=(), repr=False)

    @property
    def unused_count(self) -> int:
        """How many files are nobody's photo."""
        return sum(self.refused.values()) + sum(self.skipped.values())


def take_photos(
    desk: ImportDesk, photos: PhotoStore, archive: PhotoArchive, import_id: str, *, operator: str
) -> Iterator[PhotoProgress]:
    """Take in the photo of each person whom an import applied; the same file again is nothing new.

    A photo that can't be taken holds nobody else's back; of a row whose content was removed nobody
    can tell whose photo it would be.

    Args:
        desk: where the import was taken in.
        photos: where photos are kept.
        archive: the portraits.
        import_id: which import.
        operator: who does it.

    Yields:
        How far it is, after each page of rows and at least once.
    """
    counted: Counter[str] = Counter()
    refused: Counter[ReasonCode] = Counter()
    findings: Counter[str] = Counter()
    rows_without: list[RowWithout] = []
    unused = list(archive.unused)
    fitting: set[int] = set()

    def progress() -> PhotoProgress:
        return PhotoProgress(
            counted["rows"], counted["taken"], counted["unchanged"], counted["without"],
            dict(refused), dict(findings), archive.skipped,
            counted["missing"], tuple(rows_without), tuple(unused),
        )  # fmt: skip

    after = 0
    while page := desk.store.rows(import_id, [RowState.APPLIED], after=after, limit=_PAGE):
        after = page[-1].number
        for row in page:
            counted["rows"] += 1
            member = _file_of(row, archive)
            if member is None:
                counted["without"] += 1
                if not row.photo:
                    counted["missing"] += 1
                    _name(rows_without, [RowWithout(row.number, row.holder_id or "")])
                continue
            fitting.add(member.header_offset)
            try:
                photo = _take(desk, photos, row, archive.read(member), operator)
            except CardsvcError as error:
                refused[error.reason] += 1
                _name(unused, [UnusedFile(shown_name(member), error.reason)])
                continue
            counted["taken" if photo else "unchanged"] += 1
            if photo is not None:
                findings.update(one.value for one in photo.portrait.findings)
        yield progress()
    others = [one for one in archive.members.values() if one.header_offset not in fitting]
    names = [shown_name(one) for one in others[:MOST_NAMED]]
    _name(unused, [UnusedFile(name, PhotoSkip.FITS_NOBODY) for name in names])
    skipped = {**archive.skipped, PhotoSkip.FITS_NOBODY: len(others)} if others else archive.skipped
    yield replace(progress(), skipped=skipped)


def _name(named: list[_T], more: Sequence[_T]) -> None:
    named += more[: MOST_NAMED - len(named)]


def _file_of(row: ImportRow, archive: PhotoArchive) -> ZipInfo | None:
    values = effective_values(decode_content(row.number, row.content))
    number = "".join(one for one in values.get(Field.PERSONAL_NUMBER, "") if one.isdigit())
    return archive.find(number, values.get(Field.STAFF_CODE, ""))


def _take(
    desk: ImportDesk, photos: PhotoStore, row: ImportRow, octets: bytes, operator: str
) -> HolderPhoto | None:
    """Take a photo in; None where it was made of the same file before."""
    holder_id = row.holder_id or ""
    with photos.transaction() as unit:
        present = unit.present_photo(holder_id)
        if present is not None and unit.is_source(holder_id, present.number, octets):
            return None
    photo = put_photo(photos, holder_id, octets, operator=operator, at=desk.clock.now())
    with desk.store.transaction() as unit_of_row:
        unit_of_row.import_record(row.import_id)
        found = unit_of_row.row(row.import_id, row.number)
        unit_of_row.save_rows([replace(found, photo=str(photo.number))])
    return photo
