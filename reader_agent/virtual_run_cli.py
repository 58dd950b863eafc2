"""``reader-agent virtual run``: puts virtual cards into vpcd's readers, for any PC/SC program."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from cardsvc.card.piv import Algorithm
from cardsvc.errors import CardsvcError
from reader_agent.personas.catalogue import find_persona, persona_card
from reader_agent.sources import open_realm
from reader_agent.virtual.card import PoweredCard, VirtualCard
from reader_agent.virtual.private_pcscd import PrivatePcscd
from reader_agent.virtual.state import CardOptions, CardState, VendorInstructions
from reader_agent.virtual.storage import FileStore
from reader_agent.virtual.vpcd import DEFAULT_PORT, VpcdSlot, connect_tcp

_MANAGEMENT_ALGORITHMS = {
    "3des": Algorithm.TDES,
    "aes128": Algorithm.AES_128,
    "aes192": Algorithm.AES_192,
    "aes256": Algorithm.AES_256,
}
_MAX_SLOTS = 16
_HELP = "insert READER CARD · remove READER · list · quit"


@click.command("new")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--management", type=click.Choice(list(_MANAGEMENT_ALGORITHMS)), default="aes192",
    show_default=True, help="algorithm of the default management key",
)  # fmt: skip
@click.option(
    "--vendor", type=click.Choice([vendor.value for vendor in VendorInstructions]),
    default=VendorInstructions.YUBICO.value, show_default=True, help="whose additions it knows",
)  # fmt: skip
@click.option("--short", is_flag=True, help="refuse extended-length APDUs")
@click.option("--rsa-only", is_flag=True, help="know no elliptic curves, as the first PIV cards")
@click.option("--serial", type=click.IntRange(0, 0xFFFFFFFF), default=1, show_default=True)
def new_card(
    *, file: Path, management: str, vendor: str, short: bool, rsa_only: bool, serial: int
) -> None:
    """Make a card as it leaves the factory, kept in FILE."""
    if file.exists():
        raise click.ClickException(f"{file} is there already")
    options = CardOptions(
        short_apdus_only=short, vendor=VendorInstructions(vendor), rsa_only=rsa_only
    )
    card = CardState.factory(_MANAGEMENT_ALGORITHMS[management], options, serial=serial)
    try:
        FileStore(file).save(card)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    click.echo(f"{file}: PIN 123456, PUK 12345678, management key {management} 0102030405060708…")


@click.command("run")
@click.argument("cards", nargs=-1)
@click.option("--host", default="127.0.0.1", show_default=True, help="where vpcd listens")
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="vpcd's first port")
@click.option("--private", is_flag=True, help="start a pcscd of our own with as many readers")
def run(*, cards: tuple[str, ...], host: str, port: int, private: bool) -> None:
    """Put CARDS (personas or files of `virtual new`) into vpcd's readers, in order.

    Then obeys lines on standard input: insert READER CARD, remove READER, list, quit. At the end
    of input the cards stay in until the program is stopped.
    """
    if len(cards) > _MAX_SLOTS:
        raise click.UsageError(f"at most {_MAX_SLOTS} cards")
    try:
        with _slots(host, port, max(2, len(cards)), private=private) as slots:
            for index, card in enumerate(cards):
                slots[index].insert(open_virtual_card(card))
                click.echo(f"{index}: {card}")
            _obey(slots)
    except CardsvcError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        click.echo()


def open_virtual_card(name: str) -> PoweredCard:
    """Return a persona's card, or the card kept in a file.

    Raises:
        CardsvcError: the file is not a card.
        ClickException: neither a persona nor a file.
    """
    if find_persona(name) is not None:
        return persona_card(open_realm(), name)
    path = Path(name)
    if not path.is_file():
        raise click.ClickException(f"{name}: neither a persona nor a card's file")
    store = FileStore(path)
    return VirtualCard(store.load(), store)


@contextmanager
def _slots(host: str, port: int, count: int, *, private: bool) -> Iterator[list[VpcdSlot]]:
    if private:
        with PrivatePcscd(readers=count) as service:
            for name, value in service.environment.items():
                click.echo(f"export {name}={value}")
            yield [reader.slot for reader in service.readers]
        return
    slots = [VpcdSlot(connect_tcp(port + index, host)) for index in range(_MAX_SLOTS)]
    try:
        yield slots
    finally:
        for slot in slots:
            slot.remove()


def _obey(slots: list[VpcdSlot]) -> None:
    for line in sys.stdin:
        words = line.split()
        match words:
            case []:
                continue
            case ["quit"]:
                return
            case ["list"]:
                for index, slot in enumerate(slots):
                    click.echo(f"{index}: {'card' if slot.occupied else '–'}")
            case ["remove", index] if index.isdigit() and int(index) < len(slots):
                slots[int(index)].remove()
            case ["insert", index, card] if index.isdigit() and int(index) < len(slots):
                try:
                    slots[int(index)].insert(open_virtual_card(card))
                except (CardsvcError, click.ClickException) as error:
                    click.echo(f"✗ {error}", err=True)
            case _:
                click.echo(_HELP, err=True)
    threading.Event().wait()
