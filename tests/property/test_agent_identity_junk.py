"""Identities and signing requests of junk, and good ones with spoilt places."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import Malformed
from reader_agent.enrol.identity import new_key, parse_identity, signing_request
from web.agents.signing_request import parse_signing_request

KEY = new_key()
REQUEST = signing_request(KEY)


@settings(max_examples=80)
@given(st.binary(max_size=80) | st.sampled_from([b"-----BEGIN PRIVATE KEY-----\n"]))
def test_an_identity_of_junk_is_malformed(junk: bytes) -> None:
    with contextlib.suppress(Malformed):
        parse_identity(junk)


@settings(max_examples=150)
@given(st.integers(0, len(REQUEST)), st.integers(0, 4), st.binary(max_size=4))
def test_a_changed_request_is_malformed_or_of_its_own_key(at: int, gone: int, put: bytes) -> None:
    changed = REQUEST[:at] + put + REQUEST[at + gone :]
    with contextlib.suppress(Malformed):
        assert parse_signing_request(changed) == KEY.public_key()
