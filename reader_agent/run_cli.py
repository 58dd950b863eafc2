"""``reader-agent run``: one process that owns all readers of this machine."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from contextlib import ExitStack
from logging.handlers import RotatingFileHandler
from pathlib import Path

import click

from cardsvc.errors import CardsvcError, ReasonCode
from reader_agent import platform
from reader_agent.run.config import LogConfig

_LOG = logging.getLogger(__name__)
_LINE = "%(asctime)s %(levelname)s %(threadName)s: %(message)s"


@click.command("run")
@click.option(
    "--config",
    "config_file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="agent.toml",
)
@click.option("--check", is_flag=True, help="read the configuration, say what is wrong, and end")
def run_agent(*, config_file: Path, check: bool) -> None:
    """Chạy tác nhân đầu đọc – own this machine's readers until told to stop.

    Exit status: 0 ended in order, 1 a part had to be left behind, 2 could not start.
    """
    with ExitStack() as held:
        _run(config_file, held, check=check)


def _run(config_file: Path, held: ExitStack, *, check: bool) -> None:
    from reader_agent.run.compose import assemble  # noqa: PLC0415 - heavy; --help is not
    from reader_agent.run.config import load_agent_config  # noqa: PLC0415
    from reader_agent.run.loose_roles import loose_roles_told  # noqa: PLC0415

    try:
        config = load_agent_config(config_file)
        told = loose_roles_told(config)
        if check:
            click.echo("\n".join([f"✓ {config_file}", *(f"! {one}" for one in told)]))
            return
        _start_log(config.log)
        for one in told:
            _LOG.warning("%s", one)
        _take_folder(config.state_dir, held)
        agent = assemble(config)
    except (CardsvcError, OSError) as error:
        click.echo(f"✗ {config_file}: {error}", err=True)
        sys.exit(2)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    tell = platform.service_notifier()
    with agent:
        _LOG.info("%d readers, service %s", len(config.readers), config.service.url)
        tell("READY=1")
        in_time = agent.run(stop, tick=lambda: tell("WATCHDOG=1"))
        tell("STOPPING=1")
    _LOG.info("ended")
    sys.exit(0 if in_time else 1)


def _take_folder(state_dir: Path, held: ExitStack) -> None:
    """Keep a second agent off: both would read each card, and open each door.

    Raises:
        CardsvcError: another agent has the folder.
        OSError: it can't be made or opened.
    """
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not held.enter_context(platform.sole_use(state_dir)):
        what = f"another agent runs with the data folder {state_dir}: stop it first"
        raise CardsvcError(ReasonCode.SERVICE_UNAVAILABLE, what)


def _start_log(log: LogConfig) -> None:
    handler: logging.Handler = logging.StreamHandler()
    if log.file is not None:
        log.file.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            log.file, maxBytes=log.max_octets, backupCount=log.keep, encoding="utf-8"
        )
    handler.setFormatter(logging.Formatter(_LINE))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log.level)
