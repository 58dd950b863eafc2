"""What offices do to a console: two people at once, lists without end. One effect, plain words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from cardsvc.access_records import Role
from cardsvc.audit import AuditAction
from cardsvc.lifecycle import ApplicationState
from tests.journey.console.test_import_pages import upload
from tests.support.console import Browser, ConsoleUnderTest
from tests.support.console_people import GOOD_ROW, listed

AT_ONCE = 4


def test_approvers_who_press_at_the_same_moment_have_one_effect(
    console: ConsoleUnderTest,
) -> None:
    everybody = frozenset({Role.APPROVER})
    browsers = [
        Browser(console).sign_in(console.add(f"duyet-{number}", everybody))
        for number in range(AT_ONCE)
    ]
    address = "/console/applications/cho-duyet/approve"
    forms = [browser.get(address) for browser in browsers]
    together = Barrier(AT_ONCE)

    def press(number: int) -> int:
        together.wait()
        return browsers[number].post(address, forms[number]).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(press, range(AT_ONCE)))
    assert answers == [303] * AT_ONCE
    issuing = console.services.issuing
    found = issuing.queue.application("cho-duyet")
    assert found is not None
    assert found.state is ApplicationState.APPROVED
    events = [one.event for one in issuing.log.events(subject="cho-duyet")]
    (approved,) = [one for one in events if one.action is AuditAction.APPLICATION_APPROVED]
    assert approved.actor == found.approved_by
    told = [browser.get("/console/applications/cho-duyet").text for browser in browsers]
    losers = [text for text in told if f"Phê duyệt đề nghị – {found.approved_by}" in text]
    assert len(losers) == AT_ONCE - 1


def test_a_list_of_a_hundred_thousand_rows_is_told_to_be_cut(console: ConsoleUnderTest) -> None:
    clerk = Browser(console).sign_in(console.who(Role.CLERK))
    rows = listed(*[GOOD_ROW] * 100_000)
    answer = clerk.get(upload(clerk, rows))
    assert answer.status_code == 422
    assert "hơn 50000 dòng: chia danh sách theo cơ quan" in answer.text
