"""A service that the command line works on: the system's clock, a cheap vault, a free port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from reader_agent.cli import main as reader_agent
from tests.support.installations import open_cheaply
from web.app import create_app
from web.cli import main as cardsvc
from web.loopback import on_loopback
from web.settings import Settings


@dataclass
class CommandLine:
    """Runs commands as their users do, against one running service."""

    url: str
    environment: dict[str, str]

    def cardsvc(self, *arguments: str, status: int = 0) -> str:
        result = CliRunner().invoke(cardsvc, arguments, env=self.environment)
        return _output(result, status)

    def agent(self, *arguments: str, status: int = 0, typed: str = "") -> str:
        result = CliRunner().invoke(reader_agent, arguments, env=self.environment, input=typed)
        return _output(result, status)


def _output(result: Result, status: int) -> str:
    assert result.exit_code == status, (result.output, result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output.strip()


@contextmanager
def serve_command_line(folder: Path, stock: str = "off") -> Iterator[CommandLine]:
    """Open a service in a folder and serve it on a free port of loopback.

    Tests that are not about blanks keep no books of them.
    """
    settings = Settings(data_dir=folder, vault_passphrase="mật khẩu của kho", stock=stock)
    installation = open_cheaply(settings)
    environment = settings.as_environment() | {"CARDSVC_TESTERS_REALM": str(folder / "realm.json")}
    try:
        with on_loopback(create_app(installation.services), quiet=False) as url:
            yield CommandLine(url, environment)
    finally:
        installation.close()
