"""Runs the demonstration: a service on loopback, two readers, three cards."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path

import click
from rich.text import Text

from web.app import create_app
from web.bootstrap import Installation, open_installation
from web.demo import story
from web.demo.narrator import Narrator
from web.demo.rig import open_rig
from web.loopback import on_loopback
from web.settings import Settings


def run_demo(*, once: bool) -> None:
    """Play the story in a folder of its own; without ``once``, stay up until Ctrl-C.

    Raises:
        DemoFailed: a step did not go as told.
    """
    started = time.perf_counter()
    narrator = Narrator()
    with tempfile.TemporaryDirectory(prefix="cardsvc-demo-") as folder, open_rig() as rig:
        installation = open_installation(Settings(data_dir=Path(folder)))
        try:
            with on_loopback(create_app(installation.services)) as url:
                narrator.say(f"[bold]cardsvc[/]  {url}  ·  {rig.description}")
                stage = story.Stage(installation, url, rig, narrator)
                agents = story.prepare(stage)
                story.play(stage, agents)
                _close_books(installation, narrator)
                seconds = time.perf_counter() - started
                narrator.say(f"\n[bold green]Xong – done[/] in {seconds:.1f} s")
                if not once:
                    narrator.say(f"{url} vẫn chạy – still up. Ctrl-C để dừng – to stop.")
                    _wait()
        finally:
            installation.close()


def _close_books(installation: Installation, narrator: Narrator) -> None:
    """Check what an auditor would: the whole log, and every receipt."""
    narrator.chapter("Kiểm toán", "audit")
    at = installation.clock.now()
    signed = installation.audit.sign_head(installation.log_signer, at)
    verified = installation.audit.verify(installation.log_verifier, (signed,))
    narrator.step("Nhật ký nguyên vẹn", f"{verified.size} sự kiện – events · tree head signed")
    history = installation.history.recent(1000)
    for decision in history:
        installation.check_receipt(decision.receipt)
    narrator.step("Biên nhận có chữ ký đúng", f"{len(history)} biên nhận – receipts")


def _wait() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo(Text("").plain)
