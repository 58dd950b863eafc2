"""The card-authentication tap: over pcscd and vpcd, in process, and by OpenSC's pkcs11-tool.

A first tap reads the card's certificate; a repeat tap knows the card by its signature.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.contactless import FRAME_OCTETS, Exchanged, tap_ms
from bench.measure import Measurement, median, p95, times_of
from bench.stage import PIN, IssuedCard, Stage, tap_through
from cardsvc.card.connection import CardConnection
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot
from reader_agent.known_cards import KnownCards
from reader_agent.tap import TapCost
from reader_agent.virtual.card import PoweredCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.private_pcscd import (
    SOCKET_NAME,
    SOCKET_VARIABLE,
    PrivatePcscd,
    missing_requirement,
)

_TOOL = "pkcs11-tool"
_NOTICED_SECONDS = 10.0
_CARD_AUTHENTICATION_ID = "04"
"""What OpenSC calls the key in slot 9E."""
MOST_APDUS, MOST_OCTETS, MOST_APDUS_AGAIN = 6, 900, 3
"""What was aimed at: a first tap, and a repeat tap of a card that is known."""
MOST_MS = 300.0
"""What was aimed at for a contactless tap with its decision, p50."""
_AIM = "limit: what was aimed at"


@dataclass
class Recorder:
    """A connection that keeps what went through it."""

    inner: CardConnection
    commands: list[bytes] = field(default_factory=list)
    exchanged: list[Exchanged] = field(default_factory=list)

    @property
    def atr(self) -> bytes:
        return self.inner.atr

    def transmit(self, command: bytes) -> bytes:
        answer = self.inner.transmit(command)
        self.commands.append(command)
        self.exchanged.append(Exchanged(len(command), len(answer)))
        return answer

    def close(self) -> None:
        self.inner.close()


class CountedCard:
    """A card that counts the APDUs it is sent.

    Args:
        card: the card itself.
    """

    def __init__(self, card: PoweredCard) -> None:
        self._card = card
        self.apdus = 0

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def power_on(self) -> None:
        self._card.power_on()

    def power_off(self) -> None:
        self._card.power_off()

    def transmit(self, command: bytes) -> bytes:
        self.apdus += 1
        return self._card.transmit(command)


def measure_taps(
    stage: Stage,
    connect: Callable[[], CardConnection],
    where: str,
    *,
    count: int = 200,
) -> list[Measurement]:
    """Measure whole taps (connect, ask, let go), first and repeat, beside the same APDUs raw."""
    known = KnownCards()
    first, first_cost = record_tap(stage, connect, known)
    again, again_cost = record_tap(stage, connect, known)

    def tap(known: KnownCards | None) -> None:
        connection = connect()
        tap_through(connection, stage.question(), known=known)
        connection.close()

    def raw(commands: Sequence[bytes]) -> None:
        connection = connect()
        for command in commands:
            connection.transmit(command)
        connection.close()

    rivals: dict[str, tuple[Callable[[], None], list[float]]] = {
        "tap": (lambda: tap(None), []),
        "raw": (lambda: raw(first.commands), []),
        "tap again": (lambda: tap(known), []),
        "raw again": (lambda: raw(again.commands), []),
    }
    for _ in range(10):  # in turns, so that a slow moment hits all
        for once, times in rivals.values():
            times.extend(times_of(-(-count // 10), once))
    found = {name: times for name, (_, times) in rivals.items()}
    return [
        *_rows(f"tap {where}", found["tap"], found["raw"], first_cost, MOST_APDUS),
        *_rows(
            f"repeat tap {where}", found["tap again"], found["raw again"], again_cost,
            MOST_APDUS_AGAIN,
        ),
        *_contactless("tap", first.exchanged),
        *_contactless("repeat tap", again.exchanged),
    ]  # fmt: skip


def record_tap(
    stage: Stage, connect: Callable[[], CardConnection], known: KnownCards
) -> tuple[Recorder, TapCost]:
    """Tap once, and have the card known from then on, as a grant would."""
    recorder = Recorder(connect())
    tapped = tap_through(recorder, stage.question(), known=known)
    recorder.close()
    certificate = tapped.presentation.objects[CERTIFICATE_OBJECT[KeySlot.CARD_AUTHENTICATION]]
    known.remember(recorder.atr, certificate)
    return recorder, tapped.cost


def _rows(
    name: str, taps: Sequence[float], bare: Sequence[float], cost: TapCost, most_apdus: int
) -> list[Measurement]:
    detail = "bare: connect, the same APDUs raw (the card signs), let go"
    return [
        Measurement(f"{name}, p50", median(taps), "ms", median(bare), detail),
        Measurement(f"{name}, p95", p95(taps), "ms", p95(bare), detail),
        Measurement(f"{name}, APDUs", cost.apdus, "APDUs", most_apdus, _AIM),
        Measurement(f"{name}, octets", cost.octets, "octets", MOST_OCTETS, _AIM),
    ]


def _contactless(name: str, exchanged: Sequence[Exchanged]) -> list[Measurement]:
    detail = "computed: activation, air, a card signature of 59 ms; limit: aimed at with decision"
    return [
        Measurement(
            f"{name}, contactless at 106 kbit/s, frames of {octets}",
            tap_ms(exchanged, octets), "ms", MOST_MS, detail,
        )
        for octets in FRAME_OCTETS
    ]  # fmt: skip


def measure_in_process(stage: Stage, issued: IssuedCard, *, count: int = 200) -> list[Measurement]:
    """Measure taps without PC/SC."""
    rows = measure_taps(stage, lambda: connect_in_process(issued.card), "in process", count=count)
    return [row for row in rows if row.unit == "ms" and "in process" in row.name]


def why_no_pcsc() -> str | None:
    """Return, in one line, why nothing can be measured over PC/SC here."""
    try:
        import reader_agent.pcsc  # noqa: F401, PLC0415 - asks only whether pyscard is there
    except ImportError:
        return "pyscard is not installed"
    return missing_requirement()


def measure_pcsc(stage: Stage, issued: IssuedCard, *, count: int = 200) -> list[Measurement]:
    """Measure taps over a private pcscd, beside pkcs11-tool on the same card and service."""
    from reader_agent.pcsc import PcscConnection  # noqa: PLC0415 - needs pyscard

    with tempfile.TemporaryDirectory(prefix="pcscd-bench-") as folder:
        # pcsc-lite's client reads it once per process, so before anything speaks PC/SC
        os.environ[SOCKET_VARIABLE] = str(Path(folder) / SOCKET_NAME)
        with PrivatePcscd(1, Path(folder)) as service:
            reader = service.readers[0]
            card = CountedCard(issued.card)
            if not reader.slot.insert(card, wait_seconds=_NOTICED_SECONDS):
                msg = "pcscd does not see the card"
                raise RuntimeError(msg)
            found = measure_taps(
                stage, lambda: PcscConnection(reader.name), "over pcscd", count=count
            )
            if shutil.which(_TOOL) is not None:
                found += _measure_pkcs11_tool(
                    Path(folder), card, found[0], count=max(3, count // 12)
                )
    return found


def _measure_pkcs11_tool(
    folder: Path, card: CountedCard, ours: Measurement, *, count: int
) -> list[Measurement]:
    digest = folder / "digest"
    digest.write_bytes(bytes(range(32)))
    environment = os.environ | {"HOME": str(folder), "XDG_CACHE_HOME": str(folder), "LC_ALL": "C"}
    command = [
        # the tool does not sign without logging in, although the key in 9E asks no PIN
        *(_TOOL, "--login", "--pin", PIN),
        *("--sign", "--mechanism", "ECDSA", "--id", _CARD_AUTHENTICATION_ID),
        *("--input-file", str(digest), "--output-file", str(folder / "signature")),
    ]

    def sign() -> None:
        done = subprocess.run(
            command, env=environment, capture_output=True, check=False, timeout=60
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode("utf-8", "replace")[-300:])

    before = card.apdus
    sign()
    apdus = card.apdus - before
    times = times_of(count, sign)
    name = f"{_TOOL} --sign with 9E"
    whole = "whole process, logs in with the PIN; bare: our tap, p50"
    return [
        Measurement(f"{name}, p50", median(times), "ms", ours.value, whole),
        Measurement(f"{name}, APDUs", apdus, "APDUs", 6, "as the card counts; limit of our tap"),
    ]
