"""A card's whole way through the console: from a list of staff to a kiosk that refuses the card.

The service and the desk's agent are processes of their own, the readers are PC/SC, the certificates
are judged by openssl, and four people sit at four browsers.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pypdf import PdfReader

from cardsvc.access_records import Role
from cardsvc.terms import CardType
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.private_pcscd import PrivatePcscd, VirtualPcscReader
from reader_agent.virtual.state import CardOptions, CardState, VendorInstructions
from tests.support import pcscd
from tests.support.child_process import Terminal, open_desk
from tests.support.console_visits import Visitors, open_visitors
from tests.support.drawn_faces import drawn_portrait, encoded
from tests.support.lists import HEAD, KHUE, staff_row, xlsx
from tests.support.office import (
    BLANKS,
    DESK,
    RELYING_PARTY,
    SERVICE,
    Office,
    open_office,
)
from tests.support.openssl_judge import OpensslJudge
from tests.support.pcscd import ForeignTools
from tests.support.second_process import ROOT

pytestmark = [pytest.mark.pcsc, pytest.mark.opensc, pytest.mark.timeout(600)]

PIN = "283746"
NAME = "Nguyễn Thị Minh Khuê"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LIST = xlsx(
    HEAD,
    KHUE,
    # the spreadsheet took the number for a quantity, and its zero is gone
    staff_row(2, **{"Họ và tên": "Trần Quốc Bảo", "Số CCCD": 46085054322, "Giới tính": "Nam"}),
    staff_row(3, **{"Họ và tên": "Đỗ Thị Ba", "Ngày sinh": "31/02/1990"}),
    staff_row(4, **{"Họ và tên": "Lê Văn Tư", "Mã cơ quan": "H57.99", "Giới tính": "Nam"}),
)
SLOTS = {"9A": "01", "9E": "04"}
"""Key slots, and what pkcs15-tool calls their certificates."""
MILLIMETRES = 25.4 / 72
STAFF_CARD_MILLIMETRES = (85.725, 53.975)
"""Decision 838/QĐ-BNV."""
VISIBLE_SECONDS = 2.0
TAP = "import sys; sys.argv[0] = 'reader-agent'; from reader_agent.cli import main; main()"


class Story:
    """What the people do, in the order of the test."""

    def __init__(
        self, office: Office, visitors: Visitors, desk: Terminal, readers: list[VirtualPcscReader]
    ) -> None:
        self.office = office
        self.visitors = visitors
        self.desk = desk
        self.desk_reader, self.kiosk_reader = readers[0], readers[2]
        options = CardOptions(short_apdus_only=True, vendor=VendorInstructions.YUBICO)
        self.card = VirtualCard(CardState.factory(options=options))
        self.application = self.guid = ""

    def import_list(self) -> None:
        """Take the list in; work off what is wrong with it; ask for cards."""
        clerk = self.visitors[Role.CLERK]
        page = clerk.open("/console/imports/new")
        file = {"name": "danh-sach.xlsx", "mimeType": SPREADSHEET, "buffer": LIST}
        page.get_by_label("Tệp danh sách").set_input_files(file)  # type: ignore[arg-type]
        clerk.press("Kiểm tra danh sách")
        page.get_by_label("thiếu chữ số 0 ở đầu").check()
        page.get_by_role("button", name="Nhập danh sách").click()
        # the page follows the import by itself, until it is done
        expect(page.locator("[data-watch]")).to_have_count(0)
        page.get_by_role("link", name="Sửa các dòng lỗi").wait_for()
        clerk.look()
        self._correct_rows()
        clerk.follow("Kết quả")
        clerk.follow("Đề nghị cấp thẻ cho cả danh sách")
        clerk.press("Đề nghị cấp thẻ")

    def _correct_rows(self) -> None:
        clerk = self.visitors[Role.CLERK]
        page = clerk.follow("Sửa các dòng lỗi")
        expect(page.locator("tbody tr")).to_have_count(2)
        clerk.follow("Sửa dòng 4")
        page.get_by_label("Ngày sinh").fill("28/02/1990")
        clerk.press("Kiểm tra lại và nhập")
        page.get_by_label("Lý do bỏ qua").select_option("Nhầm danh sách")
        clerk.press("Bỏ qua dòng này")
        expect(page.locator("main")).to_contain_text("Không còn dòng nào chờ sửa")

    def add_photo(self) -> None:
        """Find the person by a name typed without diacritics; put a photo on record."""
        clerk = self.visitors[Role.CLERK]
        page = clerk.open("/console/holders")
        page.get_by_label("Tên, số định danh hoặc số hiệu thẻ").fill("nguyen khue")
        clerk.press("Tìm")
        clerk.follow(NAME)
        expect(page.locator("main")).not_to_contain_text("046190012345")
        clerk.follow("Thêm ảnh")
        photo = {"name": "anh.jpg", "mimeType": "image/jpeg", "buffer": encoded(drawn_portrait())}
        page.get_by_label("Tệp ảnh").set_input_files(photo)  # type: ignore[arg-type]
        clerk.press("Xem trước")
        clerk.press("Dùng ảnh này")

    def approve(self) -> None:
        """Approve as another person; the clerk could not."""
        clerk = self.visitors[Role.CLERK]
        page = clerk.open("/console/applications?state=requested")
        clerk.follow(NAME)
        expect(page.get_by_role("button", name="Phê duyệt")).to_be_disabled()
        self.application = page.url.rpartition("/")[2]

        approver = self.visitors[Role.APPROVER]
        page = approver.open("/console/applications?state=requested")
        approver.follow(NAME)
        approver.decide("Phê duyệt")
        expect(page.get_by_role("status")).to_have_text("Đã phê duyệt đề nghị")
        page.go_back()
        page.go_back()
        page.reload()
        expect(page.locator("main")).to_contain_text("Đã phê duyệt")

    def personalise(self) -> None:
        """Order the card for the desk; put a blank in, and follow the agent's work."""
        issuer = self.visitors[Role.ISSUER]
        page = issuer.open("/console/desk")
        expect(page.locator("main")).to_contain_text("Đang kết nối")
        issuer.follow(f"Làm thẻ {NAME}")
        page.get_by_label("Bàn cấp thẻ").select_option(DESK)
        page.get_by_label("Số phôi").fill(BLANKS[0])
        page.get_by_role("button", name="Bắt đầu làm thẻ").click()
        self.desk.until("Put a blank")
        pcscd.insert(self.desk_reader, self.card)
        self.desk.until("Take the card out")
        page.get_by_role("link", name="Bàn giao thẻ").wait_for()
        issuer.look()
        issuer.follow("Xem thẻ")
        self.guid = page.url.rpartition("/")[2]

    def print_face(self) -> None:
        """Look at the proof; fetch the PDF for the card printer."""
        issuer = self.visitors[Role.ISSUER]
        page = issuer.open(f"/console/cards/{self.guid}")
        issuer.follow("Mặt thẻ")
        image = page.get_by_role("img", name="Mặt trước và mặt sau")
        assert image.evaluate("one => one.complete && one.naturalWidth > 600")
        link = page.get_by_role("link", name="Tệp PDF để in")
        answer = page.context.request.get(str(link.get_attribute("href")))
        assert answer.headers["content-type"] == "application/pdf"
        pages = PdfReader(io.BytesIO(answer.body())).pages
        assert len(pages) == 2
        for face in pages:
            size = float(face.trimbox.width) * MILLIMETRES, float(face.trimbox.height) * MILLIMETRES
            assert size == pytest.approx(STAFF_CARD_MILLIMETRES, abs=0.005)

    def hand_over(self) -> str:
        """Hand over the card and, apart from it, the activation code; return the code."""
        issuer = self.visitors[Role.ISSUER]
        page = issuer.open(f"/console/cards/{self.guid}")
        issuer.decide("Bàn giao thẻ")
        expect(page.get_by_role("status")).to_have_text("Đã bàn giao thẻ")
        issuer.follow("Giấy bàn giao")
        expect(page.locator("main")).to_contain_text("046•••••2345")
        issuer.open(f"/console/cards/{self.guid}")
        issuer.decide("Xem mã kích hoạt")
        code = page.locator("code.secret").inner_text().strip()
        issuer.follow("Đã trao mã")
        return code

    def activate(self, code: str) -> None:
        """Let the holder choose a PIN at the desk; the first one is too easy."""
        before = self.desk.lines
        self.desk_reader.slot.remove()
        pcscd.wait_for(self.desk_reader, pcscd.STATE_EMPTY)
        issuer = self.visitors[Role.ISSUER]
        page = issuer.open(f"/console/desk/activate/{self.guid}")
        page.get_by_label("Bàn cấp thẻ").select_option(DESK)
        page.get_by_role("button", name="Bắt đầu kích hoạt").click()
        self.desk.type(code, "123456", PIN)
        self.desk.until("Activation", after=before)
        pcscd.insert(self.desk_reader, self.card)
        self.desk.until("easy to guess", after=before)
        self.desk.until("Take the card out", after=before)
        page.get_by_role("link", name="Xem thẻ").wait_for()
        issuer.look()
        self.desk_reader.slot.remove()
        pcscd.wait_for(self.desk_reader, pcscd.STATE_EMPTY)
        pcscd.insert(self.kiosk_reader, self.card)

    def act(self, role: Role, deed: str, said: str, *, cause: str = "") -> float:
        """Do something to the card in the console; return when it was done."""
        person = self.visitors[role]
        page = person.open(f"/console/cards/{self.guid}")
        person.follow(deed)
        if cause:
            page.get_by_label(cause).check()
        page.get_by_role("main").get_by_role("button", name=deed, exact=True).click()
        expect(page.get_by_role("status")).to_have_text(said)
        return time.monotonic()

    def tap(self) -> tuple[int, str]:
        """Tap the card at the kiosk; return the agent's exit status and the answer's code."""
        done = subprocess.run(
            [
                *(sys.executable, "-c", TAP, "tap", "--reader", self.kiosk_reader.name, "--json"),
                *("--service-url", self.office.url, "--token-file", str(self.office.kiosk_token)),
                *("--relying-party", RELYING_PARTY, "--service", SERVICE),
            ],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.returncode, str(json.loads(done.stdout)["code"])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(tmp_path_factory.mktemp("office")) as running:
        yield running


def test_a_card_from_the_list_of_staff_to_its_end(
    office: Office, chromium: Browser, private_pcscd: PrivatePcscd, opensc: ForeignTools
) -> None:
    readers = private_pcscd.readers
    for reader in readers:
        reader.slot.remove()
    with (
        open_visitors(chromium, office) as visitors,
        open_desk(readers[0].name, office.url, office.desk_token) as desk,
    ):
        story = Story(office, visitors, desk, readers)
        story.import_list()
        story.add_photo()
        story.approve()
        story.personalise()
        leaves = [read_certificate(opensc, number) for number in SLOTS.values()]
        judge = OpensslJudge(opensc, office.url, CardType.CIVIL_SERVANT)

        def agree(*, expected: bool, since: float | None = None) -> None:
            first = judge.by_ocsp(leaves[0]) if since else None
            assert since is None or time.monotonic() - since < VISIBLE_SECONDS
            assert first in (None, expected)
            for leaf in leaves:
                assert judge.by_crl(leaf) is judge.by_ocsp(leaf) is expected

        agree(expected=False)
        story.print_face()
        code = story.hand_over()
        story.activate(code)
        agree(expected=True)
        assert story.tap() == (0, "granted")

        done = story.act(Role.CLERK, "Khóa thẻ", "Đã khóa thẻ", cause="Nghỉ dài ngày")
        agree(expected=False, since=done)
        assert story.tap() == (1, "card_suspended")

        done = story.act(Role.APPROVER, "Mở khóa thẻ", "Đã mở khóa thẻ")
        agree(expected=True, since=done)
        assert story.tap() == (0, "granted")

        done = story.act(Role.APPROVER, "Thu hồi thẻ", "Đã thu hồi thẻ", cause="Nghỉ hưu")
        agree(expected=False, since=done)
        assert story.tap() == (1, "card_revoked")
        expect(visitors[Role.APPROVER].page.locator("main")).to_contain_text("Thẻ đã thu hồi")


def read_certificate(tools: ForeignTools, number: str) -> Path:
    """Read a certificate off the card in the desk's reader with pkcs15-tool."""
    file = tools.folder / f"{number}.pem"
    tools.run("pkcs15-tool", "--read-certificate", number, "--output", str(file))
    return file
