"""Files and folders that settings name: a slip must not fall back to what is shipped."""

from __future__ import annotations

import ssl
from pathlib import Path

from web.settings import Settings, SettingsError

_FOLDERS = ("faces_dir", "privacy_dir")


def require_named_files(settings: Settings) -> None:
    """Refuse settings that name what is not there.

    Without this, a slip in ``privacy_dir`` would erase by the shipped periods, and one in
    ``faces_dir`` would print the shipped layouts.

    Raises:
        SettingsError: a folder is not there or can't be read, or ``webhook_ca_file`` holds no
            certificates.
    """
    for name in _FOLDERS:
        if text := getattr(settings, name):
            _require_folder(name, text)
    if settings.webhook_ca_file:
        load_webhook_authorities(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), settings)


def load_webhook_authorities(tls: ssl.SSLContext, settings: Settings) -> None:
    """Let ``tls`` believe the CA under which webhooks' servers are.

    Raises:
        SettingsError: the file holds no certificates.
    """
    try:
        tls.load_verify_locations(settings.webhook_ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise SettingsError("webhook_ca_file: certificates in PEM are needed") from error


def _require_folder(name: str, text: str) -> None:
    try:
        next(Path(text).expanduser().iterdir(), None)
    except (OSError, RuntimeError) as error:
        raise SettingsError(f"{name}: a folder that can be read is needed") from error
