"""Settings: one frozen value, from a TOML file and the environment; the default needs neither.

Environment variables are ``CARDSVC_`` and the field's name in capitals; they win over the file.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from issuance.stock.card_blanks import StockRule
from issuance.stock.serials import DEFAULT_SERIAL_PATTERN, SerialForm
from web.events.endpoint import parse_networks

_PREFIX = "CARDSVC_"
_NEEDED = frozenset({"host", "issuer", "blank_serial_pattern"})
_PLAIN_URL = re.compile(r"https?://[\w.:\[\]-]+(/[\w./~%-]*)?", re.ASCII)
"""Of an address that others are appended to; without an account, a query or a fragment."""
_WHOLE = re.compile("[0-9]{1,5}")
_RANGES = {
    "port": (1, 0xFFFF),
    "import_keep_days": (1, 3650),
    "events_keep_days": (1, 3650),
    "proxy_hops": (0, 9),
    "session_idle_minutes": (1, 240),
    "session_hours": (1, 24),
}
_LEAST_TOKEN_CHARACTERS = 20
_CHOICES = {
    "stock": tuple(rule.value for rule in StockRule),
    "retention_sweep": ("on", "off"),
    "agent_tokens": ("on", "off"),
    "log_format": ("json", "text"),
    "traces": ("off", "otlp"),
}
_OTHERS = frozenset({"CARDSVC_TESTERS_REALM"})
"""Variables of the same prefix that other programs of ours read."""
DATABASE_FILE = "cardsvc.db"


class SettingsError(ValueError):
    """A setting is unknown or ill-formed; the message names it and never its value."""


def _default_data_dir() -> Path:
    return Path(platformdirs.user_data_dir("cardsvc", appauthor=False))


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and how the service is called.

    Args:
        data_dir: folder of the embedded database, the vault and its passphrase file.
        database_url: a SQLAlchemy URL; empty for SQLite in ``data_dir``.
        vault_passphrase: opens the software vault; empty to read ``vault.passphrase`` in
            ``data_dir``, which ``cardsvc init`` makes.
        root_vault_dir: folder of the root's own vault, on a medium that is locked away; empty to
            keep the root in the service's vault.
        root_vault_passphrase: opens it at a ceremony; empty in daily running.
        issuer: our name in receipts and in credentials on card faces.
        faces_dir: folder of the installation's own card layouts, emblem and logo; empty for the
            shipped layouts and neutral rings.
        public_url: where status documents are published; empty leaves pointers out.
        host: address to serve on.
        port: port to serve on.
        import_keep_days: for so long the rows of imported lists are kept.
        events_keep_days: for so long partners may read events again.
        stock: what becomes of a card whose blank is not in the desk's stock: ``enforce`` refuses
            it, ``warn`` puts it into the audit log, ``off`` keeps no books.
        privacy_dir: folder of the installation's own ``retention.toml`` and
            ``working_days.toml``; empty for the shipped periods and the library's holidays.
        retention_sweep: ``on`` ends every day what ``retention.toml`` says is due, ``off``
            leaves it to ``cardsvc privacy retention``.
        webhook_networks: networks that webhooks may lie in beside public addresses, such as
            ``10.0.0.0/8, fd00::/8``.
        webhook_ca_file: certificates (PEM) that webhooks' servers are believed under beside the
            system's; empty for none.
        agent_tokens: ``off`` lets agents in by their devices' keys alone, ``on`` by bearer
            tokens, too.
        watch_token: opens /metrics and /operations; empty for requests from this machine alone.
        log_format: ``json``, one object a line, or ``text``.
        traces: ``otlp`` sends traces of requests where the variables of OpenTelemetry say.
        blank_serial_pattern: a regular expression for the serials of blanks, printable ASCII.
        proxy_hops: reverse proxies in front of us, whose X-Forwarded-For and -Proto are believed.
        client_certificate_header: in which the nearest of them passes TLS client certificates on
            (RFC 9440 ``Client-Cert``, or PEM as nginx escapes it), after it took away what came
            from outside; empty believes none.
        session_idle_minutes: after which an operator who does nothing is signed out.
        session_hours: after which every operator is signed out.
    """

    data_dir: Path = field(default_factory=_default_data_dir)
    database_url: str = field(default="", repr=False)  # may hold a password
    vault_passphrase: str = field(default="", repr=False)
    root_vault_dir: str = ""
    root_vault_passphrase: str = field(default="", repr=False)
    issuer: str = "cardsvc"
    faces_dir: str = ""
    public_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8440
    import_keep_days: int = 90
    events_keep_days: int = 30
    stock: str = StockRule.ENFORCE.value
    blank_serial_pattern: str = DEFAULT_SERIAL_PATTERN
    proxy_hops: int = 0
    client_certificate_header: str = ""
    session_idle_minutes: int = 15
    session_hours: int = 12
    privacy_dir: str = ""
    retention_sweep: str = "off"
    webhook_networks: str = ""
    webhook_ca_file: str = ""
    agent_tokens: str = "on"
    watch_token: str = field(default="", repr=False)
    log_format: str = "json"
    traces: str = "off"

    @property
    def stock_rule(self) -> StockRule:
        """How strict the books of blanks are."""
        return StockRule(self.stock)

    @property
    def privacy_folder(self) -> Path | None:
        """Folder of the installation's own retention rules and calendar, or None."""
        return Path(self.privacy_dir).expanduser() if self.privacy_dir else None

    @property
    def blank_serials(self) -> SerialForm:
        """Which texts are serials of blanks."""
        return SerialForm(self.blank_serial_pattern)

    @property
    def effective_database_url(self) -> str:
        """The database's URL, the embedded one where none is set."""
        return self.database_url or f"sqlite:///{self.data_dir / DATABASE_FILE}"

    @property
    def base_url(self) -> str:
        """Our address as others see it, without a final slash."""
        # an IPv6 address stands in brackets (RFC 3986 section 3.2.2)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def status_url(self) -> str:
        """Where status documents are published, without a final slash."""
        return f"{self.base_url}/status"

    @property
    def vault_dir(self) -> Path:
        """Folder of the software vault."""
        return self.data_dir / "vault"

    @property
    def attendance_file(self) -> Path:
        """The installation's own shifts; those that are shipped count where it is not there."""
        return self.data_dir / "attendance.toml"

    @property
    def faces_folder(self) -> Path | None:
        """Folder of the installation's own card layouts and images, or None."""
        return Path(self.faces_dir).expanduser() if self.faces_dir else None

    def as_environment(self) -> dict[str, str]:
        """Return the settings as environment variables, for a process that we start."""
        return {_PREFIX + one.name.upper(): str(getattr(self, one.name)) for one in fields(self)}

    @property
    def root_crl_file(self) -> Path:
        """The list that a root which is locked away left behind."""
        return self.data_dir / "root.crl"

    @property
    def passphrase_file(self) -> Path:
        """Where the passphrase of the embedded default is kept, mode 0600."""
        return self.data_dir / "vault.passphrase"


def load_settings(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return settings from a TOML file (if any), then the environment.

    Raises:
        SettingsError: an unknown name, another type, or a file that is not TOML.
    """
    values: dict[str, object] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            msg = f"{path}: not a readable TOML file"
            raise SettingsError(msg) from error
    known = {one.name for one in fields(Settings)}
    variables = {_PREFIX + name.upper(): name for name in known}
    for variable in environ.keys() - _OTHERS:
        if variable in variables:
            values[variables[variable]] = environ[variable]
        elif variable.startswith(_PREFIX):
            # a slip in CARDSVC_VAULT_PASSPHRASE must not make a vault of another passphrase
            msg = f"unknown setting {variable}"
            raise SettingsError(msg)
    if unknown := values.keys() - known:
        msg = f"unknown settings: {', '.join(sorted(unknown))}"
        raise SettingsError(msg)
    return Settings(**{name: _convert(name, value) for name, value in values.items()})  # type: ignore[arg-type]  # converted field by field


def _convert(name: str, value: object) -> object:
    if name == "data_dir":
        return _folder(value)
    if name in _RANGES:
        return _whole(name, value)
    if not isinstance(value, str) or "\0" in value or (name in _NEEDED and not value):
        raise SettingsError(f"{name}: text is needed")
    if name in _CHOICES and value not in _CHOICES[name]:
        *others, last = _CHOICES[name]
        raise SettingsError(f"{name}: {', '.join(others)} or {last} is needed")
    if name == "blank_serial_pattern":
        _check_pattern(value)
    if name == "watch_token" and 0 < len(value) < _LEAST_TOKEN_CHARACTERS:
        raise SettingsError(f"watch_token: {_LEAST_TOKEN_CHARACTERS} characters or more are needed")
    if name == "webhook_networks":
        _check_networks(value)
    if name == "public_url" and value:
        _check_url(value)
    return value


def _check_url(value: str) -> None:
    """Refuse what certificates would carry for ten years, and nobody could follow."""
    try:
        parts = urlsplit(value)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, or half an IPv6 address
        named = False
    if not named or not _PLAIN_URL.fullmatch(value):
        raise SettingsError("public_url: http://HOST or https://HOST in ASCII is needed")


def _check_pattern(value: str) -> None:
    try:
        SerialForm(value)
    except ValueError as error:
        raise SettingsError(f"blank_serial_pattern: {error}") from error


def _check_networks(value: str) -> None:
    try:
        parse_networks(value)
    except ValueError as error:
        raise SettingsError(f"webhook_networks: {error}") from error


def _whole(name: str, value: object) -> int:
    least, most = _RANGES[name]
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    msg = f"{name}: a whole number from {least} to {most} is needed"
    raise SettingsError(msg)


def _folder(value: object) -> Path:
    if not isinstance(value, str) or not value or "\0" in value:
        raise SettingsError("data_dir: a folder is needed")
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError as error:
        raise SettingsError("data_dir: there is no such home folder") from error
