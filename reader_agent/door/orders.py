"""Asks the service for orders to open a door; believes only what it signed for this question."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from cardsvc.clock import Clock
from cardsvc.errors import CardsvcError, VerificationError
from cardsvc.wire.door_order import DOOR_NONCE_OCTETS, DoorAnswer, DoorQuestion
from reader_agent.door.moves import RemoteOpen
from reader_agent.door.taps import DoorQueue
from verification.doors.token import verify_command

WAIT_SECONDS = 8
_AFTER_FAULT_SECONDS = 5.0
_LOOK_SECONDS = 0.3
_LOG = logging.getLogger(__name__)


class OrderService(Protocol):
    """What of the service this needs; ``client.ServiceClient`` has it."""

    def door_order(self, asked: DoorQuestion) -> DoorAnswer:
        """Ask for an order, and wait for it a while."""
        ...

    def bundle_keys(self) -> dict[str, Any]:
        """Return the keys that sign bundles and orders, as JWK set."""
        ...


class KeyShelf(Protocol):
    """Keeps the keys that were seen first; ``offline.shelf.Shelf``."""

    def keys(self) -> dict[str, Any] | None:
        """Return them, None before the first contact."""
        ...

    def put_keys(self, key_set: dict[str, Any]) -> None:
        """Keep them; from now on no others are believed."""
        ...


@dataclass(frozen=True, slots=True)
class OrderTools:
    """What asking needs.

    Args:
        service: the service.
        shelf: the keys.
        clock: the machine's.
        monotonic: seconds that no clock change moves.
        random_octets: gives octets nobody can guess.
    """

    service: OrderService
    shelf: KeyShelf
    clock: Clock
    monotonic: Callable[[], float]
    random_octets: Callable[[int], bytes]


class DoorOrders:
    """A part of the agent: orders for all of its doors.

    Args:
        queues: each door's, by its name.
        tools: what asking needs.
    """

    name = "door orders"

    def __init__(self, queues: Mapping[str, DoorQueue], tools: OrderTools) -> None:
        self._queues = dict(queues)
        self._tools = tools

    def run(self, stop: threading.Event) -> None:
        """Ask again and again until told to stop.

        The service answers when it has something to say; whoever stops does not wait for that. A
        question that is left behind ends with its answer, which nobody listens to any more.
        """
        answers: SimpleQueue[float] = SimpleQueue()
        while not stop.is_set():
            thread = threading.Thread(
                target=lambda: answers.put(self._asked()), name="door order", daemon=True
            )
            thread.start()
            while not stop.is_set():
                try:
                    pause = answers.get(timeout=_LOOK_SECONDS)
                except Empty:
                    continue
                stop.wait(pause)
                break

    def _asked(self) -> float:
        try:
            return self.ask()
        except CardsvcError as error:
            _LOG.info("no orders for doors: %s", error.reason.value)
        except Exception as error:  # noqa: BLE001 - a question that failed is asked again
            _LOG.error("a question for orders failed: %s", type(error).__name__)
        return _AFTER_FAULT_SECONDS

    def ask(self) -> int:
        """Ask once; hand an order to its door. Return after how many seconds to ask again.

        Raises:
            ServiceError: unreachable or refused.
            Malformed: the answer is none.
        """
        tools = self._tools
        nonce, asked_at = tools.random_octets(DOOR_NONCE_OCTETS), tools.monotonic()
        answer = tools.service.door_order(DoorQuestion(nonce, tuple(self._queues), WAIT_SECONDS))
        if answer.order is not None:
            try:
                command = verify_command(
                    answer.order,
                    self._keys(),
                    expected_doors=frozenset(self._queues),
                    expected_nonce=nonce,
                    at=tools.clock.now(),
                )
            except VerificationError as error:
                _LOG.error("an order for a door was refused: %s", error)
            else:
                self._queues[command.door].put(RemoteOpen(command.order, asked_at))
        return answer.again_seconds

    def _keys(self) -> dict[str, Any]:
        known = self._tools.shelf.keys()
        if known is None:
            known = self._tools.service.bundle_keys()
            self._tools.shelf.put_keys(known)
        return known
