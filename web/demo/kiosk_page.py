"""The kiosk of the demonstration: the agent as it runs on a kiosk, with a reader that is a file."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.storage import FileStore

_START_SECONDS, _STOP_SECONDS = 20.0, 5.0
_CONFIG = """
[agent]
relying_party = "{relying_party}"
state_dir = "{folder}"

[service]
url = "{url}"
token_file = "{folder}/token"

[log]
level = "warning"

[[readers]]
name = "ki-ot"
match = "virtual:{card}"
role = "kiosk"

[kiosk]
name_vi = "Trung tâm Phục vụ hành chính công"
name_en = "Public administration service centre"

[[kiosk.services]]
service = "{service}"
level = "X1"
title_vi = "Kiểm tra thẻ"
title_en = "Check my card"

[[kiosk.services]]
service = "{dossiers}"
level = "X2"
title_vi = "Nộp hồ sơ"
title_en = "Submit a dossier"

[loopback]
port = {port}
"""


@dataclass(frozen=True, slots=True)
class KioskPlan:
    """What the kiosk is for.

    Args:
        url: of the service.
        token: by which the agent signs in.
        relying_party: whose services it offers.
        service: asks for the card alone.
        dossiers: asks for the PIN, too.
        port: of its page.
    """

    url: str
    token: str = field(repr=False)
    relying_party: str
    service: str
    dossiers: str
    port: int


class KioskPlace:
    """The kiosk's reader: a card is in while its file is there.

    Args:
        folder: where the agent keeps what it needs.
    """

    def __init__(self, folder: Path) -> None:
        self.page = folder / "kiosk.html"
        self._file = folder / "card.json"
        self._card: VirtualCard | None = None

    def put(self, card: VirtualCard) -> None:
        """Put a card in, in place of the one that is there."""
        self.take_out()
        self._card = card
        FileStore(self._file).save(card.state)

    def take_out(self) -> None:
        """Take the card out, with what became of it, if there is one."""
        if self._card is not None and self._file.is_file():
            was, self._card = self._card, None
            now = FileStore(self._file).load()
            self._file.unlink()
            was.state.pin, was.state.puk = now.pin, now.puk


@contextmanager
def open_kiosk(folder: Path, plan: KioskPlan) -> Iterator[KioskPlace | None]:
    """Run an agent with a kiosk's page until the block ends; None where it does not start."""
    folder.mkdir(mode=0o700)
    token, config = folder / "token", folder / "agent.toml"
    token.touch(0o600)
    token.write_text(plan.token, "utf-8")
    place = KioskPlace(folder)
    config.write_text(
        _CONFIG.format(
            folder=folder,
            card=folder / "card.json",
            url=plan.url,
            relying_party=plan.relying_party,
            service=plan.service,
            dossiers=plan.dossiers,
            port=plan.port,
        ),
        "utf-8",
    )
    with (folder / "agent.log").open("wb") as log:
        command = [sys.executable, "-m", "reader_agent", "run", "--config", str(config)]
        with subprocess.Popen(command, stdout=log, stderr=log) as agent:  # noqa: S603 - ourselves
            try:
                yield place if _is_ready(place, agent) else None
            finally:
                agent.terminate()
                try:
                    agent.wait(_STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    agent.kill()


def _is_ready(place: KioskPlace, agent: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + _START_SECONDS
    while not place.page.is_file():
        if agent.poll() is not None or time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
