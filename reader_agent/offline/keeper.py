"""Keeps the bundle up to date while the service answers, and at hand when it does not."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from cardsvc.clock import Clock
from cardsvc.errors import CardsvcError, Malformed, ReasonCode, VerificationError
from reader_agent.offline.config import OfflineConfig
from reader_agent.offline.shelf import Floor, PartsAtHand, Shelf
from reader_agent.offline.trusted_time import TrustedTime
from verification.bundle.accept import accept_manifest
from verification.bundle.bundle import Bundle, check_part, needed_parts
from verification.bundle.manifest import BundleManifest, verify_manifest

_LOG = logging.getLogger(__name__)
_KEPT_EVERY = timedelta(minutes=1)
_PREPARING_SECONDS = 5.0
"""How soon a service that is still making the first bundle is asked again."""


class BundleService(Protocol):
    """The service, as the keeper needs it (``ServiceClient``)."""

    def bundle_manifest(self, relying_party: str) -> str:
        """Return the signed head of our bundle.

        Raises:
            CardsvcError: unreachable or refused.
        """
        ...

    def bundle_part(self, sha256: bytes) -> bytes:
        """Return a part.

        Raises:
            CardsvcError: unreachable, or gone by now.
        """
        ...

    def bundle_keys(self) -> dict[str, Any]:
        """Return the keys that sign bundles, as JWK set.

        Raises:
            CardsvcError: unreachable or refused.
        """
        ...


class BundleKeeper:
    """A part of the agent (``reader_agent.run.part``): the body of one supervised thread.

    Args:
        relying_party: on whose behalf we decide.
        service: where bundles come from.
        shelf: where they stay.
        config: how often they are asked for.
        machine: the machine's clock.
        monotonic: seconds that no clock change moves.
    """

    name = "bundle"

    def __init__(
        self,
        relying_party: str,
        *,
        service: BundleService,
        shelf: Shelf,
        config: OfflineConfig,
        machine: Clock,
        monotonic: Callable[[], float],
    ) -> None:
        self._relying_party, self._service = relying_party, service
        self._shelf, self.config = shelf, config
        self._parts = PartsAtHand(shelf)
        self._wanted: set[bytes] = set()
        self._bundle: Bundle | None = None
        self._last: BundleManifest | None = None
        self.refused: ReasonCode | None = None
        self.preparing = False
        self._floor = shelf.floor()
        self._last = self._take_from_shelf()
        known = [] if self._floor is None else [self._floor.latest]
        known += [] if self._last is None else [self._last.issued_at]
        self.time = TrustedTime(machine, monotonic, max(known, default=None))

    @property
    def bundle(self) -> Bundle | None:
        """The newest whole bundle, however old; None before the first."""
        return self._bundle

    @property
    def signed_at(self) -> datetime | None:
        """When the bundle was signed; None without one."""
        bundle = self._bundle
        return None if bundle is None else bundle.manifest.issued_at

    def run(self, stop: threading.Event) -> None:
        """Ask for the bundle again and again until told to stop."""
        while not stop.is_set():
            self.step()
            pause = self.config.refresh_seconds
            stop.wait(min(pause, _PREPARING_SECONDS) if self.preparing else pause)
        self._keep_floor(at_once=True)

    def step(self) -> None:
        """Ask for the bundle once; that the service is still making it is no fault."""
        try:
            self.refresh()
            self.preparing = False
        except CardsvcError as error:
            was, self.preparing = self.preparing, error.reason is ReasonCode.BUNDLE_PREPARING
            if not self.preparing and self.refused is not error.reason:
                _LOG.warning("no new bundle: %s", error.reason.value)
            if self.preparing and not was:
                _LOG.info("the service prepares the bundle")
            self.refused = None if self.preparing else error.reason
            self._keep_floor()

    def refresh(self) -> None:
        """Fetch the bundle, and put it in the place of the last where it may take it.

        Raises:
            CardsvcError: unreachable, refused, or not to be accepted; the last one stays.
        """
        token = self._service.bundle_manifest(self._relying_party)
        manifest = verify_manifest(token, self._keys())
        accept_manifest(
            manifest,
            self._last,
            expected_relying_party=self._relying_party,
            least_seq=self._least_seq,
            at=self.time.reference(),
        )
        parts = self._fetch(manifest)
        bundle = Bundle(manifest, parts)
        # what came just now was signed just now, or it is of a past that we are told of
        self.time.witness(manifest.issued_at)
        self._put(token, manifest, parts)
        self._bundle, self._last, self.refused = bundle, manifest, None
        self._keep_floor()

    @property
    def _least_seq(self) -> int:
        return 0 if self._floor is None else self._floor.seq

    def _keys(self) -> dict[str, Any]:
        """Return the keys we believe; those of the first contact, and never others."""
        keys = self._shelf.keys()
        if keys is None:
            keys = self._service.bundle_keys()
            self._store(lambda: self._shelf.put_keys(keys))
        return keys

    def _fetch(self, manifest: BundleManifest) -> PartsAtHand:
        """Return the parts of a bundle; fetches those that are not at hand."""
        known = self._bundle is not None and not self._parts.damaged
        if known and self._last is not None and manifest.content == self._last.content:
            return self._parts
        parts = PartsAtHand(self._shelf, self._parts.spare)
        for sha256 in needed_parts(manifest, parts):
            if parts.get(sha256) is None:
                parts.add(sha256, check_part(self._service.bundle_part(sha256), sha256))
        parts.damaged = False
        return parts

    def _put(self, token: str, manifest: BundleManifest, parts: PartsAtHand) -> None:
        """Write the head; a disk that takes nothing does not keep us from deciding."""

        def write() -> None:
            self._shelf.put_manifest(token)
            if parts is not self._parts:
                wanted = set(needed_parts(manifest, parts))
                # somebody may be deciding by the bundle before
                self._shelf.keep_only(wanted | self._wanted)
                self._wanted = wanted
                parts.spare = {one: octets for one, octets in parts.spare.items() if one in wanted}

        self._store(write)
        self._parts = parts

    def _take_from_shelf(self) -> BundleManifest | None:
        """Return the manifest of before the restart; its bundle is at hand where it is whole."""
        token, keys = self._shelf.manifest(), self._shelf.keys()
        if token is None or keys is None:
            return None
        try:
            manifest = verify_manifest(token, keys)
            accept_manifest(
                manifest,
                None,
                expected_relying_party=self._relying_party,
                least_seq=self._least_seq,
                at=None,
            )
        except (Malformed, VerificationError) as error:
            _LOG.error("the bundle on disk is not believed: %s", error.reason.value)
            return None
        try:
            for sha256 in needed_parts(manifest, self._parts):
                self._parts.get(sha256)  # one that was changed is as if it were not there
            self._bundle = None if self._parts.damaged else Bundle(manifest, self._parts)
        except Malformed:
            self._bundle = None
        if self._bundle is None:
            _LOG.error("the bundle on disk is not whole; it waits for the service")
        return manifest

    def _keep_floor(self, *, at_once: bool = False) -> None:
        """Keep what we know for certain, at most once a minute."""
        latest, last, former = self.time.latest, self._last, self._floor
        if latest is None or last is None:
            return
        floor = Floor(max(last.seq, self._least_seq), latest)
        due = former is None or floor.seq > former.seq or latest - former.latest >= _KEPT_EVERY
        if at_once or due:
            self._floor = floor
            self._store(lambda: self._shelf.put_floor(floor))

    @staticmethod
    def _store(write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            _LOG.error("the bundle can't be written: %s", type(error).__name__)
