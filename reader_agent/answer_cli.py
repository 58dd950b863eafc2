"""``reader-agent answer``: lets a card answer a challenge that somebody else asked for.

For partners who talk to the service in a language of their own: challenge in, presentation out.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import click

from cardsvc.errors import CardsvcError
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.fields import MAX_MESSAGE_OCTETS
from cardsvc.wire.tap import ChallengeMessage, PresentationMessage
from reader_agent.reason_texts import reason_text
from reader_agent.service_options import READER_HELP, ask_option, asked_attributes
from reader_agent.sources import open_source
from reader_agent.tap import tap_card


@click.command("answer")
@click.argument("challenge", type=click.File("rb"))
@click.option("--reader", required=True, help=READER_HELP)
@click.option(
    "--pin-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="read the PIN from a file and answer at X2, as the challenge must have asked",
)
@ask_option
def answer(*, challenge: BinaryIO, reader: str, pin_file: Path | None, ask: str | None) -> None:
    """Trả lời một thử thách – answer CHALLENGE (a file, or - for standard input).

    Takes what POST …/challenges answered, prints the body for POST …/presentations. A consent that
    the challenge asks for is printed on standard error; with the PIN it goes along. Exit status: 0
    answered, 2 the card could not be read.
    """
    try:
        asked = ChallengeMessage.parse(challenge.read(MAX_MESSAGE_OCTETS + 1))
        pin = None if pin_file is None else pin_file.read_text("utf-8").splitlines()[0]
        consent = asked.consent
        if consent is not None and pin is not None:
            click.echo(f"{consent.vi}\n{consent.en}", err=True)
        source = open_source(reader)
        try:
            tap = tap_card(
                source.connection,
                message=asked.message,
                nonce=asked.nonce,
                agent="",
                level=AssuranceLevel.X1 if pin is None else AssuranceLevel.X2,
                ask_pin=(lambda _tries: pin or ""),
                asked=asked_attributes(ask),
                consent=None if consent is None else consent.id,
            )
        finally:
            source.connection.close()
    except (CardsvcError, OSError, UnicodeDecodeError, IndexError) as error:
        reason = error.reason if isinstance(error, CardsvcError) else None
        said = f"{reason.value}: {reason_text(reason) or error}" if reason else "no PIN in the file"
        click.echo(f"✗ {said}", err=True)
        sys.exit(2)
    shown = tap.presentation
    body = PresentationMessage(shown.nonce, shown.objects, shown.proofs, shown.asked, shown.consent)
    click.echo(body.encode().decode("utf-8"))
