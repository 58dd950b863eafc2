"""Identities and signing requests of junk, and good ones with spoilt places."""

from __future__ import annotations

import contextlib

from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cardsvc.errors import Malformed
from cardsvc.wire.enrolment import EnrolledMessage
from reader_agent.enrol.identity import identity_of, new_key, parse_identity, signing_request
from tests.support.virtual_cards import self_signed
from web.agents.signing_request import parse_signing_request

KEY = new_key()
REQUEST = signing_request(KEY)
CERTIFICATE = self_signed(KEY, "ki-ot").public_bytes(Encoding.DER)
VERSION = CERTIFICATE.index(b"\xa0\x03\x02\x01") + 4


@settings(max_examples=80)
@given(st.binary(max_size=80) | st.sampled_from([b"-----BEGIN PRIVATE KEY-----\n"]))
def test_an_identity_of_junk_is_malformed(junk: bytes) -> None:
    with contextlib.suppress(Malformed):
        parse_identity(junk)


@settings(max_examples=150)
@example(REQUEST.index(b"\x02\x01\x00"), 3, b"\x02\x01\x01")  # RFC 2986 has no such version
@given(st.integers(0, len(REQUEST)), st.integers(0, 4), st.binary(max_size=4))
def test_a_changed_request_is_malformed_or_of_its_own_key(at: int, gone: int, put: bytes) -> None:
    changed = REQUEST[:at] + put + REQUEST[at + gone :]
    with contextlib.suppress(Malformed):
        assert parse_signing_request(changed) == KEY.public_key()


@settings(max_examples=150)
@example(VERSION, 1, b"\x05")  # X.509 has no such version
@given(st.integers(0, len(CERTIFICATE)), st.integers(0, 4), st.binary(max_size=4))
def test_an_answer_with_a_changed_certificate_is_malformed(at: int, gone: int, put: bytes) -> None:
    changed = CERTIFICATE[:at] + put + CERTIFICATE[at + gone :]
    with contextlib.suppress(Malformed):
        identity_of(KEY, EnrolledMessage("ki-ot", changed, CERTIFICATE))
