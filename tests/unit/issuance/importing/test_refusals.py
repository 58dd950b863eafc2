"""Files that are no lists: what the office is told in its own language."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest

from issuance.importing.finding_texts import say
from issuance.importing.findings import ImportCode
from issuance.importing.refusals import RefusedFile
from issuance.importing.source import parse_list
from tests.support.lists import HEAD, KHUE, STAFF, saved, workbook, xlsx


def packed(files: Mapping[str, str]) -> bytes:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return octets.getvalue()


def with_a_cover() -> bytes:
    book = workbook(["DANH SÁCH CÁN BỘ NĂM 2026"], title="Bìa")
    sheet = book.create_sheet("Phòng A")
    sheet.append(HEAD)
    sheet.append(KHUE)
    return saved(book)


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "bỏ mật khẩu, lưu thành .xlsx"),
        (b"<html><table><tr><td>CCCD", "trang web hoặc XML"),
        ('\ufeff<?xml version="1.0"?>'.encode("utf-16"), "trang web hoặc XML"),
        (b"%PDF-1.7\n\xe2\xe3", "tệp PDF"),
        (b"PK\x03\x04", "Tệp bị hỏng"),
        (packed({"[Content_Types].xml": "", "word/document.xml": ""}), "tệp Word"),
        (packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "(.ods)"),
        (packed({"ds.xlsx": ""}), "giải nén rồi chọn tệp .xlsx"),
        (xlsx(["Họ và tên", "Số CCCD"], ["Lê Bé", "046090012346"]), "Thiếu cột “Chức vụ”"),
        (xlsx(["CCCD", "Số định danh", "Tên"], ["1", "2"]), "Hai cột (A và B) cùng là"),
        (xlsx(["Họ và tên"], ["", "Số CCCD"], ["", "", *HEAD[3:]], KHUE), "nằm trên nhiều dòng"),
        (xlsx(["STT", "Há»\ufffd vÃ  tÃªn", "Số CCCD", *HEAD[3:]], KHUE), "sai bảng mã"),
        (b"STT;H? v\xc3\x83 t\xc3\x83\xc2\xaan;S\xc3\xa1\xc2\xbb CCC\n1;a;b\n", "sai bảng mã"),
        (with_a_cover(), "ghi tên trang đó: Phòng A"),
    ],
    ids=[
        "xls",
        "html",
        "xml",
        "pdf",
        "cut",
        "word",
        "ods",
        "zip",
        "columns",
        "twice",
        "rows",
        "broken",
        "none",
        "cover",
    ],
)
def test_files_that_are_no_lists_say_in_vietnamese_what_to_do(octets: bytes, said: str) -> None:
    with pytest.raises(RefusedFile) as caught:
        parse_list(octets, STAFF)
    assert said in caught.value.vi


def test_a_broken_heading_that_is_not_needed_is_noticed_with_its_cause() -> None:
    # the hard space of an à became a plain one, so that nothing restores the word
    head = [one if one != "Ngày sinh" else "NgÃ y sinh" for one in HEAD]
    notices = parse_list(xlsx([*head, "MÃ SỐ HỒ SƠ"], [*KHUE, "x"]), STAFF).notices
    assert [(one.code, one.detail) for one in notices] == [
        (ImportCode.GARBLED_COLUMN, "NgÃ y sinh"),
        (ImportCode.UNKNOWN_COLUMN, "MÃ SỐ HỒ SƠ"),
    ]
    assert "sai bảng mã" in say(notices[0]).vi
