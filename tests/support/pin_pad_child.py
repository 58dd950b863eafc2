"""A program that has the PIN asked for, proves the card with it, and then waits to be looked at.

Arguments: the reader, and ``pad`` or ``typed``; a typed PIN comes as a line on standard input.
"""

from __future__ import annotations

import sys

from cardsvc.card.session import PivSession
from reader_agent.pcsc import PcscConnection
from reader_agent.pin_entry import PinAtReader, PinEntry, present_pin


def main() -> None:
    reader, way = sys.argv[1:]
    typed = sys.stdin.readline().rstrip("\n") if way == "typed" else ""
    entry: PinEntry = (lambda _tries: typed) if way == "typed" else PinAtReader()
    connection = PcscConnection(reader)
    session = PivSession(connection)
    session.select()
    present_pin(session, entry)
    connection.close()
    print("verified", flush=True)
    sys.stdin.readline()


main()
