"""What agent.toml says, as one frozen value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformdirs import user_state_path

from reader_agent.counter.config import CounterConfig, parse_counter
from reader_agent.door.config import NO_DOORS, DoorsConfig, parse_doors
from reader_agent.kiosk.config import KioskConfig, parse_kiosk
from reader_agent.loopback.config import LoopbackConfig, parse_loopback
from reader_agent.offline.config import OfflineConfig, parse_offline_config
from reader_agent.outbox.config import OutboxConfig, parse_outbox_config
from reader_agent.run.attendance import AttendanceService, parse_attendance
from reader_agent.run.config_section import ConfigError, ConfigSection, parse_config_text
from reader_agent.run.reader_config import ReaderConfig, parse_readers


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """Where the service is, and how we show who we are.

    Args:
        url: ``https://…``; plain http serves loopback only.
        token_file: holds a bearer token, for an agent that is not enrolled with a key.
        ca_file: PEM of the authority of the service's own TLS certificate; None for the system's.
        answer_seconds: how long an answer may take before we decide without the service.
    """

    url: str
    token_file: Path | None = None
    ca_file: Path | None = None
    answer_seconds: float = 4.0


@dataclass(frozen=True, slots=True)
class LogConfig:
    """Where the log goes.

    Args:
        level: such as ``INFO``.
        file: is turned over at ``max_octets``; None for standard error, which journald keeps.
        max_octets: size of one file.
        keep: how many old files stay.
    """

    level: str = "INFO"
    file: Path | None = None
    max_octets: int = 5_000_000
    keep: int = 5


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """Everything that an agent is told.

    Args:
        relying_party: on whose behalf cards are asked.
        state_dir: for the device's key, the outbox and what else must outlive a restart.
        service: where the service is.
        readers: in the order of the file.
        log: where the log goes.
        loopback: where it serves this machine.
        kiosk: None where it is none.
        counter: None where it is none.
        doors: those that this agent works.
        attendance: services whose taps count for attendance.
        outbox: how events are kept.
        offline: how to decide while the service is away.
        source: what it was parsed from, for settings that come on top of it.
    """

    relying_party: str
    state_dir: Path
    service: ServiceConfig
    readers: tuple[ReaderConfig, ...] = ()
    log: LogConfig = LogConfig()
    loopback: LoopbackConfig = field(default_factory=LoopbackConfig)
    kiosk: KioskConfig | None = None
    counter: CounterConfig | None = None
    doors: DoorsConfig = NO_DOORS
    attendance: tuple[AttendanceService, ...] = ()
    outbox: OutboxConfig = field(default_factory=OutboxConfig)
    offline: OfflineConfig = field(default_factory=OfflineConfig)
    source: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def readers_for(self, *roles: str) -> tuple[ReaderConfig, ...]:
        """Return the readers that serve one of these roles."""
        return tuple(one for one in self.readers if one.role in roles)


def parse_agent_config(text: str) -> AgentConfig:
    """Parse agent.toml.

    Raises:
        ConfigError: names the key and the line.
    """
    return _config(parse_config_text(text))


def config_of(table: Mapping[str, Any], lines: Mapping[str, int]) -> AgentConfig:
    """Return the configuration that a table of entries says.

    Args:
        table: as TOML has them.
        lines: of every entry, where they come from a text.

    Raises:
        ConfigError: names the key.
    """
    return _config(ConfigSection(table, "", lines))


def _config(file: ConfigSection) -> AgentConfig:
    agent = file.section("agent")
    relying_party = agent.text("relying_party", most=200)
    state_dir = agent.path("state_dir", user_state_path("cardsvc-agent"))
    agent.done()
    service = _service(file.section("service"))
    log = _log(file.section("log"))
    readers = parse_readers(file)
    config = AgentConfig(
        relying_party,
        state_dir,
        service,
        readers,
        log,
        loopback=parse_loopback(file.section("loopback")),
        kiosk=parse_kiosk(file.section("kiosk")) if file.has("kiosk") else None,
        counter=parse_counter(file.section("counter")) if file.has("counter") else None,
        doors=parse_doors(file, readers),
        attendance=parse_attendance(file),
        outbox=parse_outbox_config(file.section("outbox")),
        offline=parse_offline_config(file.section("offline")),
    )
    file.done()
    return replace(config, source=file.value())


def load_agent_config(path: Path) -> AgentConfig:
    """Read and parse a file.

    Raises:
        ConfigError: it can't be read, or is not as described.
    """
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError("", None, "not UTF-8: save it as UTF-8 text") from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ConfigError("", None, f"can't be read: {why}") from error
    return parse_agent_config(text)


def _service(section: ConfigSection) -> ServiceConfig:
    url = section.text("url")
    if not _is_safe(url):
        section.refuse("url", "https:// is needed; http:// serves this machine only")
    if not _is_bare(url):
        section.refuse("url", "https://NAME and no more is needed: no spaces, user, ? or #")
    token_file = section.path("token_file") if section.has("token_file") else None
    ca_file = section.path("ca_file") if section.has("ca_file") else None
    answer_seconds = section.seconds("answer_seconds", 4.0, least=0.2, most=30)
    section.done()
    return ServiceConfig(url.rstrip("/"), token_file, ca_file, answer_seconds)


def _log(section: ConfigSection) -> LogConfig:
    default = LogConfig()
    level = section.text("level", default.level).upper()
    if level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        section.refuse("level", "one of debug, info, warning, error is needed")
    file = section.path("file") if section.has("file") else None
    max_octets = section.number("max_octets", default.max_octets, least=10_000, most=10**9)
    keep = section.number("keep", default.keep, least=1, most=100)
    section.done()
    return LogConfig(level, file, max_octets, keep)


def _is_bare(url: str) -> bool:
    """Tell whether paths can be put behind it as it is; a folder on the server is none the less."""
    parts = urlsplit(url)
    return not (re.search(r"[\s?#]", url) or parts.username is not None)


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    on_loopback = host in {"127.0.0.1", "::1", "localhost"}
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and on_loopback))
