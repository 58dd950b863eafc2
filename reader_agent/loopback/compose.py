"""Fits together what the agent serves on its own machine; loaded only where it serves something."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint

from reader_agent.counter.api import counter_api, sample_page
from reader_agent.counter.desk import CounterDesk
from reader_agent.kiosk.part import Kiosk
from reader_agent.loopback.app import loopback_app
from reader_agent.loopback.page_api import page_api
from reader_agent.loopback.secret_file import hand_over, shared_secret
from reader_agent.loopback.server import LoopbackServer
from reader_agent.run.part import Part
from reader_agent.run.tools import AgentTools

_LAUNCHER = (
    '<!doctype html><meta charset="utf-8"><title>Kiosk</title>'
    '<meta http-equiv="refresh" content="0;url={url}">\n'
)


def local_parts(tools: AgentTools) -> Sequence[Part]:
    """Return the parts that serve this machine.

    Raises:
        CardError: ACCESS_DENIED; a secret can't be kept from others.
    """
    config, folder = tools.config, tools.config.state_dir
    port, shared = config.loopback.port, config.loopback.shared_dir

    def launch(page: str, secret: str) -> None:
        """Write the file that a browser is started with: its secret is on no command line."""
        text = _LAUNCHER.format(url=f"http://127.0.0.1:{port}/{page}/open/{secret}")
        hand_over(folder, shared, f"{page}.html", text)

    offered: list[Blueprint] = []
    parts: list[Part] = []
    if config.kiosk is not None:
        kiosk = Kiosk(config.kiosk, tools)
        parts.append(kiosk)
        secret = shared_secret(folder / "kiosk.key")
        offered.append(page_api("kiosk", kiosk, secret))
        launch("kiosk", secret)
    if config.counter is not None:
        desk = CounterDesk(config.counter.display(), tools)
        parts += [desk, desk.display]
        token = shared_secret(folder / "counter.token")
        if shared is not None:
            hand_over(folder, shared, "counter.token", token)
        offered.append(counter_api(desk, token, config.counter.origins))
        secret = shared_secret(folder / "display.key")
        offered.append(page_api("display", desk.display, secret))
        launch("display", secret)
        if config.counter.sample:
            offered.append(sample_page())
    if offered:
        app = loopback_app(port, offered)
        parts.append(LoopbackServer(app, port))
    return parts
