"""Guessing, replaying, fixing and stealing on the way into the console."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher
from flask import request

from cardsvc.access_records import Role
from cardsvc.audit import AuditAction
from cardsvc.errors import ReasonCode
from cardsvc.store.attempt_store import SqlAttemptStore
from cardsvc.store.operator_store import SqlOperatorStore
from cardsvc.store.second_factor_store import SqlSecondFactorStore
from cardsvc.store.session_store import SqlSessionStore
from tests.support.console import PASSWORD, Browser, ConsoleUnderTest, hidden_fields
from tests.support.databases import make_sealer
from web.app import create_app
from web.console.visitor import address
from web.operators.passwords import Passwords
from web.operators.sign_in import OF_ACCOUNT, OF_ADDRESS, Refused, SignIn

WRONG = "không phải mật khẩu này"
COOKIE = "cardsvc"


def error_of(text: str) -> str:
    return text.split("data-error-summary>")[1].split("</ul>", maxsplit=1)[0].split("<li>")[1]


def token_of(browser: Browser) -> str | None:
    cookie = browser.client.get_cookie(COOKIE)
    return cookie.value if cookie else None


def quick_sign_in(console: ConsoleUnderTest) -> SignIn:
    """The same use case on the same database, with cheap hashes: for many guesses."""
    database = console.service.installation.database
    return SignIn(
        SqlOperatorStore(database),
        SqlSecondFactorStore(database, make_sealer()),
        SqlSessionStore(database),
        SqlAttemptStore(database),
        passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
        subject_key=bytes(32),
        random_octets=os.urandom,
    )


def test_known_and_unknown_names_are_answered_alike_and_wait_alike(
    console: ConsoleUnderTest,
) -> None:
    known, unknown = Browser(console), Browser(console)
    clerk = console.who(Role.CLERK).id
    for _ in range(OF_ACCOUNT.free + 2):
        one = known.send("/console/sign-in", name=clerk, password=WRONG)
        other = unknown.send("/console/sign-in", name="khong-co-ai", password=WRONG)
        assert one.status_code == other.status_code == 422
        assert error_of(one.text) == error_of(other.text)
    assert "Chờ 1 phút" in one.text
    # the right password opens nothing while one has to wait
    assert known.send("/console/sign-in", name=clerk, password=PASSWORD).status_code == 422
    console.clock.advance(timedelta(seconds=31))
    assert known.send("/console/sign-in", name=clerk, password=PASSWORD).status_code == 303


def test_the_wait_survives_a_restart_and_grows(console: ConsoleUnderTest) -> None:
    clock = console.clock
    waits = []
    for _ in range(40):
        sign_in = quick_sign_in(console)  # nothing is kept in memory
        refused = sign_in.give_password("lan", WRONG, "192.0.2.1", clock.now())
        assert isinstance(refused, Refused)
        if refused.wait_seconds:
            waits.append(refused.wait_seconds)
            clock.advance(timedelta(seconds=refused.wait_seconds + 1))
    assert waits[:3] == [29, 59, 119]
    assert waits[-1] >= OF_ACCOUNT.longest_seconds - 1


def test_parallel_guesses_share_no_try(console: ConsoleUnderTest) -> None:
    sign_in, at = quick_sign_in(console), console.clock.now()

    def guess(_: int) -> bool:
        answer = sign_in.give_password("ca-clerk", WRONG, "192.0.2.1", at)
        assert isinstance(answer, Refused)
        return answer.wait_seconds == 0

    with ThreadPoolExecutor(8) as pool:
        judged = sum(pool.map(guess, range(24)))
    assert judged == OF_ACCOUNT.free + 1


def test_one_address_may_not_try_every_name(console: ConsoleUnderTest) -> None:
    sign_in, at = quick_sign_in(console), console.clock.now()
    answers = [
        sign_in.give_password(f"ten-{number}", WRONG, "192.0.2.9", at)
        for number in range(OF_ADDRESS.free + 3)
    ]
    assert [one.wait_seconds for one in answers if isinstance(one, Refused)][-2:] != [0, 0]
    elsewhere = sign_in.give_password("ca-clerk", PASSWORD, "192.0.2.10", at)
    assert not isinstance(elsewhere, Refused)


def test_the_codes_of_the_second_step_can_not_be_guessed_either(
    console: ConsoleUnderTest,
) -> None:
    person, browser = console.who(Role.CLERK), Browser(console)
    browser.give_password(person)
    for _ in range(OF_ACCOUNT.free):
        answer = browser.send("/console/sign-in/code", code="000000")
        assert answer.status_code == 422
    answer = browser.send("/console/sign-in/code", code=console.code(person))
    assert answer.status_code == 303, "the clock moved on past the wait"
    # giving the password again in between does not begin the count anew
    other = Browser(console)
    for _ in range(OF_ACCOUNT.free // 2 + 1):
        other.client.delete_cookie(COOKIE)
        other.give_password(person)
        answer = other.send("/console/sign-in/code", code="000000")
    assert "Chờ" in answer.text


def test_a_code_is_good_once_even_at_the_same_moment(console: ConsoleUnderTest) -> None:
    person = console.who(Role.CLERK)
    code = console.code(person)
    browsers = [Browser(console) for _ in range(4)]
    forms = []
    for browser in browsers:
        assert browser.give_password(person).status_code == 303
        forms.append(browser.get("/console/sign-in/code"))
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda pair: pair[0].post("/console/sign-in/code", pair[1], code=code).status_code,
                zip(browsers, forms, strict=True),
            )
        )
    assert sorted(answers) == [303, 422, 422, 422]


def test_codes_of_other_times_and_people(console: ConsoleUnderTest) -> None:
    person, other = console.who(Role.CLERK), console.who(Role.ISSUER)
    browser = Browser(console)
    browser.give_password(person)
    late = pyotp.TOTP(person.secret).at(console.clock.now() - timedelta(seconds=61))
    for code in (late, pyotp.TOTP(other.secret).at(console.clock.now()), "", "abc", "1" * 5000):
        assert browser.send("/console/sign-in/code", code=code).status_code == 422
        assert browser.get("/console").location == "/console/sign-in/code"


def test_a_recovery_code_is_good_once(console: ConsoleUnderTest) -> None:
    person = console.who(Role.CLERK)
    codes = console.services.register.renew_recovery_codes(person.id, console.clock.now())
    assert len(set(codes)) == 10
    for expected in (303, 422):
        browser = Browser(console)
        browser.give_password(person)
        typed = codes[0].lower().replace("-", " ")
        assert browser.send("/console/sign-in/code", code=typed).status_code == expected
    assert console.services.register.recovery_codes_left(person.id) == 9


def test_a_session_that_was_planted_is_left_behind(console: ConsoleUnderTest) -> None:
    person, browser = console.who(Role.CLERK), Browser(console)
    browser.get("/console/sign-in")
    planted = token_of(browser)
    browser.give_password(person)
    half = token_of(browser)
    browser.send("/console/sign-in/code", code=console.code(person))
    whole = token_of(browser)
    assert len({planted, half, whole}) == 3
    thief = Browser(console)
    for stolen in (planted, half):
        assert stolen is not None
        thief.client.set_cookie(COOKIE, stolen)
        assert "/console/sign-in" in str(thief.get("/console").location)
    assert browser.get("/console").status_code == 200


def test_a_cookie_that_we_did_not_sign_is_nothing(console: ConsoleUnderTest) -> None:
    browser = Browser(console).sign_in(console.who(Role.CLERK))
    token = token_of(browser)
    assert token is not None
    body, _, signature = token.rpartition(".")
    for forged in (f"{body}.{signature[::-1]}", body, "", "x" * 4000):
        browser.client.set_cookie(COOKIE, forged)
        assert browser.get("/console").status_code == 302


def test_signed_out_is_signed_out(console: ConsoleUnderTest) -> None:
    browser = Browser(console).sign_in(console.who(Role.CLERK))
    kept = token_of(browser)
    assert kept is not None
    page = browser.get("/console")
    assert browser.post("/console/sign-out", page).location == "/console/signed-out"
    browser.client.set_cookie(COOKIE, kept)
    assert browser.get("/console").status_code == 302


def test_sessions_end_by_themselves(console: ConsoleUnderTest) -> None:
    rules = console.services.sessions.rules
    browser = Browser(console).sign_in(console.who(Role.CLERK))
    console.clock.advance(rules.idle - timedelta(minutes=1))
    assert browser.get("/console").status_code == 200
    console.clock.advance(rules.idle + timedelta(minutes=2))
    assert browser.get("/console").status_code == 302
    busy = Browser(console).sign_in(console.who(Role.CLERK))
    for _ in range(int(rules.longest / timedelta(minutes=10))):
        console.clock.advance(timedelta(minutes=10))
        last = busy.get("/console").status_code
    assert last == 302, "however busy, a session ends"


def test_who_is_shut_out_is_out_at_once(console: ConsoleUnderTest) -> None:
    person = console.who(Role.CLERK)
    browser = Browser(console).sign_in(person)
    register, at = console.services.register, console.clock.now()
    register.set_enabled(person.id, enabled=False, by="quan-tri", at=at)
    assert browser.get("/console").status_code == 302
    answer = Browser(console).give_password(person)
    assert answer.status_code == 422
    assert "không đúng" in answer.text


def test_what_is_typed_stands_nowhere(console: ConsoleUnderTest) -> None:
    typed_as_name = "mật-khẩu-gõ-nhầm-vào-ô-tên"
    Browser(console).send("/console/sign-in", name=typed_as_name, password=WRONG)
    entries = console.service.installation.audit.events()
    newest = next(iter(entries)).event
    assert newest.action is AuditAction.SIGN_IN_REFUSED
    assert newest.subject == "unknown"
    database = console.service.installation.settings.data_dir / "cardsvc.db"
    wal = database.with_name("cardsvc.db-wal")
    octets = database.read_bytes() + (wal.read_bytes() if wal.exists() else b"")
    person = console.who(Role.CLERK)
    for secret in (typed_as_name, WRONG, PASSWORD, person.secret):
        assert secret.encode() not in octets


@pytest.mark.reason(ReasonCode.ACCESS_DENIED)
def test_the_last_administrator_stays(console: ConsoleUnderTest) -> None:
    administrator = console.who(Role.ADMINISTRATOR)
    browser = Browser(console).sign_in(administrator)
    assert browser.send("/console/operators/ca-moi-viec/disable").status_code == 303
    answer = browser.send(f"/console/operators/{administrator.id}/disable")
    assert answer.status_code == 422
    assert "ít nhất một quản trị viên" in answer.text
    answer = browser.send(
        f"/console/operators/{administrator.id}/edit", name="Tên", roles="clerk", agencies=""
    )
    assert answer.status_code == 422
    assert console.operator(administrator).enabled


def test_grave_acts_ask_for_a_fresh_code(console: ConsoleUnderTest) -> None:
    administrator = console.who(Role.ADMINISTRATOR)
    browser = Browser(console).sign_in(administrator)
    form = browser.get("/console/operators/ca-clerk/disable")
    console.clock.advance(console.services.sessions.rules.proof + timedelta(seconds=1))
    for answer in (
        browser.get("/console/operators/ca-clerk/disable"),
        browser.post("/console/operators/ca-clerk/disable", form),
    ):
        assert answer.location == "/console/prove?next=/console/operators/ca-clerk/disable"
    assert console.operator(console.who(Role.CLERK)).enabled
    proof = str(answer.location)
    assert browser.send(proof, code="000000").status_code == 422
    answer = browser.send(proof, code=console.code(administrator))
    assert answer.location == "/console/operators/ca-clerk/disable"
    assert browser.send("/console/operators/ca-clerk/disable").status_code == 303
    assert not console.operator(console.who(Role.CLERK)).enabled


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/console//evil", "/agent/v1", "/consolex",
     "/console\\\\evil", "/console\nSet-Cookie:x", "javascript:alert(1)"],
)  # fmt: skip
def test_nobody_is_led_elsewhere(console: ConsoleUnderTest, elsewhere: str) -> None:
    browser = Browser(console)
    for path in ("/console/language/en", "/console/language/xx"):
        assert browser.client.get(path, query_string={"next": elsewhere}).location == "/console"
    person = console.who(Role.CLERK)
    page = browser.client.get("/console/sign-in", query_string={"next": elsewhere})
    browser.client.post(
        "/console/sign-in",
        query_string={"next": elsewhere},
        data={**hidden_fields(page), "name": person.id, "password": PASSWORD},
    )
    answer = browser.send("/console/sign-in/code", code=console.code(person))
    assert answer.location == "/console"


@pytest.mark.parametrize(("hops", "seen"), [(0, "192.0.2.7"), (1, "203.0.113.5")])
def test_only_our_own_proxies_are_believed(console: ConsoleUnderTest, hops: int, seen: str) -> None:
    services = console.service.installation.services
    behind = replace(services, console=replace(services.console, proxy_hops=hops))
    app = create_app(behind)

    @app.get("/console-address")
    def told() -> str:
        return f"{address()} {request.is_secure}"

    headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.5", "X-Forwarded-Proto": "https"}
    answer = app.test_client().get(
        "/console-address", headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert answer.text == f"{seen} {hops == 1}"
