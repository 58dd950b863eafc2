"""Files that are made to hurt whoever opens them, and people on lists who would command us."""

from __future__ import annotations

import io
import random
import struct
import zipfile

import pytest
from openpyxl import load_workbook

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.import_records import ImportRow
from cardsvc.terms import CardType
from issuance.importing.csv_table import parse_csv
from issuance.importing.fields import Field
from issuance.importing.findings import Finding, ImportCode
from issuance.importing.photo_archive import PhotoSkip, parse_photo_archive
from issuance.importing.queue import HeldRow
from issuance.importing.source import parse_list
from issuance.importing.workbooks import correction_workbook, defused
from issuance.importing.xlsx import parse_workbook
from tests.support.lists import DUC, HEAD, KHUE, PEOPLE, STAFF, staff_csv, xlsx

SHEET = "xl/worksheets/sheet1.xml"
NOISE = (
    random.Random(20261121).randbytes(10 << 20).translate(bytes(97 + at % 26 for at in range(256)))
)
"""Ten megabytes of letters; nothing that a limit on ratios would stop."""
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def repacked(octets: bytes, parts: dict[str, bytes]) -> bytes:
    """Return a workbook with parts replaced or added."""
    with zipfile.ZipFile(io.BytesIO(octets)) as old:
        whole = {name: old.read(name) for name in old.namelist()} | parts
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in whole.items():
            new.writestr(name, content)
    return out.getvalue()


def with_sheet(xml: str) -> bytes:
    return repacked(xlsx(HEAD, KHUE), {SHEET: xml.encode()})


def refused(octets: bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        parse_list(octets, STAFF)
    assert "Khuê" not in str(caught.value)
    return caught.value


@pytest.mark.reason(ReasonCode.ARCHIVE_TOO_LARGE)
def test_a_bomb_is_not_unpacked() -> None:
    spaces = b"<x>" + b" " * (40 * 1024 * 1024) + b"</x>"
    error = refused(repacked(xlsx(HEAD, KHUE), {SHEET: spaces}))
    assert error.reason is ReasonCode.ARCHIVE_TOO_LARGE


def test_an_archive_that_lies_about_its_sizes_is_damaged_not_unpacked() -> None:
    octets = bytearray(repacked(xlsx(HEAD, KHUE), {SHEET: NOISE[: 1 << 20]}))
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        member = archive.getinfo(SHEET)
    for at in range(len(octets) - 4):  # both the local header and the central directory
        if octets[at : at + 4] == struct.pack("<I", member.file_size):
            octets[at : at + 4] = struct.pack("<I", 1000)
    assert refused(bytes(octets)).reason in {
        ReasonCode.MALFORMED_TABLE, ReasonCode.MALFORMED_ARCHIVE,
    }  # fmt: skip


def test_many_members_and_members_twice() -> None:
    out = io.BytesIO(xlsx(HEAD, KHUE))
    with zipfile.ZipFile(out, "a") as archive:
        for number in range(2_100):
            archive.writestr(f"xl/media/{number}.png", b"")
    assert refused(out.getvalue()).reason is ReasonCode.ARCHIVE_TOO_LARGE
    twice = io.BytesIO(xlsx(HEAD, KHUE))
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, b"<other/>")
    assert refused(twice.getvalue()).reason is ReasonCode.MALFORMED_TABLE


@pytest.mark.reason(ReasonCode.MALFORMED_TABLE)
@pytest.mark.parametrize(
    "prologue",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><!-- -->',
    ],
)
def test_entities_are_not_resolved(prologue: str) -> None:
    cell = '<c r="A1" t="inlineStr"><is><t>&a;</t></is></c>' if "ENTITY" in prologue else "<c><"
    xml = f"<?xml version='1.0'?>{prologue}<worksheet {MAIN}><sheetData><row>{cell}</row>"
    error = refused(with_sheet(xml + "</sheetData></worksheet>"))
    assert error.reason is ReasonCode.MALFORMED_TABLE


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="9999999999"><c r="A9999999999"><v>1</v></c></row>',
        '<row r="5"><c r="A5"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>',
        '<row r="1"><c r="A7"><v>1</v></c></row>',
        '<row r="x"/>',
        '<row r="1"><c r="A1" t="s"><v>999999</v></c></row>',
        '<row r="1"><c r="A1" s="-4000"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>9' + "9" * 5000 + "</v></c></row>",
    ],
)
def test_sheets_that_no_program_writes_are_damaged(rows: str) -> None:
    xml = f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"
    assert refused(with_sheet(xml)).reason is ReasonCode.MALFORMED_TABLE


@pytest.mark.reason(ReasonCode.TABLE_TOO_LARGE)
def test_a_thousand_columns_and_a_hundred_thousand_rows() -> None:
    assert refused(xlsx(HEAD, ["x"] * 1000)).reason is ReasonCode.TABLE_TOO_LARGE
    error = refused(staff_csv(100_000))
    assert error.reason is ReasonCode.TABLE_TOO_LARGE
    assert "50000 rows" in str(error)
    rows = "".join(f"<row><c><v>{number * number}</v></c></row>" for number in range(50_001))
    xml = f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"
    assert refused(with_sheet(xml)).reason is ReasonCode.TABLE_TOO_LARGE


def test_overlapping_merges_are_refused() -> None:
    merges = "".join(f'<mergeCell ref="A2:J{9 + number}"/>' for number in range(20))
    rows = "".join(
        f'<row r="{number}">'
        + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in HEAD)
        + "</row>"
        for number in range(1, 20)
    )
    xml = f"<worksheet {MAIN}><sheetData>{rows}</sheetData><mergeCells>{merges}</mergeCells>"
    assert "overlap" in str(refused(with_sheet(xml + "</worksheet>")))


def test_a_cell_of_ten_megabytes_costs_its_row_alone() -> None:
    octets = xlsx(HEAD, KHUE, DUC)
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        sheet = archive.read(SHEET)
    sheet = sheet.replace("Chuyên viên".encode(), NOISE)
    first, second = parse_list(repacked(octets, {SHEET: sheet}), STAFF).rows
    assert [one.code for one in first.findings] == [ImportCode.CELL_TOO_LONG]
    assert second.findings == ()
    csv = staff_csv(2) + b"\n3;" + NOISE + b";1"
    assert refused(csv).reason is ReasonCode.MALFORMED_TABLE


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600), "xls"),
        (b"PK\x03\x04 cut", "ZIP"),
        (b"PK\x05\x06" + bytes(18), "no Excel workbook"),
        (xlsx(HEAD, KHUE)[:-200], "ZIP"),
    ],
)
def test_other_and_damaged_files_are_named_plainly(octets: bytes, said: str) -> None:
    assert said in str(refused(octets))


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def test_opendocument_and_binary_workbooks_are_named_plainly() -> None:
    ods = zipped(("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"))
    assert ".ods" in str(refused(ods))
    assert ".xlsb" in str(refused(zipped(("xl/workbook.bin", b"x"))))


@pytest.mark.reason(ReasonCode.MALFORMED_ARCHIVE)
def test_an_archive_with_a_password() -> None:
    octets = bytearray(zipped(("a.jpg", b"x")))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        octets[octets.index(signature) + flags] |= 1
    with pytest.raises(Malformed, match="password") as caught:
        parse_photo_archive(bytes(octets))
    assert caught.value.reason is ReasonCode.MALFORMED_ARCHIVE


def test_a_zip_inside_a_zip_is_not_opened() -> None:
    inner = zipped(("046190012345.jpg", b"x"))
    found = parse_photo_archive(zipped(("anh.zip", inner)))
    assert (dict(found.members), found.skipped) == ({}, {PhotoSkip.NESTED_ARCHIVE: 1})


def linked(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info


def test_names_that_are_paths_and_links_are_left_out() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("../046190012345.jpg", "/046190012346.jpg", "C:\\046190012347.jpg",
                     "a\\..\\046190012348.jpg"):  # fmt: skip
            archive.writestr(name, b"x")
        archive.writestr(linked("046190012349.jpg"), b"/etc/passwd")
        archive.writestr("046190012350.txt", b"x")
        archive.writestr("ok/046190012351.jpg", b"good")
    found = parse_photo_archive(out.getvalue())
    assert set(found.members) == {"046190012351"}
    assert found.skipped == {
        PhotoSkip.PATH_REFUSED: 4, PhotoSkip.NOT_A_FILE: 1, PhotoSkip.NOT_AN_IMAGE: 1,
    }  # fmt: skip


def test_two_photos_of_one_person_are_nobodys() -> None:
    found = parse_photo_archive(
        zipped(("a/046190012345.jpg", b"1"), ("046190012345 (2).png", b"2"), ("CB7.JPG", b"3"))
    )
    assert found.skipped == {PhotoSkip.SEVERAL_FOR_ONE: 2}
    assert found.find("046190012345", "") is None
    member = found.find("046190012345", "cb7")
    assert member is not None
    assert found.read(member) == b"3"


@pytest.mark.parametrize(
    ("names", "finds"),
    [
        (("46190012345.jpg",), True),
        (("46190012345_Nguyen Van An.jpg",), True),
        (("46190012345.jpg", "46190012345 (1).jpg"), False),
        (("46190012345.jpg", "046190012346.jpg"), True),
        (("461900123450.jpg",), False),
    ],
)
def test_a_number_that_lost_its_zero_finds_its_person_where_one_file_fits(
    names: tuple[str, ...], *, finds: bool
) -> None:
    found = parse_photo_archive(zipped(*((name, b"x") for name in names)))
    member = found.find("046190012345", "")
    assert (member is not None and member.filename == names[0]) is finds
    assert found.find("146190012345", "") is None


def test_two_lost_zeros_stand_alone() -> None:
    found = parse_photo_archive(zipped(("1190012345.jpg", b"x"), ("IMG_1199012345.jpg", b"x")))
    assert found.find("001190012345", "") is not None
    assert found.find("001199012345", "") is None


def test_names_of_unused_files_are_shown_without_what_steers_a_terminal() -> None:
    found = parse_photo_archive(
        zipped(("a\x1b[2J\u202e.txt", b"x"), *((f"{number}.txt", b"x") for number in range(70)))
    )
    assert found.unused[0].name == "a�[2J�.txt"
    assert (len(found.unused), found.skipped[PhotoSkip.NOT_AN_IMAGE]) == (50, 71)
    long = parse_photo_archive(zipped((f"{'a' * 300}.txt", b"x"))).unused[0].name
    assert (len(long), long[0], long[-4:]) == (80, "…", ".txt")


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://x")']


@pytest.mark.parametrize("text", FORMULAS)
def test_what_goes_out_is_never_a_formula(text: str) -> None:
    assert defused(text).startswith("'")
    held = HeldRow(ImportRow("i", 2, None), {Field.POSITION: text, Field.NAME: text}, ())
    book = load_workbook(io.BytesIO(correction_workbook(CardType.CIVIL_SERVANT, [held])))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value]
    assert all(cell.data_type == "s" for cell in cells)
    assert not any(str(cell.value).startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


def test_a_defused_text_comes_back_as_it_was() -> None:
    values = {Field.NAME: "Lê Bé", Field.PERSONAL_NUMBER: "046090012345", Field.POSITION: "=1+1"}
    values |= {Field.AGENCY_CODE: "H57.12", Field.CATEGORY: "CC"}
    finding = Finding(ImportCode.NAME_MISSING, Field.NAME, detail="=2")
    octets = correction_workbook(
        CardType.CIVIL_SERVANT, [HeldRow(ImportRow("i", 2, None), values, (finding,))]
    )
    assert parse_list(octets, STAFF).rows[0].values == values


def test_nothing_of_a_person_stands_in_what_is_said_about_a_file() -> None:
    for octets in (
        b"x;y\nKhu\xc3\xaa;046190012345\n",
        "Họ và tên;Số CCCD;CCCD\nKhuê;046190012345;1\n".encode(),
    ):
        with pytest.raises(Malformed) as caught:
            parse_list(octets, PEOPLE)
        assert "Khuê" not in str(caught.value)
        assert "046190012345" not in str(caught.value)


def test_a_text_file_is_no_workbook_and_a_workbook_no_text_file() -> None:
    with pytest.raises(Malformed):
        parse_workbook(staff_csv(1))
    with pytest.raises(Malformed):
        parse_csv(xlsx(HEAD, KHUE), len)
