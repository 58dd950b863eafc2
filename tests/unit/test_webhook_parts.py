"""Where webhooks may point, and how calls are signed."""

from __future__ import annotations

import base64
import contextlib
import hmac
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardsvc.errors import Malformed
from cardsvc.event_records import Webhook
from tests.support.installations import AT
from web.events.endpoint import AddressRule, Endpoint, parse_networks
from web.events.signature import secret_text, secrets_in_use, signed_headers


def test_an_address_is_taken_apart() -> None:
    assert Endpoint.parse("https://hv.example/a?b=c") == Endpoint("hv.example", 443, "/a?b=c")
    assert Endpoint.parse("https://[fd00::1]:8443") == Endpoint("fd00::1", 8443, "/")


@pytest.mark.parametrize(
    "url",
    [
        "", "http://hv.example/", "https://", "https:///a", "https://u:p@hv.example/",
        "https://@hv.example/", "https://hv.example/#x", "https://hv.example/#", "https://h:0/",
        "https://h:65536/", "https://h:x/", "https://hv.example\\@10.0.0.1/", "https://h/a b",
        "https://hv.exämple/", "https://h/\r\nX: y", "ftp://h/", "https://[fd00::1/",
        "https://h/" + "a" * 500,
    ],
)  # fmt: skip
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(Malformed):
        Endpoint.parse(url)


@given(st.text(max_size=30).map(lambda text: f"https://{text}") | st.text(max_size=30))
def test_junk_raises_nothing_else(text: str) -> None:
    with contextlib.suppress(Malformed):
        endpoint = Endpoint.parse(text)
        assert endpoint.host
        assert 0 < endpoint.port < 65_536
        assert endpoint.target.startswith("/")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "::1",
        "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "224.0.0.1",
        "ff02::1", "::", "255.255.255.255", "no address", "",
    ],
)  # fmt: skip
def test_inner_addresses_are_closed_unless_listed(address: str) -> None:
    assert not AddressRule().allows(address)


def test_public_and_listed_addresses_are_open() -> None:
    assert AddressRule().allows("203.162.4.190")
    assert AddressRule().allows("2001:ee0::1")
    listed = AddressRule(parse_networks("10.20.0.0/16, fd00::/8"))
    assert listed.allows("10.20.3.4")
    assert listed.allows("::ffff:10.20.3.4")
    assert listed.allows("fd12::1")
    assert not listed.allows("10.21.0.1")
    for wrong in ("10.20.0.1/16", "x", "10.0.0.0/33"):
        with pytest.raises(ValueError, match=r".+"):
            parse_networks(wrong)


def test_calls_are_signed_as_the_specification_says() -> None:
    secret, body = b"\x07" * 32, b'{"a":1}'
    headers = signed_headers([secret], "benh-vien-7", AT, body)
    signed = f"benh-vien-7.{int(AT.timestamp())}.".encode() + body
    expected = base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(int(AT.timestamp()))
    assert secret_text(secret) == "whsec_" + base64.b64encode(secret).decode()


def test_the_former_secret_signs_for_a_while() -> None:
    def secret_of(webhook: str, version: int) -> bytes:
        return f"{webhook}{version}".encode()

    webhook = Webhook("w", "p", "https://h/", enabled=True, secret_version=3)
    assert secrets_in_use(webhook, secret_of, AT) == [b"w3"]
    webhook = Webhook("w", "p", "u", enabled=True, secret_version=3, former_until=AT)
    assert secrets_in_use(webhook, secret_of, AT - timedelta(seconds=1)) == [b"w3", b"w2"]
    assert secrets_in_use(webhook, secret_of, AT) == [b"w3"]
    assert signed_headers([b"a", b"b"], "e", AT, b"")["webhook-signature"].count("v1,") == 2
