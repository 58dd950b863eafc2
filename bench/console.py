"""Server time of the console's pages among a million people, beside the limit of 200 ms.

A page is asked for by a signed-in browser without a screen, in process: sign-in, database and
template are in the time, the network and the browser's own work are not.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient

from bench.measure import Measurement, median, p95
from cardsvc.access_records import ALL_AGENCIES, Operator, Role
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.session_records import OperatorSession, SessionStage
from cardsvc.store.operator_store import SqlOperatorStore
from cardsvc.store.session_store import SqlSessionStore
from web.app import create_app
from web.bootstrap import Installation
from web.operators.sign_in import token_sha256

LIMIT_MS = 200.0
_ENOUGH_SECONDS = 3.0
_SMALL, _LARGE = "H57.3.4.5", "H57.3"
_NEXT = re.compile(r'href="([^"]*[?&;]after=[^"]*)"')
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
_RECORD = re.compile(r'href="(/console/(?:holders|cards|applications)/[0-9a-z-]{12,})"')
_NO_PAGES = ("static", "font", "language", "unknown", "sign_in.", "export", "csv", "xlsx")
_ASKS_ABOUT_SOMETHING = frozenset({400, 404, 422})
"""Answers of a page that has to be told which record it is about."""
_DEEP = 40


def measure_console(installation: Installation, *, calls: int = 30) -> list[Measurement]:
    """Measure every page of the console, its lists with filters of every kind.

    Args:
        installation: seeded.
        calls: of each page at most; a page that takes long is asked for less often.
    """
    app = create_app(installation.services)
    everywhere = _sign_in(app, installation, "do-toc-do", frozenset({ALL_AGENCIES}))
    rows = [
        _row(name, everywhere, path, calls)
        for name, path in (*_pages(app, everywhere), *_lists(), *_records(everywhere))
    ]
    for path in ("/console/holders?q=nguyen", "/console/cards", "/console/applications"):
        deep = _deep(everywhere, path)
        rows.append(
            _row(f"{path.removeprefix('/console/')} at page {_DEEP}", everywhere, deep, calls)
        )
    rows.append(_timed("holders by an exact number", _by_number(everywhere), calls))
    for name, agency in (("large", _LARGE), ("small", _SMALL)):
        bounded = _sign_in(app, installation, f"do-{name}", frozenset({agency}))
        rows += [
            _row(f"{area} of a {name} agency's operator", bounded, f"/console/{area}", calls)
            for area in ("holders", "holders?q=nguyen", "cards", "applications")
        ]
    return rows


def _sign_in(
    app: Flask, installation: Installation, operator_id: str, agencies: frozenset[str]
) -> FlaskClient:
    """Return a browser whose operator gave both factors."""
    at, token = installation.clock.now(), secrets.token_urlsafe(32)
    operators = SqlOperatorStore(installation.database)
    if operators.find(operator_id) is None:
        operator = Operator(
            id=operator_id, name="Lê Thị Lan", roles=frozenset(Role), password_hash="-",
            agencies=agencies, unit="Sở Nội vụ", must_change_password=False,
        )  # fmt: skip
        operators.add(operator, by="cli", at=at)
    session = OperatorSession(token_sha256(token), operator_id, SessionStage.OPEN, at, at, at)
    SqlSessionStore(installation.database).begin(session, older_than=at - timedelta(days=1))
    browser = app.test_client()
    with browser.session_transaction("/console") as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return browser


def _pages(app: Flask, browser: FlaskClient) -> Iterator[tuple[str, str]]:
    """Yield every page that can be opened with nothing but a role; files are none."""
    for rule in sorted(app.url_map.iter_rules(), key=str):
        name = rule.endpoint.removeprefix("console.")
        if name == rule.endpoint or rule.arguments or "GET" not in (rule.methods or ()):
            continue
        if any(part in name for part in _NO_PAGES):
            continue
        if browser.get(rule.rule).status_code not in _ASKS_ABOUT_SOMETHING:
            yield name, rule.rule


def _lists() -> Iterator[tuple[str, str]]:
    """Yield the lists with what people look for in them."""
    asked: Sequence[tuple[str, dict[str, str]]] = [
        *(
            ("holders", {"q": typed})
            for typed in (
                "nguyễn", "Nguyễn Văn", "nguyen van an", "ksor", "tôn nữ ước", "tuấn", "n v a",
                "khong co ai", "ff3a",
            )
        ),
        *(("holders", {"q": "nguyen", "agency": code}) for code in (_LARGE, _SMALL)),
        *(("holders", {"state": state.value}) for state in (CardState.TORN, CardState.ACTIVE)),
        ("holders", {"q": "thi", "state": CardState.SUSPENDED, "type": "individual"}),
        *(("applications", {"state": state.value}) for state in ApplicationState),
        *(("applications", {"agency": code}) for code in (_LARGE, _SMALL)),
        ("applications", {"agency": _SMALL, "state": ApplicationState.REQUESTED}),
        ("applications", {"kind": "renewal"}),
        ("applications", {"requested_by": "nobody"}),
        ("applications", {"card_type": "business"}),
        *(("cards", {"state": state.value}) for state in CardState),
        *(("cards", {"agency": code}) for code in (_LARGE, _SMALL)),
        ("cards", {"agency": _SMALL, "state": CardState.SUSPENDED}),
        *(("cards", {"within": days}) for days in ("30", "90")),
        ("cards", {"within": "90", "state": CardState.ACTIVE, "agency": _SMALL}),
        ("cards", {"card_type": "business"}),
    ]  # fmt: skip
    for area, arguments in asked:
        path = f"{area}?{urlencode(arguments)}"
        said = ", ".join(f"{name} {value}" for name, value in arguments.items())
        yield f"{area}: {said}", f"/console/{path}"


def _records(browser: FlaskClient) -> Iterator[tuple[str, str]]:
    for area in ("holders", "cards", "applications"):
        found = _RECORD.findall(browser.get(f"/console/{area}").text)
        if found:
            yield f"{area}, one record", found[-1]


def _deep(browser: FlaskClient, path: str) -> str:
    """Return the address of a page that lies behind many others."""
    for _ in range(_DEEP - 1):
        found = _NEXT.findall(browser.get(path).text)
        if not found:
            break
        path = unescape(found[-1])
    return path


def _by_number(browser: FlaskClient) -> Callable[[], int]:
    csrf = _CSRF.findall(browser.get("/console/holders").text)[-1]

    def ask() -> int:
        form = {"csrf_token": csrf, "q": "046155000000"}
        return browser.post("/console/holders/find", data=form).status_code

    return ask


def _row(name: str, browser: FlaskClient, path: str, calls: int) -> Measurement:
    return _timed(name, lambda: browser.get(path).status_code, calls)


def _timed(name: str, ask: Callable[[], int], calls: int) -> Measurement:
    """Ask once before the clock starts, then until there are enough times."""
    status, times, busy = ask(), list[float](), list[float]()
    if status >= 400:
        msg = f"{name}: answered {status}"
        raise RuntimeError(msg)
    started = time.perf_counter()
    while len(times) < calls and time.perf_counter() - started < _ENOUGH_SECONDS:
        before, processor = time.perf_counter_ns(), time.process_time_ns()
        ask()
        times.append((time.perf_counter_ns() - before) / 1e6)
        busy.append((time.process_time_ns() - processor) / 1e6)
    detail = (
        f"p95 of {len(times)}; p50 {median(times):.1f} ms, of which {median(busy):.1f} ms "
        "of processor; bare: the limit"
    )
    return Measurement(f"console, {name}", p95(times), "ms", LIMIT_MS, detail)
