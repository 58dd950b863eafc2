"""What a password must be, and what becomes of it."""

from __future__ import annotations

import unicodedata

import pytest
from argon2 import PasswordHasher

from web.operators.passwords import MAX_CHARACTERS, PasswordFault, Passwords, password_fault

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
GOOD = "trăng soi bến Ngự"


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("ngắn quá", PasswordFault.TOO_SHORT),
        ("x" * (MAX_CHARACTERS + 1), PasswordFault.TOO_LONG),
        ("aaaaaaaaaaaaa", PasswordFault.COMMON),
        ("123412341234", PasswordFault.COMMON),
        ("Password1234", PasswordFault.COMMON),
        ("Mật khẩu 123456", PasswordFault.COMMON),
        ("Vietnam vo dich!", PasswordFault.COMMON),
        ("Khuê ở bến Ngự Huế", PasswordFault.HOLDS_NAME),
        ("tôi là can-bo-khue", PasswordFault.HOLDS_NAME),
        (GOOD, None),
        ("ể" * 3 + "correct horse", None),
    ],
)
def test_rules(password: str, fault: PasswordFault | None) -> None:
    assert password_fault(password, "can-bo-khue", "Khuê Nguyễn", "Khuê") is fault


def test_a_syllable_of_another_word_is_no_name() -> None:
    assert password_fault("trăng soi bến Ngự", "duc-tran", "Trần Văn Đức", "Trần", "Văn") is None
    for password in ("bên bờ Trần-gian", "tranvanduc1234", "xin-chào-Văn-Đức-Trần"):
        fault = password_fault(password, "duc-tran", "Trần Văn Đức", "Trần", "Văn")
        assert fault is PasswordFault.HOLDS_NAME


def test_short_names_are_no_hindrance() -> None:
    assert password_fault("một an toàn khác", "an", "Vũ An", "Vũ", "An") is None


def test_hashes_differ_and_match() -> None:
    passwords = Passwords(CHEAP)
    one, other = passwords.hash(GOOD), passwords.hash(GOOD)
    assert one != other
    assert one.startswith("$argon2id$")
    assert passwords.matches(one, GOOD)
    assert passwords.matches(one, unicodedata.normalize("NFD", GOOD))
    assert not passwords.matches(one, GOOD + " ")
    assert not passwords.matches(None, GOOD)
    assert not passwords.matches(None, "nobody has this password")
    assert not passwords.matches("", GOOD)
    assert not passwords.matches("$argon2id$junk", GOOD)
    assert not passwords.matches(one, "x" * 10_000_000)


def test_parameters_are_those_of_rfc_9106_and_older_ones_are_noticed() -> None:
    passwords = Passwords()
    # section 4, the second recommended option: 3 passes, 64 MiB, 4 lanes
    assert "$m=65536,t=3,p=4$" in passwords.hash(GOOD)
    assert passwords.is_outdated(CHEAP.hash(GOOD))
    assert not passwords.is_outdated(passwords.hash(GOOD))
