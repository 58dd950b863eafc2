"""Where a card comes from: a PC/SC reader, or a persona of the testers' realm."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_state_path

from cardsvc.card.connection import CardConnection
from cardsvc.clock import SystemClock
from cardsvc.errors import CardError, ReasonCode
from reader_agent.personas.catalogue import PERSONAS, insert_persona
from reader_agent.personas.published import revocation_of
from reader_agent.personas.realm import Realm
from reader_agent.personas.realm_file import load_or_found
from verification.revocation import RevocationMaterial

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
    """Connect to the card in a PC/SC reader, or to ``virtual:PERSONA``.

    Raises:
        CardError: no such reader or persona, no card, or the PC/SC service is not there.
    """
    name = persona_name(reader)
    if name is None:
        return CardSource(_open_pcsc(reader))
    if name not in PERSONAS:
        raise CardError(ReasonCode.NO_READER, f"no persona {name!r}")
    realm = open_realm()
    return CardSource(insert_persona(realm, name), realm, revocation_of(realm))


def _open_pcsc(reader: str) -> CardConnection:
    try:
        from reader_agent import pcsc  # noqa: PLC0415 - personas work without pyscard, too
    except ImportError as error:
        raise CardError(ReasonCode.SERVICE_UNAVAILABLE, "pyscard is not installed") from error
    return pcsc.open_card(reader)


def persona_name(reader: str) -> str | None:
    """Return PERSONA of ``virtual:PERSONA``, or None for a PC/SC reader's name."""
    return reader.removeprefix(VIRTUAL) if reader.startswith(VIRTUAL) else None


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
