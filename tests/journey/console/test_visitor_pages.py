"""Visitor passes at the console: issued with a QR code that is shown once, listed, revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cardsvc.access_records import Role
from cardsvc.audit import AuditAction
from cardsvc.clock import VIETNAM_TIME
from tests.support.console import Browser, ConsoleUnderTest, hidden_fields
from tests.support.field_examples import PASS
from tests.support.installations import RELYING_PARTY

HERE = "/console/visitor-passes"
LOCAL = frozenset({"H57.12"})


@pytest.fixture(scope="module")
def clerk(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.CLERK))


def asked(console: ConsoleUnderTest, **changes: str) -> dict[str, str]:
    """Return the fields of a pass for now."""
    now = console.clock.now().astimezone(VIETNAM_TIME)
    fields = {
        "partner": RELYING_PARTY, "host": "phong-mot-cua", "zone": "nha-b", "purpose": "Họp",
        "visitor": "Trần Thị B", "day": f"{now:%d/%m/%Y}", "time": f"{now:%H:%M}", "hours": "2",
        "entries": "1",
    }  # fmt: skip
    return {**fields, **changes}


def test_a_pass_from_the_desk_to_its_end(console: ConsoleUnderTest, clerk: Browser) -> None:
    form = clerk.get(f"{HERE}/new")
    fields = {**hidden_fields(form), **asked(console)}
    issued = clerk.client.post(f"{HERE}/new", data=fields)
    assert issued.status_code == 200
    assert '<svg class="qr qr-dense"' in issued.text
    assert "Trần Thị B" in issued.text
    # sent again, the form leads to the list: the code is shown once
    assert clerk.client.post(f"{HERE}/new", data=fields).location == HERE
    passes = console.services.visitors.passes
    (one,) = [each for each in passes.latest(50) if each.id != PASS]
    assert (one.host, one.zone, one.entries) == ("phong-mot-cua", "nha-b", 1)
    here = f"{HERE}/{one.id}"
    page = clerk.get(here).text
    assert "Đang có hiệu lực" in page
    assert "Trần Thị B" not in page, "names are kept nowhere"
    assert here in clerk.get(f"{HERE}?partner={RELYING_PARTY}").text
    assert here not in clerk.get(f"{HERE}?partner=khong-co").text
    clerk.send(f"{here}/revoke")
    found = passes.find(one.id)
    assert found is not None
    assert found.revoked_at is not None
    assert "Đã thu hồi" in clerk.get(here).text
    log = console.services.issuing.log.events(subject=one.id, limit=9)
    assert [(each.event.action, each.event.actor) for each in log] == [
        (AuditAction.VISIT_REVOKED, "ca-clerk"),
        (AuditAction.VISIT_PERMITTED, "ca-clerk"),
    ]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("partner", "khong-co"), ("host", "Phòng một cửa"), ("zone", ""), ("purpose", ""),
        ("purpose", "x" * 121), ("day", "31/02/2026"), ("day", "01/01/2020"), ("day", "01/01/0001"),
        ("day", "01/01/2999"), ("time", "24:00"), ("hours", "25"), ("entries", "51"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_said_at_its_field(
    console: ConsoleUnderTest, clerk: Browser, field: str, typed: str
) -> None:
    page = clerk.send(f"{HERE}/new", **asked(console, **{field: typed}))
    assert (page.status_code, f'href="#{field}"' in page.text) == (422, True)
    assert "Trần Thị B" in page.text, "nothing that was typed is lost"


def test_partners_visitors_belong_to_no_agency(console: ConsoleUnderTest) -> None:
    local = Browser(console).sign_in(console.add("le-tan", frozenset({Role.CLERK}), LOCAL))
    assert HERE not in local.get("/console").text
    for path in (HERE, f"{HERE}/new", f"{HERE}/{PASS}", f"{HERE}/export.csv"):
        assert local.get(path).status_code == 404
    auditor = Browser(console).sign_in(console.who(Role.AUDITOR))
    assert auditor.get(f"{HERE}/new").status_code == 403
    assert "revoke" not in auditor.get(f"{HERE}/{PASS}").text
    assert auditor.get(f"{HERE}/khong-co").status_code == 404


def test_a_pass_that_is_over_says_so(console: ConsoleUnderTest) -> None:
    console.clock.advance(timedelta(hours=5))
    late = Browser(console).sign_in(console.who(Role.CLERK))
    page = late.get(f"{HERE}/{PASS}").text
    assert "Đã hết hạn" in page
    assert f"{PASS}/revoke" not in page
