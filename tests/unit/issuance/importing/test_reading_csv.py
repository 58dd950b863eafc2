"""CSV of all encodings that offices still use; which one was taken is told."""

from __future__ import annotations

import pytest

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.terms import CardType
from issuance.importing.encodings import TextEncoding, parse_text
from issuance.importing.fields import Field
from issuance.importing.findings import ImportCode
from issuance.importing.legacy_text import from_tcvn3, from_vni
from issuance.importing.source import ListOptions, parse_list
from tests.support.lists import PEOPLE, as_windows_1258

TEXT = """Danh sách cán bộ
STT;Họ và tên;Số CCCD;Ngày sinh
1;Nguyễn Văn Ân;046090012345;2/9/1990
2;"Đặng; Thị Đượm";079199012345;1985
"""
TCVN3 = (
    b"STT;H\xe4 v\xb5 t\xaan;S\xe8 CCCD;Ng\xb5y sinh\n"
    b"1;NGUY\xd4N V\xa8n \xa2n;046090012345;2/9/1990\n"
    b"2;\xa7\xb7ng Th\xde \xa7\xad\xeem;079199012345;1985\n"
)
"""VN3 by hand from the table of TCVN 5712:1993."""
VNI = (
    b"STT;Ho\xef va\xf8 te\xe2n;So\xe1 CCCD;Nga\xf8y sinh\n"
    b"1;Nguye\xe3n Va\xean A\xc2n;046090012345;2/9/1990\n"
    b"2;\xd1a\xebng Th\xf2 \xd1\xf6\xf4\xefm;079199012345;1985\n"
)


def names(octets: bytes, options: ListOptions = PEOPLE) -> tuple[str, list[str]]:
    read = parse_list(octets, options)
    return read.encoding, [row.values[Field.NAME] for row in read.rows]


@pytest.mark.parametrize(
    ("octets", "encoding"),
    [
        (TEXT.encode(), "UTF-8"),
        (TEXT.encode("utf-8-sig"), "UTF-8"),
        (TEXT.encode("utf-16"), "UTF-16LE"),
        (TEXT.encode("utf-16-le"), "UTF-16LE"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "UTF-16BE"),
        (as_windows_1258(TEXT), "Windows-1258"),
    ],
)
def test_encodings_are_told(octets: bytes, encoding: str) -> None:
    assert names(octets) == (encoding, ["Nguyễn Văn Ân", "Đặng; Thị Đượm"])


def test_legacy_fonts_are_told_and_converted() -> None:
    tcvn3 = TCVN3.replace(b"\xb7ng", b"\xc6ng")
    assert names(tcvn3) == ("TCVN3 (ABC)", ["NGUYỄN Văn Ân", "Đặng Thị Đượm"])
    assert names(VNI) == ("VNI-Windows", ["Nguyễn Văn Ân", "Đặng Thị Đượm"])


def test_tables_of_legacy_fonts() -> None:
    """TCVN 5712:1993 VN3; VNI-Windows: one letter of each column of the tables."""
    assert from_tcvn3("µ¸¶·¹ ¨»¾¼½Æ ©ÇÊÈÉË ®") == "àáảãạ ăằắẳẵặ âầấẩẫậ đ"
    assert from_tcvn3("ÌÐÎÏÑ ªÒÕÓÔÖ ×ÝØÜÞ") == "èéẻẽẹ êềếểễệ ìíỉĩị"
    assert from_tcvn3("ßãáâä «åèæçé ¬êíëìî") == "òóỏõọ ôồốổỗộ ơờớởỡợ"
    assert from_tcvn3("ïóñòô \u00adõøö÷ù úýûüþ") == "ùúủũụ ưừứửữự ỳýỷỹỵ"
    assert from_vni("aù aø aû aõ aï aê aé aè aú aü aë") == "á à ả ã ạ ă ắ ằ ẳ ẵ ặ"
    assert from_vni("aâ aá aà aå aã aä ñ eâ eá Ñ OÂ") == "â ấ ầ ẩ ẫ ậ đ ê ế Đ Ô"
    assert from_vni("í ì æ ó ò ô ôù ö öï î yù") == "í ì ỉ ĩ ị ơ ớ ư ự ỵ ý"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_told_by_the_headings(delimiter: str) -> None:
    lines = [["Họ, tên; đệm", "Họ và tên", "Số CCCD"], ["a", "Lê Bé", "'046090012345"]]
    text = "\n".join(delimiter.join(f'"{one}"' for one in line) for line in lines)
    read = parse_list(text.encode(), PEOPLE)
    assert read.rows[0].values == {Field.NAME: "Lê Bé", Field.PERSONAL_NUMBER: "046090012345"}


def test_lines_of_another_encoding_have_to_be_confirmed() -> None:
    lines = as_windows_1258(TEXT).split(b"\n")
    lines[2] = TEXT.split("\n")[2].encode()
    first, second = parse_list(b"\n".join(lines), PEOPLE).rows
    assert first.values[Field.NAME] == "Nguyễn Văn Ân"
    assert [one.code for one in first.findings] == [ImportCode.MIXED_ENCODING]
    assert second.findings == ()


def test_an_encoding_can_be_named() -> None:
    options = ListOptions(CardType.INDIVIDUAL, encoding=TextEncoding.WINDOWS_1258)
    assert names(as_windows_1258(TEXT), options)[0] == "Windows-1258"
    with pytest.raises(Malformed, match="not UTF-8"):
        parse_text(as_windows_1258(TEXT), TextEncoding.UTF_8)


@pytest.mark.parametrize(
    "octets",
    [b"\xff\xfe\x00", b"a;b\n\x00\x01", b"\x81\x8d\x90 \x9d\xdf\xdf\xdf;\xc0\xc1\n" * 9],
)
def test_what_is_no_text_is_refused(octets: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        parse_text(octets)
    assert caught.value.reason is ReasonCode.MALFORMED_TABLE


def test_a_stray_quotation_mark_does_not_swallow_rows() -> None:
    text = TEXT.replace('"Đặng; Thị Đượm"', '"Đặng Thị Đượm')
    with pytest.raises(Malformed, match="quotation mark"):
        parse_list(text.encode(), PEOPLE)


def test_rows_are_numbered_by_their_lines() -> None:
    text = 'Họ và tên,Số CCCD\n"Lê\nBé",046090012345\n\nLê Ba,046090012346\n'
    rows = parse_list(text.encode(), PEOPLE).rows
    assert [(row.number, row.values[Field.NAME]) for row in rows] == [(2, "Lê Bé"), (5, "Lê Ba")]
