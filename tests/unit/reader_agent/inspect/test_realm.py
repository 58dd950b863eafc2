"""The testers' realm is founded once and kept."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cardsvc.errors import Malformed, ReasonCode
from reader_agent.personas.catalogue import PERSONAS
from reader_agent.personas.realm_file import encode_realm, load_or_found, parse_realm
from tests.support.personas import FOUNDED, realm


def test_the_realm_is_the_same_at_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "realm.json"
    first = load_or_found(path, lambda: FOUNDED)
    again = load_or_found(path, lambda: pytest.fail("founded twice"))
    assert encode_realm(again) == encode_realm(first)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_founders_agree_on_one_realm(tmp_path: Path) -> None:
    path = tmp_path / "realm.json"

    def meanwhile_another_founds_it():
        path.write_bytes(encode_realm(realm()))
        return FOUNDED

    found = load_or_found(path, meanwhile_another_founds_it)
    assert encode_realm(found) == encode_realm(realm())
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.reason(ReasonCode.MALFORMED_MESSAGE)
@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"[" * 100_000, b"\xff", b'{"format": 9}'])
def test_what_is_no_realm_is_refused(text: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        parse_realm(text)
    assert caught.value.reason is ReasonCode.MALFORMED_MESSAGE


def test_a_realm_of_another_edition_is_founded_anew(tmp_path: Path) -> None:
    path = tmp_path / "realm.json"
    path.write_bytes(encode_realm(realm()).replace(b'"format": 2', b'"format": 1'))
    assert load_or_found(path, lambda: FOUNDED).founded == FOUNDED
    assert parse_realm(path.read_bytes()).founded == FOUNDED


def test_private_keys_are_not_shown() -> None:
    assert "PRIVATE" not in repr(realm())


def test_every_persona_says_what_must_be_found() -> None:
    assert {"good", "revoked", "suspended", "expired", "not_yet_valid", "cloned", "torn", "slow",
            "wrong_pin", "blocked_pin", "tampered_chuid", "foreign_issuer", "garbage"} <= set(
        PERSONAS
    )  # fmt: skip
