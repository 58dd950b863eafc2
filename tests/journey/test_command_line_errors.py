"""What goes wrong on the command line is said in one line, without a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from reader_agent.cli import main as reader_agent
from tests.support.command_line import CommandLine, serve_command_line
from tests.support.installations import open_cheaply
from web.cli import main as cardsvc
from web.settings import Settings

GUID = "6f2c1c1e-7d1b-4c0e-9b1a-0c9f7a6b5d4e"
BY = ("--operator", "lan")
NAMED = ("--name", "x", *BY)
SECRET = "geheim-geheim"


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with serve_command_line(tmp_path_factory.mktemp("service")) as running:
        yield running


def run(command: click.Command, arguments: tuple[str, ...], environment: dict[str, str]) -> Result:
    result = CliRunner().invoke(command, arguments, env=environment)
    assert isinstance(result.exception, SystemExit), (arguments, result.exception)
    assert "Traceback" not in result.output
    assert SECRET not in result.output
    return result


def one_line(result: Result) -> str:
    assert result.exit_code in {1, 2}, result.output
    said = [text for text in result.output.splitlines() if not text.startswith(("Usage", "Try"))]
    said = [text for text in said if text]
    assert len(said) == 1, said
    return said[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",), ("--nonsense",), ("--config", "/nowhere", "init"), ("demo", "--twice"),
        ("agent", "enrol", "", *NAMED), ("agent", "enrol", "a\nb", *NAMED),
        ("agent", "enrol", "partner:trung-tam", *NAMED), ("agent", "enrol", "x" * 65, *NAMED),
        ("agent", "enrol", "ok", "--name", "\udcff", *BY), ("agent", "enrol", "ok", *NAMED[:3], ""),
        ("agent", "disable", "nobody", *BY), ("partner", "disable", "nobody", *BY),
        ("partner", "enrol", "a/b", *NAMED), ("partner", "policy", "nobody", "x", *BY),
        ("partner", "policy", "a", "b", "--level", "X9", *BY),
        ("card", "show", "x"), ("card", "show", GUID), ("card", "suspend", GUID, *BY),
        ("card", "revoke", GUID, "--reason", "unspecified", *BY),
        ("card", "revoke", GUID, "--reason", "certificateHold", *BY),
        ("application", "show", "x"), ("application", "approve", "\udcff", *BY),
        ("application", "request", "/bin/sh", *BY), ("application", "request", "/", *BY),
        ("desk", "open-job", "x", "--agent", "a", *BY),
        ("receipt", "verify", "/bin/sh", "--keys", "/bin/sh"),
        ("receipt", "verify", "/etc/passwd", "--keys", "/etc/passwd"),
    ],
)  # fmt: skip
def test_a_slip(line: CommandLine, arguments: tuple[str, ...]) -> None:
    assert one_line(run(cardsvc, arguments, line.environment)).startswith("Error: ")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("DATABASE_URL", f"nonsense {SECRET}", "database_url"),
        ("DATABASE_URL", f"mysql://u:{SECRET}@h/d", "database_url"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@127.0.0.1:9/d", "service_unavailable"),
        ("DATABASE_URL", "sqlite:///:memory:", "database_url"),
        ("DATABASE_URL", "sqlite:////nowhere/x.db", "/nowhere/x.db"),
        ("DATA_DIR", "/dev/null/x", "/dev/null/x"),
        ("VAULT_PASSPHRASE", SECRET, "vault_sealed"),
        ("VAULT_PASPHRASE", SECRET, "CARDSVC_VAULT_PASPHRASE"),
        ("PORT", SECRET, "port"),
    ],
)
def test_a_setting_that_is_wrong(line: CommandLine, name: str, text: str, why: str) -> None:
    environment = line.environment | {f"CARDSVC_{name}": text}
    for arguments in (("audit", "verify"), ("serve",)):
        assert why in one_line(run(cardsvc, arguments, environment))


@pytest.mark.parametrize(
    ("host", "why"),
    [("300.1.1.1", ""), ("192.0.2.1", "assign"), ("x" * 300, ""), ("127.0.0.1", "in use")],
)
def test_an_address_where_nothing_can_be_served(line: CommandLine, host: str, why: str) -> None:
    port = line.url.rpartition(":")[2]
    environment = line.environment | {"CARDSVC_HOST": host, "CARDSVC_PORT": port}
    assert why in one_line(run(cardsvc, ("serve",), environment))


def lose_passphrase(folder: Path) -> None:
    (folder / "vault.passphrase").unlink()


def expose_passphrase(folder: Path) -> None:
    (folder / "vault.passphrase").chmod(0o644)


def spoil_passphrase(folder: Path) -> None:
    (folder / "vault.passphrase").write_bytes(b"\xff\xfe")


def expose_vault(folder: Path) -> None:
    (folder / "vault").chmod(0o755)


def spoil_vault(folder: Path) -> None:
    (folder / "vault" / "vault.json").write_bytes(b"{}")


def spoil_database(folder: Path) -> None:
    for path in folder.glob("cardsvc.db*"):
        path.unlink()
    (folder / "cardsvc.db").write_bytes(b"garbage" * 1000)


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lose_passphrase, "vault.passphrase"),
        (expose_passphrase, "vault_exposed"),
        (spoil_passphrase, "vault.passphrase"),
        (expose_vault, "vault_exposed"),
        (spoil_vault, "vault_corrupt"),
        (spoil_database, "service_unavailable"),
    ],
)
def test_a_data_folder_that_was_harmed(
    tmp_path: Path, harm: Callable[[Path], None], why: str
) -> None:
    folder = tmp_path / "data"
    open_cheaply(Settings(data_dir=folder)).close()
    harm(folder)
    environment = {"CARDSVC_DATA_DIR": str(folder)}
    for arguments in (("audit", "verify"), ("serve",)):
        assert why in one_line(run(cardsvc, arguments, environment))


@pytest.mark.parametrize("url", ["nonsense", "ftp://x", "", "http://[::1", "http://127.0.0.1:1"])
@pytest.mark.parametrize("token", [b"a", b"", b"\xff\xfe", b"a\r\nX-Evil: 1", "é₫".encode()])
def test_an_agent_that_reaches_nobody(
    line: CommandLine, tmp_path: Path, url: str, token: bytes
) -> None:
    file = tmp_path / "token"
    file.write_bytes(token)
    asked = ("--relying-party", "a", "--service", "b")
    where = ("--service-url", url, "--token-file", str(file))
    result = run(
        reader_agent, ("tap", "--reader", "virtual:good", *where, *asked), line.environment
    )
    assert one_line(result).startswith("✗")
    assert result.exit_code == 2


def test_an_agents_slips(line: CommandLine, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("x")
    where = ("--reader", "virtual:good", "--service-url", line.url, "--token-file", str(token))
    for arguments in (
        ("tap", *where, "--relying-party", "\udcff", "--service", "b"),
        ("personalise", *where, "--job", "../../../status/ocsp?x#y"),
        ("virtual", "new", str(tmp_path / "nowhere" / "card.json")),
    ):
        one_line(run(reader_agent, arguments, line.environment))


def commands(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(group, click.Group):
        for name, one in group.commands.items():
            yield from commands(one, (*path, name))


@pytest.mark.parametrize("program", [cardsvc, reader_agent])
def test_every_command_tells_what_it_is_for(program: click.Command) -> None:
    for path in commands(program):
        result = CliRunner().invoke(program, [*path, "--help"])
        assert result.exit_code == 0, (path, result.output)
        usage, said, *_ = [text for text in result.output.splitlines() if text]
        assert usage.startswith("Usage: ")
        assert len(said.strip()) > 10, path
