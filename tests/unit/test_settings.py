"""Settings: from a file and the environment, typed, and never silently misread."""

from __future__ import annotations

from pathlib import Path

import pytest

from web.settings import Settings, SettingsError, load_settings


def test_nothing_is_needed() -> None:
    settings = load_settings(environ={})
    assert settings == Settings()
    assert settings.effective_database_url.startswith("sqlite:////")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "cardsvc.toml"
    file.write_text('host = "::1"\nport = 1\ndata_dir = "/srv/thẻ"\n', "utf-8")
    settings = load_settings(file, {"CARDSVC_PORT": "8000", "HOME": "/root"})
    assert (settings.host, settings.port, settings.data_dir) == ("::1", 8000, Path("/srv/thẻ"))


def test_what_is_handed_on_is_read_back() -> None:
    settings = Settings(data_dir=Path("/srv/x"), database_url="postgresql://a/b", port=9)
    assert load_settings(environ=settings.as_environment()) == settings


@pytest.mark.parametrize(
    "text",
    [
        "ports = 1", 'port = "x"', "port = true", "port = 0", "port = 65536", "port = 1.5",
        'port = "１"', "host = 1", 'host = ["a"]', 'data_dir = ""', "data_dir = 3", "port = ",
        'data_dir = "~there-is-nobody-of-that-name/x"', "port = 1\nport = 2", '[database]\nurl="x"',
        'host = "a\\u0000"', 'data_dir = "a\\u0000"',
    ],
)  # fmt: skip
def test_a_file_that_is_not_as_it_should_be(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cardsvc.toml"
    file.write_text(text)
    with pytest.raises(SettingsError):
        load_settings(file, {})


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'host = "\xff"')
    for name in ("latin", "absent", "."):
        with pytest.raises(SettingsError):
            load_settings(tmp_path / name, {})


@pytest.mark.parametrize(
    "environ",
    [
        {"CARDSVC_VAULT_PASPHRASE": "geheim"},
        {"CARDSVC_": "geheim"},
        {"CARDSVC_PORT": "geheim"},
        {"CARDSVC_PORT": "9" * 5000},
        {"CARDSVC_PORT": ""},
        {"CARDSVC_HOST": ""},
        {"CARDSVC_STOCK": "geheim"},
        {"CARDSVC_BLANK_SERIAL_PATTERN": "geheim("},
        {"CARDSVC_DATA_DIR": ""},
        {"CARDSVC_PUBLIC_URL": "geheim.tinh.gov.vn"},
        {"CARDSVC_PUBLIC_URL": "http://"},
        {"CARDSVC_PUBLIC_URL": "http://thẻ.geheim.vn"},
        {"CARDSVC_PUBLIC_URL": "http://geheim:x"},
        {"CARDSVC_PUBLIC_URL": "http://[geheim"},
        {"CARDSVC_PUBLIC_URL": "http://ai:geheim@the.vn"},
        {"CARDSVC_PUBLIC_URL": "http://the.vn/?geheim"},
        {"CARDSVC_PUBLIC_URL": "http://the.vn/ geheim"},
        {"CARDSVC_PUBLIC_URL": "ftp://geheim.vn"},
    ],
)
def test_a_slip_in_the_environment_is_named_and_its_value_is_not(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ=environ)
    assert "geheim" not in str(caught.value)
    (name,) = environ
    assert name in str(caught.value) or name.removeprefix("CARDSVC_").lower() in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://the.tinh.gov.vn",
        "https://10.1.2.3:8440/",
        "http://[fd00::1]:80/the",
        "http://x_1/a-b",
    ],
)
def test_addresses_that_certificates_can_carry(url: str) -> None:
    assert load_settings(environ={"CARDSVC_PUBLIC_URL": url}).public_url == url


def test_another_programs_variables_are_its_own() -> None:
    assert load_settings(environ={"CARDSVC_TESTERS_REALM": "/x", "PORT": "x"}) == Settings()


def test_secrets_do_not_show() -> None:
    settings = Settings(
        database_url="postgresql://u:geheim@h/d", vault_passphrase="geheim",
        root_vault_passphrase="geheim",
    )  # fmt: skip
    assert "geheim" not in repr(settings)
