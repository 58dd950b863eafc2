"""What the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Grade(StrEnum):
    """How bad it is."""

    GOOD = "good"
    WARNING = "warning"
    """It works, and will not for ever."""
    FAULT = "fault"


@unique
class Sign(StrEnum):
    """What was seen. Values are stable: programs read them."""

    CONFIG_GOOD = "config_good"
    CONFIG_WRONG = "config_wrong"
    PYSCARD_MISSING = "pyscard_missing"
    PCSC_NOT_RUNNING = "pcsc_not_running"
    PCSC_REFUSED = "pcsc_refused"
    NO_READER = "no_reader"
    DRIVER_MISSING = "driver_missing"
    READER_CAP = "reader_cap"
    READERS_GOOD = "readers_good"
    READER_ABSENT = "reader_absent"
    READER_AMBIGUOUS = "reader_ambiguous"
    READER_BUSY = "reader_busy"
    ROLE_WITHOUT_READER = "role_without_reader"
    READER_WITHOUT_USE = "reader_without_use"
    PIN_PAD_GOOD = "pin_pad_good"
    NOT_ENROLLED = "not_enrolled"
    IDENTITY_EXPOSED = "identity_exposed"
    IDENTITY_BROKEN = "identity_broken"
    TOKEN_UNREADABLE = "token_unreadable"  # noqa: S105 - a finding, not a password
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NEAR = "certificate_near"
    IDENTITY_GOOD = "identity_good"
    DATA_FORBIDDEN = "data_forbidden"
    DISK_READONLY = "disk_readonly"
    DISK_LOW = "disk_low"
    DISK_GOOD = "disk_good"
    OUTBOX_BROKEN = "outbox_broken"
    OUTBOX_BACKLOG = "outbox_backlog"
    OUTBOX_GOOD = "outbox_good"
    DNS_FAILED = "dns_failed"
    TCP_FAILED = "tcp_failed"
    CA_UNREADABLE = "ca_unreadable"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_FAILED = "tls_failed"
    SIGN_IN_REFUSED = "sign_in_refused"
    SERVICE_FAILED = "service_failed"
    CLOCK_OFF = "clock_off"
    SERVICE_GOOD = "service_good"

    @property
    def grade(self) -> Grade:
        """How bad it is."""
        if self.value.endswith("_good"):
            return Grade.GOOD
        return Grade.WARNING if self in _WARNINGS else Grade.FAULT


_WARNINGS = frozenset(
    {
        Sign.READER_CAP,
        Sign.READER_BUSY,
        Sign.READER_WITHOUT_USE,
        Sign.CERTIFICATE_NEAR,
        Sign.DISK_LOW,
        Sign.OUTBOX_BACKLOG,
        Sign.CLOCK_OFF,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was seen.

    Args:
        sign: what.
        detail: where or how much; identifiers and figures only.
    """

    sign: Sign
    detail: str = ""
