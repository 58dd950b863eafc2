"""The PIV card application: any octets in, one well-formed response out."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.piv import Ins
from cardsvc.card.status import StatusWord

from . import authenticate, keys, objects, openfips201, pins, selection, yubico
from .core import CardCore, Handler, RefusalError, StateStore
from .state import CardState, VendorInstructions
from .transport import CardTransport

_STANDARD: dict[int, Handler] = {
    Ins.SELECT: selection.select,
    Ins.GET_DATA: objects.get_data,
    Ins.PUT_DATA: objects.put_data,
    Ins.VERIFY: pins.verify,
    Ins.CHANGE_REFERENCE_DATA: pins.change_reference_data,
    Ins.RESET_RETRY_COUNTER: pins.reset_retry_counter,
    Ins.GENERAL_AUTHENTICATE: authenticate.general_authenticate,
    Ins.GENERATE_ASYMMETRIC: keys.generate_asymmetric,
}
"""SP 800-73-5 Part 2 table 2."""
_VENDORS: dict[VendorInstructions, dict[int, Handler]] = {
    VendorInstructions.NONE: {},
    VendorInstructions.YUBICO: yubico.HANDLERS,
    VendorInstructions.OPENFIPS201: openfips201.HANDLERS,
}


class PivApplet:
    """The application on its card; holds the security status while there is power.

    Args:
        state: what the card remembers.
        store: where changes go; None keeps them in memory.
        random_octets: source of challenges.
    """

    def __init__(
        self,
        state: CardState,
        store: StateStore | None = None,
        random_octets: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._core = CardCore(state, store, random_octets)
        self._handlers = _STANDARD | _VENDORS[state.options.vendor]
        self._transport = CardTransport(
            self._execute,
            self._core.security.next_command,
            short_apdus_only=state.options.short_apdus_only,
            exact_le=state.options.exact_le,
        )

    @property
    def state(self) -> CardState:
        """What the card remembers now; change a copy, not this."""
        return self._core.state

    def reset(self) -> None:
        """Power-on or reset: nothing is selected, authenticated or half done."""
        self._core.security.reset()
        self._transport.reset()

    def process(self, octets: bytes) -> bytes:
        """Answer one APDU with data and status word, 2 to 65,538 octets."""
        return self._transport.exchange(octets)

    def _execute(self, command: CommandApdu) -> ResponseApdu:
        security = self._core.security
        security.next_command()
        handler = self._handlers.get(command.ins)
        if handler is None or not (security.selected or command.ins == Ins.SELECT):
            return ResponseApdu(b"", StatusWord.INS_UNSUPPORTED)
        try:
            return ResponseApdu(handler(self._core, command), StatusWord.SUCCESS)
        except RefusalError as refusal:
            return ResponseApdu(b"", refusal.status)
