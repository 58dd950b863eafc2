"""The client's side of a PIV card: one call, one command, a typed answer."""

from __future__ import annotations

from cardsvc.card import challenge_response, commands
from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.commands import ApplicationProperties
from cardsvc.card.connection import ApduTransport, CardConnection
from cardsvc.card.piv import Algorithm, KeySlot, PinReference
from cardsvc.card.public_key import CardPublicKey, parse_generated_key


class PivSession:
    """A selected PIV application.

    Spec: SP 800-73-5 Part 2. Nothing that it returns is trusted yet.

    Args:
        connection: a card in a reader.
        extended: use extended-length APDUs (only where the card is known to take them).
    """

    def __init__(self, connection: CardConnection, *, extended: bool = False) -> None:
        self.transport = ApduTransport(connection, extended=extended)

    def send(self, command: CommandApdu) -> ResponseApdu:
        """Send one logical command.

        Raises:
            CardError: the connection failed.
        """
        return self.transport.send(command)

    def select(self) -> ApplicationProperties:
        """SELECT the application; all authentication so far is lost.

        Raises:
            RefusedByCard: the card has no PIV application.
        """
        return commands.parse_application_properties(self.send(commands.select_piv()))

    def read_object(self, tag: int) -> bytes:
        """Return an object's content without its 53 envelope.

        Raises:
            RefusedByCard: absent, or the PIN is required.
            Malformed: the envelope is ill-formed.
        """
        return commands.parse_object(self.send(commands.get_data(tag)), tag)

    def verify_pin(self, pin: str, reference: PinReference = PinReference.APPLICATION) -> None:
        """Present the PIN.

        Raises:
            WrongPin: it does not match, or it is blocked.
            CardError: not a PIN's form; nothing was sent.
        """
        commands.check_pin_response(self.send(commands.verify_pin(pin, reference)))

    def pin_tries_left(self, reference: PinReference = PinReference.APPLICATION) -> int | None:
        """Return the tries left, or None where the card does not say or is already verified."""
        status = self.send(commands.pin_status(reference)).status
        return 0 if status == 0x6983 else status.tries_left

    def change_pin(
        self, old: str, new: str, reference: PinReference = PinReference.APPLICATION
    ) -> None:
        """Change the PIN or, by reference, the PUK.

        Raises:
            WrongPin: the old one does not match, or it is blocked.
        """
        commands.check_pin_response(self.send(commands.change_pin(old, new, reference)))

    def unblock_pin(self, puk: str, new_pin: str) -> None:
        """Set a new PIN with the PUK.

        Raises:
            WrongPin: the PUK does not match, or it is blocked.
        """
        commands.check_pin_response(self.send(commands.unblock_pin(puk, new_pin)))

    def sign_message(self, algorithm: Algorithm, slot: KeySlot, message: bytes) -> bytes:
        """Return the card's signature over ``message`` (see ``challenge_response.prepare``).

        Returns:
            DER of r and s for ECC, an octet string of modulus size for RSA.

        Raises:
            RefusedByCard: no such key, or the PIN is required.
            Malformed: the answer is not a signature template.
        """
        prepared = challenge_response.prepare(message, algorithm)
        return commands.parse_authentication(self.send(commands.sign(algorithm, slot, prepared)))

    def generate_key(self, slot: KeySlot, algorithm: Algorithm) -> CardPublicKey:
        """Have the card make a key pair; needs the management key.

        Raises:
            RefusedByCard: not authenticated, or the algorithm is not supported.
            Malformed: the answer holds no such public key.
        """
        return parse_generated_key(self.send(commands.generate_key(slot, algorithm)), algorithm)

    def close(self) -> None:
        """Let go of the card."""
        self.transport.close()
