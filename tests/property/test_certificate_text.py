"""Whatever a body is called, its name fits a certificate, and short names stay as they are."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from issuance.personalise.certificate_text import organization_text
from tests.support.rehearsal_pki import RehearsalPki, make_rehearsal_pki

LONG = (
    "Ban Quản lý dự án đầu tư xây dựng các công trình giao thông và nông nghiệp tỉnh Thừa Thiên Huế"
)


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> RehearsalPki:
    folder: Path = tmp_path_factory.mktemp("text") / "vault"
    return make_rehearsal_pki(folder)


@settings(max_examples=150, deadline=None)
@given(st.text(min_size=1, max_size=120))
@example(LONG)
@example("x" * 80)
@example("a\u200b\u0301")
@example("Sở\r\nNội\tvụ")
def test_it_fits_and_settles(name: str) -> None:
    text = organization_text(name)
    assert len(text) <= 64
    assert unicodedata.is_normalized("NFC", text)
    assert text == text.strip()
    assert not any(unicodedata.category(character)[0] == "C" for character in text)
    assert organization_text(text) == text


def test_a_long_name_is_cut_at_a_word_and_certified(rehearsal: RehearsalPki) -> None:
    assert organization_text("Sở Nội vụ tỉnh Lâm Đồng") == "Sở Nội vụ tỉnh Lâm Đồng"
    assert organization_text("y" * 64) == "y" * 64
    text = organization_text(unicodedata.normalize("NFD", LONG))
    assert text == "Ban Quản lý dự án đầu tư xây dựng các công trình giao thông và…"
    subject = (("organization", text), ("common_name", "Trần Quốc Bảo"))
    assert rehearsal.issue(rehearsal.request(subject=subject))
