"""Renews the device's certificate by itself, after two thirds of its life."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Protocol

from cardsvc.errors import CardsvcError
from cardsvc.wire.enrolment import EnrolledMessage, RenewalMessage
from reader_agent.enrol.identity import identity_of, new_key, save_identity, signing_request
from reader_agent.enrol.proof import DeviceKey

_LOOK_SECONDS = 60.0
_RETRY_SECONDS = 600.0
_LOG = logging.getLogger(__name__)


class RenewalService(Protocol):
    """The service, as renewal needs it."""

    def renew(self, asked: RenewalMessage) -> EnrolledMessage:
        """Return the next certificate."""
        ...


class Renewal:
    """A part of the agent (``reader_agent.run.part``).

    Args:
        device: whose certificate is renewed.
        service: certifies the next key.
        state_dir: where the identity is kept.
    """

    name = "renewal"

    def __init__(self, device: DeviceKey, service: RenewalService, state_dir: Path) -> None:
        self._device = device
        self._service = service
        self._state_dir = state_dir

    def run(self, stop: threading.Event) -> None:
        """Look once a minute until ``stop`` is set."""
        while not stop.is_set():
            stop.wait(_LOOK_SECONDS if self.step() else _RETRY_SECONDS)

    def step(self) -> bool:
        """Renew where it is due; return False where that failed and is worth another try later.

        The new key is on disk before it is used; until then the old one serves.

        Raises:
            OSError: the identity can't be written.
        """
        if self._device.service_time() < self._device.identity.renew_at():
            return True
        key = new_key()
        try:
            answer = self._service.renew(RenewalMessage(signing_request(key)))
            identity = identity_of(key, answer)
        except CardsvcError as error:
            _LOG.warning("the certificate is not renewed: %s", error.reason.value)
            return False
        save_identity(self._state_dir, identity)
        self._device.identity = identity
        _LOG.info("certificate renewed until %s", identity.certificate.not_valid_after_utc)
        return True
