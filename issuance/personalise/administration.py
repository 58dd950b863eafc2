"""An opened card: commands that need the management key, which is proved again where it was lost.

SP 800-73-5 Part 2 section 2.4.2 keeps the security status until the application is left, but
cards in the field drop it earlier: after a failed proof, a PIN command or a private key's use.
"""

from __future__ import annotations

from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.commands import expect_success
from cardsvc.card.status import StatusWord
from cardsvc.errors import CardError, ReasonCode
from issuance.personalise.conversation import Conversation, attempt
from issuance.personalise.dialects import NOT_SPOKEN, ways_to_set
from issuance.personalise.management_key import ManagementKey, RandomOctets, authenticate


class Administration:
    """Sends administrative commands to a card that ``key`` opens.

    Args:
        key: the card's management key, already proved in this session.
        random_octets: for challenges.
    """

    def __init__(self, key: ManagementKey, random_octets: RandomOctets) -> None:
        self.key = key
        self._random_octets = random_octets

    def attempt(self, *commands: CommandApdu) -> Conversation[tuple[ResponseApdu, ...]]:
        """Run commands up to the first refusal, which is then the last response.

        Raises:
            CardError: the card does not take its own management key any more.
        """
        done: tuple[ResponseApdu, ...] = ()
        opened_again_at = -1
        while len(done) < len(commands):
            responses = yield from attempt(*commands[len(done) :])
            if responses[-1].status.ok:
                return done + responses
            at = len(done) + len(responses) - 1
            lost = responses[-1].status == StatusWord.SECURITY_NOT_SATISFIED
            if not lost or at == opened_again_at:
                return done + responses
            done += responses[:-1]
            opened_again_at = at
            yield from self.open()
        return done

    def require(self, what: str, *commands: CommandApdu) -> Conversation[tuple[ResponseApdu, ...]]:
        """Run commands that must all succeed.

        Raises:
            RefusedByCard: one did not.
        """
        responses = yield from self.attempt(*commands)
        expect_success(responses[-1], what)
        return responses

    def open(self) -> Conversation[None]:
        """Prove the key once more.

        Raises:
            CardError: MANAGEMENT_KEY_REFUSED.
        """
        opened = yield from authenticate(self.key, self._random_octets)
        if not opened:
            raise CardError(ReasonCode.MANAGEMENT_KEY_REFUSED, "the card shut itself")

    def set_key(self, *wanted: ManagementKey) -> Conversation[ManagementKey]:
        """Give the card a new management key: the first of ``wanted`` that it takes.

        Raises:
            RefusedByCard: it refused for another reason than not knowing how.
            CardError: it takes none of them (UNSUPPORTED_ALGORITHM).
        """
        for key in wanted:
            for command in ways_to_set(key):
                (response,) = yield from self.attempt(command)
                if response.status.ok:
                    self.key = key
                    yield from self.open()
                    return key
                if response.status not in NOT_SPOKEN:
                    expect_success(response, "set the management key")
        raise CardError(ReasonCode.UNSUPPORTED_ALGORITHM, "the card takes none of the keys")
