"""The fixtures.

``cardsvc_sandbox``  a service on loopback for the whole session, with one partner: yours.
``virtual_card``     ``virtual_card("civil_servant")`` gives a fresh card of a persona.
``tap``              ``tap(card)`` lets it be read at your reader and gives the decision.

Loaded in every session of an environment where cardsvc is installed; so nothing is imported before
a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from cardsvc_client import Decision
    from cardsvc_pytest.cards import CardInHand
    from cardsvc_pytest.sandbox import Sandbox


class TakeCard(Protocol):
    """What ``virtual_card`` is."""

    def __call__(self, persona: str = "civil_servant") -> CardInHand:
        """Return a fresh card of a persona."""
        ...


class TapCard(Protocol):
    """What ``tap`` is."""

    def __call__(
        self,
        card: CardInHand,
        service: str | None = None,
        *,
        level: str = "X1",
        pin: str | None = None,
        asked: tuple[str, ...] | None = None,
    ) -> Decision:
        """Tap a card and return the decision."""
        ...


@pytest.fixture(scope="session")
def cardsvc_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Give a service on loopback with a partner enrolled."""
    from cardsvc_pytest.sandbox import open_sandbox  # noqa: PLC0415 - see the module's docstring

    with open_sandbox(tmp_path_factory.mktemp("cardsvc")) as sandbox:
        yield sandbox


@pytest.fixture
def virtual_card(cardsvc_sandbox: Sandbox) -> TakeCard:
    """Give cards by persona."""
    from cardsvc_pytest.cards import take_card  # noqa: PLC0415

    def take(persona: str = "civil_servant") -> CardInHand:
        return take_card(cardsvc_sandbox, persona)

    return take


@pytest.fixture
def tap(cardsvc_sandbox: Sandbox) -> Iterator[TapCard]:
    """Give taps at a reader of the partner's own."""
    from cardsvc_pytest.cards import tap_with  # noqa: PLC0415

    client = cardsvc_sandbox.client()

    def tap_one(
        card: CardInHand,
        service: str | None = None,
        *,
        level: str = "X1",
        pin: str | None = None,
        asked: tuple[str, ...] | None = None,
    ) -> Decision:
        where = service or cardsvc_sandbox.service
        return tap_with(client, card, where, level=level, pin=pin, asked=asked)

    yield tap_one
    client.close()
