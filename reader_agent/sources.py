"""Where a card comes from: a PC/SC reader, a persona of the testers' realm, or a card's file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_state_path

from cardsvc.card.connection import CardConnection
from cardsvc.clock import SystemClock
from cardsvc.errors import CardError, ReasonCode
from reader_agent.personas.catalogue import PERSONAS, find_persona, insert_persona
from reader_agent.personas.published import revocation_of
from reader_agent.personas.realm import Realm
from reader_agent.personas.realm_file import load_or_found
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.storage import FileStore
from verification.status.revocation import RevocationMaterial

VIRTUAL = "virtual:"
REALM_VARIABLE = "CARDSVC_TESTERS_REALM"
"""Environment variable that names the realm's file."""


@dataclass(frozen=True, slots=True)
class CardSource:
    """A card to read, and what is known of its issuer.

    Args:
        connection: the card, powered.
        realm: the testers' realm, for a persona; None for a card in a reader.
        revocation: the realm's own CRLs and OCSP responses.
    """

    connection: CardConnection
    realm: Realm | None = None
    revocation: RevocationMaterial | None = None


def open_source(reader: str) -> CardSource:
    """Connect to the card in a PC/SC reader, to ``virtual:PERSONA`` or to ``virtual:FILE``.

    Raises:
        CardError: no such reader or persona, no card, or the PC/SC service is not there.
        CardsvcError: the file is not a card of ``virtual new``.
    """
    file = card_file(reader)
    if file is not None:
        store = FileStore(file)
        return CardSource(connect_in_process(VirtualCard(store.load(), store)))
    name = persona_name(reader)
    if name is None:
        return CardSource(_open_pcsc(reader))
    if find_persona(name) is None:
        raise CardError(ReasonCode.NO_READER, f"neither a card's file nor a persona: {name!r}")
    realm = open_realm()
    return CardSource(insert_persona(realm, name), realm, revocation_of(realm))


def _open_pcsc(reader: str) -> CardConnection:
    try:
        from reader_agent import pcsc  # noqa: PLC0415 - personas work without pyscard, too
    except ImportError as error:
        raise CardError(ReasonCode.SERVICE_UNAVAILABLE, "pyscard is not installed") from error
    return pcsc.open_card(reader)


def persona_name(reader: str) -> str | None:
    """Return PERSONA of ``virtual:PERSONA``, or None for a PC/SC reader or a card's file."""
    if not reader.startswith(VIRTUAL) or card_file(reader) is not None:
        return None
    return reader.removeprefix(VIRTUAL)


def card_file(reader: str) -> Path | None:
    """Return FILE of ``virtual:FILE``, or None where there is no such file."""
    name = reader.removeprefix(VIRTUAL)
    if not reader.startswith(VIRTUAL) or name in PERSONAS or not Path(name).is_file():
        return None
    return Path(name)


def realm_path() -> Path:
    """Return the realm's file: as the environment says, else in the user's state folder."""
    named = os.environ.get(REALM_VARIABLE)
    return Path(named) if named else user_state_path("cardsvc") / "testers-realm.json"


def open_realm() -> Realm:
    """Return the testers' realm of this user; found it at the first use.

    Where the folder can't be written, the realm lives in memory for this run.
    """
    clock = SystemClock()
    try:
        return load_or_found(realm_path(), clock.now)
    except OSError:
        return load_or_found(None, clock.now)
