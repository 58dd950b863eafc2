"""XLSX as offices send it: titles, merges, formulas, numbers that lost their zeros, hidden rows."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.terms import CardType
from issuance.importing.fields import COLUMNS, HEADINGS, Field, field_of
from issuance.importing.findings import ImportCode
from issuance.importing.rows import RowValues
from issuance.importing.source import ListOptions, parse_list
from issuance.importing.workbooks import template
from tests.support.lists import DUC, HEAD, KHUE, PEOPLE, STAFF, read_staff, saved, workbook, xlsx


def found(row: RowValues) -> set[str]:
    return {finding.key for finding in row.findings}


def changed(**changes: object) -> list[object]:
    return list((dict(zip(HEAD, KHUE, strict=True)) | changes).values())


def test_a_clean_list_is_read_without_a_word() -> None:
    read = read_staff(KHUE, DUC)
    assert [row.number for row in read.rows] == [2, 3]
    assert read.rows[0].values == {
        Field.NAME: "Nguyễn Thị Minh Khuê", Field.PERSONAL_NUMBER: "046190012345",
        Field.BIRTH_DATE: "02/09/1990", Field.SEX: "Nữ", Field.AGENCY_CODE: "H57.12",
        Field.AGENCY_NAME: "Sở Nội vụ", Field.UNIT: "Phòng Công chức",
        Field.POSITION: "Chuyên viên", Field.CATEGORY: "CC",
    }  # fmt: skip
    assert read.rows[1].values[Field.BIRTH_DATE] == "04/03/1985"
    assert [found(row) for row in read.rows] == [set(), set()]
    assert read.notices == ()


def test_titles_numbers_of_columns_sections_totals_and_signatures_are_no_people() -> None:
    octets = xlsx(
        ["ỦY BAN NHÂN DÂN TỈNH"],
        ["DANH SÁCH CÁN BỘ, CÔNG CHỨC"],
        [],
        HEAD,
        [f"({at})" for at in range(1, len(HEAD) + 1)],
        ["I", "Lãnh đạo Sở"],
        KHUE,
        ["II. Văn phòng"],
        DUC,
        [],
        ["Tổng cộng: 2 người"],
        [None, None, None, None, None, None, "Huế, ngày 05 tháng 01 năm 2026"],
        [None, None, None, None, None, None, "Người lập biểu"],
    )
    read = parse_list(octets, STAFF)
    assert [row.number for row in read.rows] == [7, 9]
    assert [(one.code, one.detail) for one in read.notices] == [
        (ImportCode.COLUMN_NUMBERS_SKIPPED, "5"),
        (ImportCode.SECTION_ROW_SKIPPED, "6"),
        (ImportCode.SECTION_ROW_SKIPPED, "8"),
        (ImportCode.TOTALS_ROW_SKIPPED, "11"),
        (ImportCode.TOTALS_ROW_SKIPPED, "12"),
        (ImportCode.TOTALS_ROW_SKIPPED, "13"),
    ]


def test_signatures_below_a_list_are_nobody() -> None:
    foot: list[list[object]] = [
        ["* Số liệu tính đến 30/9"],
        [None, None, "Huế, ngày 05 tháng 01 năm 2026"],
        [None, "NGƯỜI LẬP BIỂU", "GIÁM ĐỐC"],
        [None, "(Ký, ghi rõ họ tên)", "(Đã ký)"],
        [None, "Phan Thị Lan", "Võ Văn Hùng"],
    ]
    read = read_staff(KHUE, [3, "Ghi Chú Hoa"], DUC, *foot)
    assert [row.number for row in read.rows] == [2, 3, 4]
    assert {one.code for one in read.notices} == {ImportCode.TOTALS_ROW_SKIPPED}
    # a row of many cells, or with an ordinal, is somebody's whose number is missing
    read = read_staff(KHUE, *foot, DUC[:2], [None, DUC[1], None, *DUC[3:]])
    assert [row.number for row in read.rows] == [2, 3, 4, 5, 6, 7, 8, 9]


def test_a_person_of_whom_only_the_name_stands_there_is_not_dropped() -> None:
    read = read_staff(KHUE, [3, "Cộng Thị Hoa"])
    assert [row.values.get(Field.NAME) for row in read.rows] == [KHUE[1], "Cộng Thị Hoa"]


def test_headings_in_two_rows_with_merges() -> None:
    book = workbook(
        ["TT", "Họ và tên", None, "Số CCCD", "Cơ quan", None, "Chức vụ", "Loại"],
        [None, None, None, None, "Mã", "Tên", None, None],
        [1, "Nguyễn Thị Minh", "Khuê", "046190012345", "H57.12", "Sở Nội vụ", "Chuyên viên", "CC"],
    )
    sheet = book.worksheets[0]
    for reference in ("A1:A2", "B1:C2", "D1:D2", "E1:F1", "G1:G2", "H1:H2"):
        sheet.merge_cells(reference)
    row = parse_list(saved(book), STAFF).rows[0]
    assert row.values[Field.NAME] == "Nguyễn Thị Minh Khuê"
    assert row.values[Field.AGENCY_CODE] == "H57.12"
    assert row.values[Field.AGENCY_NAME] == "Sở Nội vụ"


def of_two_columns(heading: str, *people: tuple[object, object]) -> list[RowValues]:
    """Read a list in which one heading stands over a column for men and one for women."""
    rows = [[at, "Lê Bé", *person, f"04609001234{at}"] for at, person in enumerate(people, start=1)]
    book = workbook(
        ["TT", "Họ và tên", heading, None, "Số CCCD"], [None, None, "Nam", "Nữ", None], *rows
    )
    for cells in ("A1:A2", "B1:B2", "C1:D1", "E1:E2"):
        book.worksheets[0].merge_cells(cells)
    return list(parse_list(saved(book), PEOPLE).rows)


@pytest.mark.parametrize("heading", ["Ngày sinh", "Năm sinh", "Ngày, tháng, năm sinh"])
def test_the_column_of_a_date_of_birth_tells_the_sex(heading: str) -> None:
    man, woman, day_number, both = of_two_columns(
        heading, ("2/9/1990", None), (None, date(1991, 5, 4)), (33118, "-"), ("1990", "1991")
    )
    assert (man.values[Field.SEX], man.values[Field.BIRTH_DATE]) == ("Nam", "2/9/1990")
    assert (woman.values[Field.SEX], woman.values[Field.BIRTH_DATE]) == ("Nữ", "04/05/1991")
    assert (day_number.values[Field.SEX], found(day_number)) == (
        "Nam",
        {"date_from_serial:birth_date"},
    )
    # neither of the two is taken: the row is refused for them
    assert (both.values[Field.SEX], both.values[Field.BIRTH_DATE]) == ("Nam / Nữ", "1990 / 1991")


def test_a_cross_in_the_column_of_a_sex() -> None:
    people = of_two_columns(
        "Giới tính", ("x", None), (0, 1), (None, "✓"), ("x", "x"), (None, None), (None, "nữ")
    )
    sexes = [one.values.get(Field.SEX) for one in people]
    assert sexes == ["Nam", "Nữ", "Nữ", "Nam / Nữ", None, "Nữ"]
    assert {one.values.get(Field.BIRTH_DATE) for one in people} == {None}
    (contradiction,) = of_two_columns("Giới tính", ("Nữ", None))
    assert contradiction.values[Field.BIRTH_DATE] == "Nữ"  # no date: the row is refused


def test_a_given_name_in_a_column_without_heading_is_not_lost() -> None:
    head = ["STT", "Họ và tên", None, "Số CCCD"]
    octets = xlsx(head, [1, "Nguyễn Văn", "An", "046090012345"], [2, "Lê", "Bé", "046090012346"])
    names = [row.values[Field.NAME] for row in parse_list(octets, PEOPLE).rows]
    assert names == ["Nguyễn Văn An", "Lê Bé"]


def test_merged_cells_are_filled_down_where_that_means_something() -> None:
    book = workbook(HEAD, KHUE, changed(**{"Số CCCD": "046190012346", "Đơn vị công tác": None}))
    book.worksheets[0].merge_cells("H2:H3")
    book.worksheets[0].merge_cells("B2:B3")
    first, second = parse_list(saved(book), STAFF).rows
    assert found(first) == set()
    assert second.values[Field.UNIT] == "Phòng Công chức"
    assert Field.NAME not in second.values
    assert found(second) == {"filled_from_merge:unit", "merged_cell:name"}


def test_merges_across_columns_are_errors() -> None:
    book = workbook(HEAD, KHUE)
    book.worksheets[0].merge_cells("H2:I2")
    assert found(parse_list(saved(book), STAFF).rows[0]) == {"merged_cell:position"}


def test_formulas_give_their_cached_value_or_an_error() -> None:
    row = read_staff(changed(**{"Họ và tên": '="Nguyễn "&"Khuê"'})).rows[0]
    assert found(row) == {"formula_without_value:name"}
    assert Field.NAME not in row.values


def test_text_that_looks_like_a_formula_stays_text() -> None:
    book = workbook(HEAD, KHUE)
    cell = book.worksheets[0]["I2"]
    cell.value, cell.data_type = '=cmd|" /c calc"!A0', "s"
    row = parse_list(saved(book), STAFF).rows[0]
    assert row.values[Field.POSITION] == '=cmd|" /c calc"!A0'
    assert found(row) == {"formula_like_text:position"}


@pytest.mark.parametrize(
    ("given", "proposal"),
    [
        (46190012345, "046190012345"),
        (1190012345, "001190012345"),
        ("46190012345", "046190012345"),
        (46190012345.0, "046190012345"),
        ("46190012345.0", "046190012345"),
        ("46190012345,00", "046190012345"),
    ],
)
def test_lost_zeros_are_proposed_and_not_repaired(given: object, proposal: str) -> None:
    row = read_staff(changed(**{"Số CCCD": given})).rows[0]
    assert row.values[Field.PERSONAL_NUMBER] == str(given).partition(".")[0].partition(",")[0]
    assert [(one.code, one.proposal) for one in row.findings] == [
        (ImportCode.NUMBER_LOST_ZEROS, proposal)
    ]


def test_zeros_that_the_cell_shows_are_taken_with_a_warning() -> None:
    book = workbook(HEAD, changed(**{"Số CCCD": 46190012345}))
    book.worksheets[0]["C2"].number_format = "000000000000"
    row = parse_list(saved(book), STAFF).rows[0]
    assert row.values[Field.PERSONAL_NUMBER] == "046190012345"
    assert found(row) == {"zeros_of_format:personal_number"}


def test_shortened_numbers_are_errors() -> None:
    row = read_staff(changed(**{"Số CCCD": "4.619E+10"})).rows[0]
    assert found(row) == {"number_in_exponent_form:personal_number"}


@pytest.mark.parametrize(
    ("given", "read", "codes"),
    [
        (datetime.fromisoformat("1990-09-02T08:30"), "02/09/1990", set()),
        (33118, "02/09/1990", {"date_from_serial:birth_date"}),
        ("33118", "02/09/1990", {"date_from_serial:birth_date"}),
        (1990, "1990", set()),
        (" 2/9/1990 ", "2/9/1990", set()),
        ("'2/9/1990", "2/9/1990", set()),
        ("1990.0", "1990", set()),
        ("1990-09-02 00:00:00", "1990-09-02", set()),
        ("02/09/1990 0:00", "02/09/1990", set()),
        ("02/09/1990 08:30", "02/09/1990 08:30", set()),
        (True, None, {"cell_type:birth_date"}),
    ],
)
def test_dates_of_all_kinds(given: object, read: str | None, codes: set[str]) -> None:
    row = read_staff(changed(**{"Ngày sinh": given})).rows[0]
    assert row.values.get(Field.BIRTH_DATE) == read
    assert found(row) == codes


def test_days_may_be_counted_from_1904() -> None:
    book = workbook(HEAD, changed(**{"Ngày sinh": 33118 - 1462}))
    book.epoch = CALENDAR_MAC_1904
    assert parse_list(saved(book), STAFF).rows[0].values[Field.BIRTH_DATE] == "02/09/1990"


def test_hidden_rows_are_read_and_have_to_be_confirmed() -> None:
    book = workbook(HEAD, KHUE, DUC)
    book.worksheets[0].row_dimensions[3].hidden = True
    first, second = parse_list(saved(book), STAFF).rows
    assert (found(first), found(second)) == (set(), {"hidden_row"})


def test_sheets_are_chosen_hidden_ones_only_by_name() -> None:
    book = workbook([], title="Trang bìa")
    for name in ("Ẩn", "Danh sách", "Khác"):
        sheet = book.create_sheet(name)
        sheet.append(HEAD)
        sheet.append([*KHUE[:1], name, *KHUE[2:]])
    book["Ẩn"].sheet_state = "hidden"
    read = parse_list(saved(book), STAFF)
    assert (read.sheet, read.rows[0].values[Field.NAME]) == ("Danh sách", "Danh sách")
    assert {(one.code, one.detail) for one in read.notices} == {
        (ImportCode.OTHER_SHEET_LEFT_OUT, "Trang bìa"),
        (ImportCode.OTHER_SHEET_LEFT_OUT, "Khác"),
        (ImportCode.HIDDEN_SHEET_LEFT_OUT, "Ẩn"),
    }
    named = parse_list(saved(book), ListOptions(CardType.CIVIL_SERVANT, sheet="Ẩn"))
    assert named.rows[0].values[Field.NAME] == "Ẩn"
    with pytest.raises(Malformed, match="no such sheet"):
        parse_list(saved(book), ListOptions(CardType.CIVIL_SERVANT, sheet="Thiếu"))


def test_decomposed_text_and_stray_spaces() -> None:
    row = read_staff(
        changed(**{"Họ và tên": " Nguye\u0302\u0303n  Thi\u0323\u00a0Khue\u0302\u200b "})
    )
    assert row.rows[0].values[Field.NAME] == "Nguyễn Thị Khuê"
    assert found(row.rows[0]) == {"decomposed_text:name"}


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("NguyÔn V¨n ¢n", "TCVN3"),
        ("Nguyeãn Vaên AÂn", "VNI"),
        ("Nguyá»…n VÄƒn Ã‚n", "UTF-8 as Windows-1252"),
    ],
)
def test_text_of_legacy_fonts_is_told_and_its_meaning_proposed(given: str, kind: str) -> None:
    row = read_staff(changed(**{"Họ và tên": given})).rows[0]
    assert [(one.code, one.proposal, one.detail) for one in row.findings] == [
        (ImportCode.LEGACY_FONT, "Nguyễn Văn Ân", kind)
    ]


def test_capitals_of_legacy_fonts_stay_capitals() -> None:
    row = read_staff(changed(**{"Họ và tên": "NGUYÔN THÞ HOµ"})).rows[0]
    assert row.findings[0].proposal == "NGUYỄN THỊ HOÀ"


def test_shared_strings_as_excel_writes_them() -> None:
    octets = with_shared_strings(xlsx(HEAD, KHUE, DUC))
    assert parse_list(octets, STAFF).rows == read_staff(KHUE, DUC).rows


def with_shared_strings(octets: bytes) -> bytes:
    """Move the texts of a workbook into the string table (ECMA-376 Part 1 section 18.4)."""
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    texts: list[str] = []

    def shared(cell: re.Match[str]) -> str:
        texts.append(cell[1])
        return f't="s"><v>{len(texts) - 1}</v></c>'

    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    inline = r't="inlineStr"><is><t(?: [^>]*)?>([^<]*)</t></is></c>'
    parts["xl/worksheets/sheet1.xml"] = re.sub(inline, shared, sheet).encode()
    assert texts
    items = "".join(f"<si><t>{text}</t></si>" for text in texts)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{main}">{items}</sst>'.encode()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    types = parts["[Content_Types].xml"].decode()
    parts["[Content_Types].xml"] = types.replace("</Types>", override).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_columns_can_be_named() -> None:
    octets = xlsx(["Ai", "Số CCCD", "Gì đó"], ["Lê Bé", "046090012346", "x"])
    options = ListOptions(CardType.INDIVIDUAL, mapping={Field.NAME: "ai"})
    assert parse_list(octets, options).rows[0].values[Field.NAME] == "Lê Bé"
    letters = ListOptions(CardType.INDIVIDUAL, mapping={Field.NAME: "A"})
    assert parse_list(octets, letters).rows[0].values[Field.NAME] == "Lê Bé"
    assert [one.detail for one in parse_list(octets, options).notices] == ["Gì đó"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["a", "b"], ["c", "d"]], "no headings"),
        ([["Họ và tên", "Số CCCD"]], "nobody below"),
        ([["Họ và tên", "Ngày sinh", "Số CCCD", "Số định danh"], ["a", "b", "c", "d"]], "two col"),
        ([["Số CCCD", "Ngày sinh"], ["046090012346", "1990"]], "columns are missing: “Họ và tên”"),
    ],
)
def test_lists_that_can_not_be_read_say_why(rows: list[list[object]], said: str) -> None:
    with pytest.raises(Malformed, match=said) as caught:
        parse_list(xlsx(*rows), PEOPLE)
    assert caught.value.reason is ReasonCode.MALFORMED_TABLE


def test_every_heading_reads_back_as_its_field() -> None:
    for field, headings in HEADINGS.items():
        assert {field_of(one) for one in headings} == {field}
        assert {field_of(one.upper()) for one in headings} == {field}


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Số định danh cá nhân/CCCD", Field.PERSONAL_NUMBER),
        ("Số căn cước\n(CCCD)", Field.PERSONAL_NUMBER),
        ("Số CCCD hoặc hộ chiếu", Field.PERSONAL_NUMBER),
        ("Số CCCD/CMND/HC", Field.PERSONAL_NUMBER),
        ("Phòng ban / Đơn vị", Field.UNIT),
        ("Năm sinh (Nam)", Field.MALE),
        ("Ngày sinh\n( NỮ )", Field.FEMALE),
        ("Giới tính (Nam/Nữ)", Field.SEX),
        ("Số CMND", None),
        ("CMND/Hộ chiếu", None),
        ("Họ và tên/Ngày sinh", None),
        ("Cơ quan/Phòng", None),
        ("Số CCCD/Ngày cấp", None),
        ("/", None),
    ],
)
def test_headings_of_alternatives(heading: str, field: Field | None) -> None:
    assert field_of(heading) is field


@pytest.mark.parametrize("card_type", CardType)
def test_the_template_is_read_but_its_example_is_nobody(card_type: CardType) -> None:
    octets = template(card_type)
    with pytest.raises(Malformed, match="nobody below"):
        parse_list(octets, ListOptions(card_type))
    assert set(COLUMNS[card_type]) > {Field.NAME, Field.PERSONAL_NUMBER}
