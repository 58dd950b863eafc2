"""Lists in the console: looked at, taken in once, applied in the background, errors worked off."""

from __future__ import annotations

import io
import re
import zipfile
from urllib.parse import urlsplit

import pytest
from openpyxl import load_workbook
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from cardsvc.access_records import Role
from cardsvc.import_records import RowState, SkipReason
from cardsvc.terms import CardType
from issuance.importing.source import ListOptions, parse_list
from issuance.registry.photos import present_photo
from tests.support.console import AGENCY, Browser, ConsoleUnderTest, hidden_fields
from tests.support.console_people import (
    FAULTY_ROW,
    GOOD_ROW,
    HEADINGS,
    HELD_ROW,
    IMPORT,
    KHUE,
    listed,
)
from tests.support.drawn_faces import drawn_portrait, encoded
from web.import_worker import ImportWorker

FIRST = "Hồ Thị Bích Ngọc;046192000111;H57.12;Sở Nội vụ;Chuyên viên;CC"
SECOND = "Bùi Văn Lâm;046085000222;H57.12;Sở Nội vụ;Chuyên viên;CC"
WRONG = "Cao Thị Nga;04619;H57.12;Sở Nội vụ;Chuyên viên;CC"
_PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def clerk(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.CLERK))


@pytest.fixture(scope="module")
def clerk_of_one_agency(console: ConsoleUnderTest) -> Browser:
    person = console.add("can-bo-snv", frozenset({Role.CLERK}), frozenset({AGENCY}))
    return Browser(console).sign_in(person)


def upload(browser: Browser, octets: bytes, kind: str = "civil_servant") -> str:
    """Upload a list; return where it is looked at."""
    fields = hidden_fields(browser.get("/console/imports/new"))
    sent = FileStorage(io.BytesIO(octets), "ds.csv")
    # the test client would keep what is large in a file that nobody closes
    boundary, body = encode_multipart({**fields, "kind": kind, "file": sent})
    answer = browser.client.post(
        "/console/imports/new",
        data=body,
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def take_in(console: ConsoleUnderTest, browser: Browser, octets: bytes) -> str:
    """Upload and apply a list; return its page."""
    started = browser.send(upload(browser, octets))
    assert started.status_code == 303, started.text
    settle(console)
    return str(started.location)


def settle(console: ConsoleUnderTest) -> None:
    """Wait until the background has nothing left to do."""
    worker = console.services.registry.runner
    assert isinstance(worker, ImportWorker)
    assert worker.wait(_PATIENCE_SECONDS)


def test_nothing_is_written_by_a_look(console: ConsoleUnderTest, clerk: Browser) -> None:
    before = len(console.services.registry.imports.store.imports())
    there = upload(clerk, listed(FIRST, WRONG))
    page = clerk.get(there).text
    assert "2 dòng" in page
    assert "Chờ sửa" in page
    assert "04619;" not in page
    assert len(console.services.registry.imports.store.imports()) == before
    only = clerk.get(there + "&code=number_malformed").text
    assert "aria-current" in only


def test_a_list_is_applied_once_and_its_errors_are_worked_off(
    console: ConsoleUnderTest, clerk: Browser
) -> None:
    octets = listed(SECOND, WRONG)
    there = upload(clerk, octets)
    form = clerk.get(there)
    started = clerk.post(there, form)
    assert clerk.post(there, form).location == started.location
    settle(console)
    page = clerk.get(started.location).text
    assert "Sửa các dòng lỗi" in page
    assert "data-watch" not in page

    again = take_in(console, clerk, octets)
    assert again == started.location

    queue = clerk.get(f"{started.location}/rows").text
    assert "Cao Thị Nga" in queue
    row = f"{started.location}/rows/3"
    sent = {
        "name": "Cao Thị Nga", "agency_code": "H57.12", "agency_name": "Sở Nội vụ",
        "position": "Chuyên viên", "category": "CC", "version": version(clerk, row),
    }  # fmt: skip
    still = clerk.send(row, **sent, personal_number="046")
    assert still.status_code == 422
    assert "vẫn còn lỗi" in still.text
    assert 'value="046"' in still.text
    sent["version"] = version(clerk, row)
    done = clerk.send(row, **sent, personal_number="046190000777")
    assert done.location == f"{started.location}/rows"
    assert "Không còn dòng nào chờ sửa" in clerk.get(done.location).text


def version(browser: Browser, row: str) -> str:
    found = re.findall(r'name="version" value="([0-9]+)"', browser.get(row).text)
    return str(found[-1])


def test_a_row_is_left_out_for_a_reason(console: ConsoleUnderTest, clerk: Browser) -> None:
    there = take_in(console, clerk, listed(WRONG.replace("Nga", "Hồng")))
    row = f"{there}/rows/2"
    without = clerk.send(f"{row}/skip", form_at=row, version=version(clerk, row))
    assert without.status_code == 422
    assert "Chọn lý do bỏ qua" in without.text
    done = clerk.send(f"{row}/skip", form_at=row, version=version(clerk, row), reason="wrong_list")
    assert done.status_code == 303
    store = console.services.registry.imports.store
    (skipped,) = store.rows(there.rsplit("/", 1)[1], [RowState.SKIPPED])
    assert skipped.skip_reason is SkipReason.WRONG_LIST


def test_a_number_that_is_right_stays_masked_in_the_queue(
    console: ConsoleUnderTest, clerk: Browser
) -> None:
    there = take_in(console, clerk, listed("Đỗ Văn Ba;046085000333;H57.12;Sở Nội vụ;;CC"))
    page = clerk.get(f"{there}/rows/2").text
    assert "046085000333" not in page
    assert "046•••••0333" in page
    done = clerk.send(
        f"{there}/rows/2", name="Đỗ Văn Ba", personal_number="", agency_code="H57.12",
        agency_name="Sở Nội vụ", position="Lái xe", category="CC",
        version=version(clerk, f"{there}/rows/2"),
    )  # fmt: skip
    assert done.status_code == 303, done.text


def test_erroneous_rows_and_templates_as_workbooks(clerk: Browser) -> None:
    rows = clerk.get(f"/console/imports/{IMPORT}/rows.xlsx")
    sheet = load_workbook(io.BytesIO(rows.data)).worksheets[0]
    assert sheet.cell(2, 1).value == str(HELD_ROW)
    for kind in ("civil_servant", "individual", "business"):
        template = clerk.get(f"/console/imports/template/{kind}.xlsx")
        assert load_workbook(io.BytesIO(template.data)).worksheets[0].cell(1, 2).value


def test_cards_are_requested_for_all_imported(console: ConsoleUnderTest, clerk: Browser) -> None:
    page = f"/console/imports/{IMPORT}/cards"
    done = clerk.send(page)
    assert done.location == f"/console/imports/{IMPORT}"
    settle(console)
    page_of_import = clerk.get(done.location).text
    assert "Đã lập: 1" in page_of_import
    assert "data-watch" not in page_of_import
    (row,) = console.services.registry.imports.store.rows(IMPORT, [RowState.APPLIED])
    assert row.holder_id is not None
    made = console.services.registry.requests_of(row.holder_id)
    assert [one.requested_by for one in made] == ["ca-clerk"]
    clerk.send(page)
    settle(console)
    assert len(console.services.registry.requests_of(row.holder_id)) == 1
    assert "Đã lập: 0" in clerk.get(done.location).text


def send_photos(browser: Browser, import_id: str, octets: bytes) -> TestResponse:
    page = f"/console/imports/{import_id}/photos"
    fields = hidden_fields(browser.get(page))
    sent = FileStorage(io.BytesIO(octets), "anh.zip")
    boundary, body = encode_multipart({**fields, "photos": sent})
    return browser.client.post(
        page, data=body, content_type=f"multipart/form-data; boundary={boundary}"
    )


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    return made.getvalue()


def test_portraits_of_an_import_are_taken_in_from_an_archive(
    console: ConsoleUnderTest, clerk: Browser, clerk_of_one_agency: Browser
) -> None:
    portrait = encoded(drawn_portrait())
    number = GOOD_ROW.split(";")[1]
    archive = zipped(
        {f"anh/{number}.jpg": portrait, "../046085000999.jpg": portrait, "ghi chú.txt": b"x"}
    )
    sent = send_photos(clerk, IMPORT, archive)
    assert sent.status_code == 303, sent.text
    settle(console)
    page = clerk.get(sent.location).text
    assert "Ảnh mới nhận: 1" in page
    assert "Tên tệp chứa đường dẫn không an toàn: 1" in page
    assert "đổi sang JPEG): 1" in page
    assert "<code>ghi chú.txt</code>" in page
    assert "Những người chưa có ảnh" not in page
    (row,) = console.services.registry.imports.store.rows(IMPORT, [RowState.APPLIED])
    photo = present_photo(console.services.registry.photos, row.holder_id or "")
    assert photo is not None
    assert photo.added_by == "ca-clerk"
    # the same archive again is nothing new
    assert send_photos(clerk, IMPORT, archive).status_code == 303
    settle(console)
    assert "Đã có từ trước: 1" in clerk.get(sent.location).text
    assert clerk_of_one_agency.get(f"/console/imports/{IMPORT}/photos").status_code == 404


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b"", "Chọn tệp ZIP"),
        (b"PK\x03\x04 no archive", "Tệp bị hỏng hoặc tải lên chưa trọn vẹn"),
        (zipped({"046085000123.jpg": bytes(8_000_000)}), "phình to bất thường"),
        (zipped({"../046085000123.jpg": b"x"}), "Không có ảnh nào đặt tên"),
    ],
    ids=["none", "damaged", "bomb", "paths"],
)
def test_a_hostile_archive_is_a_clear_page(clerk: Browser, octets: bytes, told: str) -> None:
    refused = send_photos(clerk, IMPORT, octets)
    assert refused.status_code == 422
    assert told in refused.text


def test_a_list_touches_nobody_outside_the_scope(
    console: ConsoleUnderTest, clerk_of_one_agency: Browser
) -> None:
    elsewhere = FIRST.replace("H57.12", "H58.01")
    grabbed = "Phạm Văn Xa;046085009999;H57.12;Sở Nội vụ;Chuyên viên;CC"
    there = upload(clerk_of_one_agency, listed(SECOND, elsewhere, grabbed))
    assert "Ngoài phạm vi của bạn" in clerk_of_one_agency.get(there).text
    form = clerk_of_one_agency.get("/console/imports/new")
    refused = clerk_of_one_agency.post(there, form)
    assert refused.status_code == 422
    assert clerk_of_one_agency.get(f"/console/imports/{IMPORT}").status_code == 404
    assert clerk_of_one_agency.get(f"/console/imports/{IMPORT}/rows").status_code == 404

    own = take_in(console, clerk_of_one_agency, listed(WRONG.replace("Nga", "Lụa")))
    row = f"{own}/rows/2"
    sent = {
        "name": "Phạm Văn Xa", "agency_code": "H57.12", "agency_name": "Sở Nội vụ",
        "position": "Chuyên viên", "category": "CC", "version": version(clerk_of_one_agency, row),
    }  # fmt: skip
    refused = clerk_of_one_agency.send(row, **sent, personal_number="046085009999")
    assert refused.status_code == 422
    assert "nằm ngoài phạm vi" in refused.text


def test_an_upload_is_its_own_operators(console: ConsoleUnderTest, clerk: Browser) -> None:
    there = upload(clerk, listed(FIRST))
    other = Browser(console).sign_in(console.everything)
    assert other.get(there).status_code == 404
    assert clerk.get(urlsplit(there).path).status_code == 200


def bomb() -> bytes:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b" " * (300 * 1024 * 1024))
    return octets.getvalue()


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (listed(*[GOOD_ROW] * 50_001), "hơn 50000 dòng: chia danh sách theo cơ quan"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Tệp Excel cũ (.xls) hoặc có mật khẩu"),
        (b"x;y\n1;2\n", "Không thấy dòng tiêu đề có các cột"),
        (HEADINGS.encode(), "bên dưới không có ai"),
    ],
)
def test_what_is_no_list_is_said_on_a_page(clerk: Browser, octets: bytes, says: str) -> None:
    answer = clerk.get(upload(clerk, octets))
    assert answer.status_code == 422
    assert says in answer.text
    assert "Đọc lại" in answer.text


def test_a_zip_bomb_is_not_unpacked(clerk: Browser) -> None:
    answer = clerk.get(upload(clerk, bomb()))
    assert answer.status_code == 422
    assert "nên không được mở" in answer.text


def test_columns_are_named_where_headings_are_not_understood(clerk: Browser) -> None:
    strange = listed(GOOD_ROW).decode("utf-8-sig").replace("Chức vụ", "Việc đang làm").encode()
    there = upload(clerk, strange)
    assert clerk.get(there).status_code == 422
    page = clerk.get(there + "&column-position=E")
    assert page.status_code == 200
    assert "Nhập danh sách" in page.text


def test_an_interrupted_import_goes_on(console: ConsoleUnderTest, clerk: Browser) -> None:
    registry = console.services.registry
    options = ListOptions(CardType.CIVIL_SERVANT)
    read = parse_list(listed("Tạ Thị Thu;046190000888;H57.12;Sở Nội vụ;Văn thư;VC"), options)
    started = registry.imports.start(read, options, operator="ca-clerk")
    there = f"/console/imports/{started.record.id}"
    assert "dừng giữa chừng" in clerk.get(there).text
    clerk.send(f"{there}/continue", form_at=there)
    settle(console)
    assert registry.imports.store.progress(started.record.id).new == 1
    assert "dừng giữa chừng" not in clerk.get(there).text


def test_a_faulty_row_of_the_list_waits(clerk: Browser) -> None:
    assert FAULTY_ROW.split(";", maxsplit=1)[0] in clerk.get(f"/console/imports/{IMPORT}/rows").text
    assert clerk.get(f"/console/holders/{KHUE}").status_code == 200
