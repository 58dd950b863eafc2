"""The pages of partners: an agreement, keys that follow one another, a partner shut out."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from cardsvc.access_records import Role
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.partner_records import ContactRole, Scope
from cardsvc.terms import AssuranceLevel, Realm
from tests.support.console import KEYED_PARTNER, Browser, ConsoleUnderTest
from tests.support.partner_keys import SigningKey, ask_token
from verification.policy.agreement import Agreement, parse_agreement
from web.partners.register import KeyTerm

NEW = "/console/partners/new"
FIELDS = {
    "id": "thu-vien", "realm": "production", "name": "Thư viện tỉnh", "agency": "H57.12",
    "contact_technical": "it@thuvien.example, 0234 382 2325", "scopes": ["verify", "status"],
    "per_minute": "120", "per_day": "5000", "services": "muon-sach", "purposes": "",
    "attributes": "name, over_18", "level": "X2", "fresh": "3600",
}  # fmt: skip


@pytest.fixture
def browser(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.ADMINISTRATOR))


def test_a_partner_is_added_and_changed(console: ConsoleUnderTest, browser: Browser) -> None:
    added = browser.send(NEW, **FIELDS)
    assert (added.status_code, added.location) == (303, "/console/partners/thu-vien")
    profile = console.services.partners.partner("thu-vien").profile
    assert (profile.name, profile.realm) == ("Thư viện tỉnh", Realm.PRODUCTION)
    assert profile.agency_code == AgencyCode.parse("H57.12")
    assert profile.scopes == {Scope.VERIFY, Scope.STATUS}
    assert (profile.limits.per_minute, profile.limits.per_day) == (120, 5000)
    (contact,) = profile.contacts
    assert contact.role is ContactRole.TECHNICAL
    assert (contact.email is None, contact.phone is None) == (False, False)
    assert parse_agreement(profile.agreement) == Agreement(
        frozenset({"muon-sach"}), None, frozenset({"name", "over_18"}), AssuranceLevel.X2, 3600
    )
    page = browser.get("/console/partners/thu-vien").text
    for part in ("muon-sach", "name, over_18", "X2", "it@thuvien.example", "Chính thức"):
        assert part in page
    edit = "/console/partners/thu-vien/edit"
    form = browser.get(edit).text
    for part in ("it@thuvien.example, 0234", 'value="120"', 'value="name over_18"'):
        assert part in form
    fields = {**FIELDS, "fresh": "", "level": "", "realm": "sandbox"}
    assert browser.send(edit, **fields).status_code == 303
    changed = console.services.partners.partner("thu-vien").profile
    assert changed.realm is Realm.PRODUCTION
    assert parse_agreement(changed.agreement).minimum_level is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"id": "a b"}, "id"), ({"id": KEYED_PARTNER}, "id"), ({"realm": "other"}, "realm"),
        ({"name": ""}, "name"), ({"agency": "?"}, "agency"), ({"scopes": []}, "scopes"),
        ({"contact_security": "not a number"}, "contact_security"),
        ({"per_minute": "0"}, "per_minute"),
        ({"per_day": "many"}, "per_day"), ({"attributes": "shoe_size"}, "attributes"),
        ({"level": "X9"}, "level"), ({"fresh": "-1"}, "fresh"),
    ],
)  # fmt: skip
def test_a_fault_is_said_at_its_field(
    console: ConsoleUnderTest, browser: Browser, changed: dict[str, object], field: str
) -> None:
    page = browser.send(NEW, **{**FIELDS, "id": "khac", **changed})
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert "khac" not in {one.id for one in console.services.partners.partners()}


def test_keys_follow_one_another(console: ConsoleUnderTest, browser: Browser) -> None:
    browser.send(NEW, **{**FIELDS, "id": "doi-khoa"})
    at = "/console/partners/doi-khoa/keys/new"
    old, new = SigningKey(kid="cu"), SigningKey("EdDSA", kid="moi")
    for key in (old, new):
        added = browser.send(at, keys=key.key_set.decode(), **{"from": "", "until": ""})
        assert added.location == "/console/partners/doi-khoa"
    page = browser.get("/console/partners/doi-khoa").text
    assert page.count("Đang dùng") == 2
    now = console.clock.now()
    assert ask_token(console.app, old.assertion("doi-khoa", now)).status_code == 200
    revoked = browser.send("/console/partners/doi-khoa/keys/cu/revoke")
    assert revoked.status_code == 303
    assert "Đã thu hồi" in browser.get("/console/partners/doi-khoa").text
    now = console.clock.now()
    assert ask_token(console.app, old.assertion("doi-khoa", now)).status_code == 401
    assert ask_token(console.app, new.assertion("doi-khoa", now)).status_code == 200
    assert browser.get("/console/partners/doi-khoa/keys/none/revoke").status_code == 404


def test_the_list_says_whose_keys_end_soon(console: ConsoleUnderTest, browser: Browser) -> None:
    register, at = console.services.partners, console.clock.now()
    for name, days in (("khoa-lau", 90), ("khoa-gan", 20), ("khoa-het", None)):
        browser.send(NEW, **{**FIELDS, "id": name})
        if days is not None:
            term = KeyTerm(not_after=at + timedelta(days=days))
            key = SigningKey(kid=name).key_set
            register.add_key_set(name, key, term, operator="admin", at=at)
    rows = browser.get("/console/partners").text.split("<tr>")
    for name, tag in (
        ("khoa-lau", "tag-good"), ("khoa-gan", "tag-warning"), ("khoa-het", "tag-bad"),
    ):  # fmt: skip
        (row,) = [one for one in rows if f"/console/partners/{name}" in one]
        assert tag in row


def test_what_is_no_public_key_is_refused_and_not_shown_again(
    console: ConsoleUnderTest, browser: Browser
) -> None:
    at = f"/console/partners/{KEYED_PARTNER}/keys/new"
    secret = json.dumps({**SigningKey(kid="x").jwk, "d": "bí-mật-của-tôi"})
    days = {"from": "", "until": ""}
    taken = SigningKey().key_set.decode()
    for pasted in (
        secret,
        "{",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PRIVATE KEY-----",
        taken,
    ):
        page = browser.send(at, keys=pasted, **days)
        assert page.status_code == 422
        assert 'href="#keys"' in page.text
        assert "bí-mật-của-tôi" not in page.text
    good = SigningKey(kid="y").key_set.decode()
    past = browser.send(at, keys=good, **{"from": "", "until": "01/01/2020"})
    assert 'href="#until"' in past.text
    assert {one.kid for one in console.services.partners.keys(KEYED_PARTNER)} == {"khoa-1"}


def test_a_partner_is_shut_out_and_let_in_again(
    console: ConsoleUnderTest, browser: Browser
) -> None:
    here = f"/console/partners/{KEYED_PARTNER}"
    assert browser.send(f"{here}/disable").status_code == 303
    assert not console.services.partners.partner(KEYED_PARTNER).enabled
    assert "Đã ngắt" in browser.get("/console/partners").text
    assert browser.send(f"{here}/enable").status_code == 303
    assert console.services.partners.partner(KEYED_PARTNER).enabled
    assert browser.get("/console/partners/nobody").status_code == 404


def test_nobody_but_administrators_sees_partners(console: ConsoleUnderTest) -> None:
    clerk = Browser(console).sign_in(console.who(Role.CLERK))
    assert clerk.get("/console/partners").status_code == 403
    assert clerk.get(f"/console/partners/{KEYED_PARTNER}/edit").status_code == 403
    # what is grave asks for the second factor again, once it is a while ago
    administrator = Browser(console).sign_in(console.who(Role.ADMINISTRATOR))
    console.clock.advance(timedelta(minutes=14))
    administrator.get("/console/partners")
    console.clock.advance(timedelta(minutes=14))
    asked = administrator.get(f"/console/partners/{KEYED_PARTNER}/keys/new")
    assert asked.status_code == 302
    assert "/console/prove" in (asked.location or "")
