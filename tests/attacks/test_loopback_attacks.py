"""Other sites, other names and other programs at the agent's loopback server: all are refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from cardsvc.errors import CardError, ReasonCode
from reader_agent.loopback.secret_file import shared_secret
from tests.support.kiosk import RunningKiosk, await_that, running_kiosk

NOBODY = "http://127.0.0.1:9"
TYPED = "482913"


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKiosk]:
    folder = tmp_path_factory.mktemp("agent")
    with running_kiosk(folder, NOBODY, "t" * 43, "trung-tam-hcc") as running:
        await_that(lambda: answers(running))
        yield running


def answers(kiosk: RunningKiosk) -> bool:
    try:
        return ask(kiosk, "GET", "/kiosk/").status == 403
    except urllib3.exceptions.HTTPError:
        return False


def ask(kiosk: RunningKiosk, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
    return urllib3.request(method, kiosk.url + path, retries=False, redirect=False, **options)


def page_headers(kiosk: RunningKiosk, **more: str) -> dict[str, str]:
    told = {"Cookie": f"cardsvc_kiosk={kiosk.secret}", "Content-Type": "application/json"}
    return told | {"Origin": kiosk.url, "Sec-Fetch-Site": "same-origin"} | more


def act(kiosk: RunningKiosk, headers: dict[str, str], body: bytes | None = None) -> int:
    sent = body if body is not None else b'{"action":"back","step":0}'
    return ask(kiosk, "POST", "/kiosk/v1/act", headers=headers, body=sent).status


def test_the_page_itself_is_let_in(kiosk: RunningKiosk) -> None:
    assert act(kiosk, page_headers(kiosk)) == 204
    opened = ask(kiosk, "GET", f"/kiosk/open/{kiosk.secret}")
    cookie = opened.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil", ""])
def test_dns_rebinding_is_noticed_at_the_host(kiosk: RunningKiosk, host: str) -> None:
    headers = page_headers(kiosk, Host=f"{host}:{kiosk.port}" if host.startswith("evil") else host)
    assert act(kiosk, headers) in (400, 421)
    assert ask(kiosk, "GET", "/kiosk/static/kiosk.js", headers=headers).status in (400, 421)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:9999", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_site_in_the_same_browser_moves_nothing(
    kiosk: RunningKiosk, headers: dict[str, str]
) -> None:
    assert act(kiosk, page_headers(kiosk, **headers)) == 403


@pytest.mark.parametrize("secret", ["", "x" * 32, "é" * 16])
def test_without_the_secret_there_is_no_page(kiosk: RunningKiosk, secret: str) -> None:
    headers = page_headers(kiosk, Cookie=f"cardsvc_kiosk={secret}".encode().decode("latin-1"))
    for path in ("/kiosk/", "/kiosk/v1/page", "/kiosk/v1/screen"):
        assert ask(kiosk, "GET", path, headers=headers).status == 403
    assert act(kiosk, headers) == 403
    assert ask(kiosk, "GET", "/kiosk/open/" + "x" * 32).status == 403


def test_a_form_of_another_kind_is_not_read(kiosk: RunningKiosk) -> None:
    headers = page_headers(kiosk, **{"Content-Type": "text/plain"})
    assert act(kiosk, headers) == 415


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"action":"choose","step":0,"number":99}', b'{"action":"x","step":-1}',
     b'{"action":"typed","step":0,"text":"' + b"1" * 17 + b'"}'],
)  # fmt: skip
def test_junk_is_malformed_and_tells_nothing(kiosk: RunningKiosk, body: bytes) -> None:
    assert act(kiosk, page_headers(kiosk), body) == 400


def test_the_page_may_load_nothing_from_elsewhere_and_is_kept_nowhere(kiosk: RunningKiosk) -> None:
    told = ask(kiosk, "GET", "/kiosk/", headers=page_headers(kiosk)).headers
    policy = told["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert told["Cache-Control"] == "no-store"


def test_no_way_leads_out_of_the_page_s_folder(kiosk: RunningKiosk) -> None:
    for path in ("../part.py", "..%2fpart.py", "%2e%2e/part.py", "/etc/passwd"):
        assert ask(kiosk, "GET", f"/kiosk/static/{path}").status in (403, 404, 308)


def test_what_is_typed_is_in_no_log_and_no_answer(
    kiosk: RunningKiosk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    stream = ask(
        kiosk, "GET", "/kiosk/v1/screen", headers=page_headers(kiosk), preload_content=False
    )
    told = iter(stream)
    first = screen_of(told)
    chosen = {"action": "choose", "step": first["step"], "number": 5}
    assert act(kiosk, page_headers(kiosk), json.dumps(chosen).encode()) == 204
    pad = screen_of(told)
    assert pad["kind"] == "pad"
    typed = json.dumps({"action": "typed", "step": pad["step"], "text": TYPED * 2}).encode()
    answer = ask(kiosk, "POST", "/kiosk/v1/act", headers=page_headers(kiosk), body=typed)
    after = screen_of(told)
    assert (after["kind"], after["most"]) == ("pad", 8)
    stream.close()
    assert TYPED not in caplog.text + json.dumps(after) + answer.data.decode()


def screen_of(stream: Iterator[bytes]) -> dict[str, Any]:
    for line in stream:
        if line.startswith(b"data: "):
            return dict(json.loads(line.removeprefix(b"data: ")))
    msg = "the stream ended"
    raise AssertionError(msg)


def test_a_secret_that_others_can_read_is_none(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.key"
    made = shared_secret(file)
    assert shared_secret(file) == made
    assert file.stat().st_mode & 0o077 == 0
    file.chmod(0o644)
    with pytest.raises(CardError) as caught:
        shared_secret(file)
    assert caught.value.reason is ReasonCode.ACCESS_DENIED
    file.unlink()
    file.touch(0o600)
    with pytest.raises(CardError):
        shared_secret(file)
