"""Operators from the command line: the first administrator, and what an administrator can't do."""

from __future__ import annotations

from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner, Result

from tests.support.installations import open_cheaply
from web.bootstrap import open_installation
from web.cli import main
from web.settings import Settings

PASSWORD = "trăng soi bến Ngự"
ADMINISTRATOR = ("--name", "Nguyễn Đình Quân", "--role", "administrator", "--agency", "*")


class Shell:
    """Runs ``cardsvc operator`` on one installation."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data_dir=folder, vault_passphrase="mật khẩu của kho")
        open_cheaply(self.settings).close()

    def run(self, *arguments: str, typed: str = "") -> Result:
        by = () if arguments[0] == "list" else ("--operator", "cai-dat")
        return CliRunner().invoke(
            main, ("operator", *arguments, *by), env=self.settings.as_environment(), input=typed
        )

    def add(self, name: str, *more: str, password: str = PASSWORD) -> Result:
        options = more or ADMINISTRATOR
        return self.run("add", name, *options, "--password-stdin", typed=f"{password}\n")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_the_first_administrator(shell: Shell) -> None:
    added = shell.add("quan-tri")
    assert added.exit_code == 0, added.output
    factor = pyotp.parse_uri(added.output.strip())
    assert (factor.name, factor.issuer) == ("quan-tri", "cardsvc")
    assert "quan-tri\tenabled\tadministrator\t*\tNguyễn Đình Quân" in shell.run("list").output
    installation = open_installation(shell.settings)
    token = installation.services.console.sign_in.give_password(
        "quan-tri", PASSWORD, "127.0.0.1", installation.clock.now()
    )
    installation.close()
    assert isinstance(token, str)


def test_a_password_is_asked_for_twice(shell: Shell) -> None:
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    assert shell.run("add", "quan-tri", *ADMINISTRATOR, typed=typed).exit_code == 0


@pytest.mark.parametrize(
    ("name", "password", "told"),
    [
        ("quan-tri", "ngắn", "at least 12"),
        ("quan-tri", "123456789012", "too common"),
        ("quan-tri", "tôi là quan-tri đây", "holds the name"),
        ("Quản trị", PASSWORD, "malformed_message"),
    ],
)
def test_what_is_refused(shell: Shell, name: str, password: str, told: str) -> None:
    refused = shell.add(name, password=password)
    assert refused.exit_code == 1
    assert told in refused.output
    assert shell.run("list").output == ""


def test_a_name_is_given_once(shell: Shell) -> None:
    shell.add("quan-tri")
    again = shell.add("quan-tri", "--name", "Kẻ khác", "--role", "clerk")
    assert again.exit_code == 1
    assert "the sign-in name is taken" in again.output
    assert "Nguyễn Đình Quân" in shell.run("list").output


def test_shutting_out_and_resetting(shell: Shell) -> None:
    first = shell.add("quan-tri").output
    shell.add("lan", "--name", "Lê Thị Lan", "--role", "clerk", "--agency", "H57.12")
    assert shell.run("disable", "lan").exit_code == 0
    assert "lan\tdisabled\tclerk\tH57.12" in shell.run("list").output
    last = shell.run("disable", "quan-tri")
    assert "nobody would be left to administer" in last.output
    reset = shell.run("reset-totp", "quan-tri")
    assert reset.output.startswith("otpauth://totp/")
    assert reset.output != first
    assert len(shell.run("reset-password", "quan-tri").output.strip()) == 19
    for command in ("disable", "reset-totp", "reset-password"):
        refused = shell.run(command, "khong-co")
        assert refused.exit_code == 1
        assert "see `cardsvc operator list`" in refused.output
