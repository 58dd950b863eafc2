"""Looks at the device itself: its identity, its disk, its outbox."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from cardsvc.errors import CardError, Malformed
from reader_agent import platform
from reader_agent.doctor.finding import Finding, Sign
from reader_agent.enrol.identity import load_identity
from reader_agent.run.config import AgentConfig
from reader_agent.service_options import read_token

LOW_OCTETS = 100 * 1024 * 1024
BACKLOG = 1000
_PROBE = ".doctor"
_UNSENT = "SELECT seq - acknowledged FROM chain"


def check_device(config: AgentConfig, at: datetime) -> list[Finding]:
    """Return what is to be said of the device; nothing of a folder that is not ours."""
    disk = check_disk(config.state_dir)
    if any(one.sign is Sign.DATA_FORBIDDEN for one in disk):
        return disk
    outbox = check_outbox(config.state_dir / config.outbox.file)
    return [*disk, *check_identity(config, at), *outbox]


def check_identity(config: AgentConfig, at: datetime) -> list[Finding]:
    """Return what is to be said of how the device signs in."""
    try:
        identity = load_identity(config.state_dir)
    except CardError:
        return [Finding(Sign.IDENTITY_EXPOSED, "identity.pem")]
    except (Malformed, OSError):
        return [Finding(Sign.IDENTITY_BROKEN, "identity.pem")]
    if identity is None:
        return _check_token(config.service.token_file)
    until = identity.certificate.not_valid_after_utc
    if at >= until:
        return [Finding(Sign.CERTIFICATE_EXPIRED, f"{until:%Y-%m-%d}")]
    if at >= identity.renew_at():
        return [Finding(Sign.CERTIFICATE_NEAR, f"{until:%Y-%m-%d}")]
    return [Finding(Sign.IDENTITY_GOOD, f"{identity.name}, {until:%Y-%m-%d}")]


def _check_token(token_file: Path | None) -> list[Finding]:
    if token_file is None:
        return [Finding(Sign.NOT_ENROLLED)]
    try:
        read_token(token_file)
    except CardError:
        return [Finding(Sign.TOKEN_UNREADABLE, str(token_file))]
    return [Finding(Sign.IDENTITY_GOOD, "token")]


def check_disk(state_dir: Path) -> list[Finding]:
    """Return what is to be said of the data folder."""
    probe = state_dir / _PROBE
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.write_bytes(bytes(4096))
        probe.unlink()
        free = platform.free_octets(state_dir)
    except PermissionError:
        return [Finding(Sign.DATA_FORBIDDEN, str(state_dir))]
    except OSError as error:
        return [Finding(Sign.DISK_READONLY, error.strerror or type(error).__name__)]
    megabytes = f"{free // 1024**2} MB"
    return [Finding(Sign.DISK_LOW if free < LOW_OCTETS else Sign.DISK_GOOD, megabytes)]


def check_outbox(file: Path) -> list[Finding]:
    """Return what is to be said of the outbox; it is only read, the agent may use it now."""
    if not file.exists():
        return [Finding(Sign.OUTBOX_GOOD, "0")]
    try:
        file.open("r+b").close()
    except PermissionError:  # of another user: the agent was started by root once, mostly
        return [Finding(Sign.DATA_FORBIDDEN, str(file))]
    except OSError:
        return [Finding(Sign.OUTBOX_BROKEN, file.name)]
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=2)) as book:
            (unsent,) = book.execute(_UNSENT).fetchone()
    except (sqlite3.Error, TypeError):
        return [Finding(Sign.OUTBOX_BROKEN, file.name)]
    return [Finding(Sign.OUTBOX_BACKLOG if unsent > BACKLOG else Sign.OUTBOX_GOOD, str(unsent))]
