"""What the background does for an import besides applying it, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.errors import ReasonCode
from issuance.importing.photos import PhotoProgress
from issuance.importing.request import CardsRequested


@dataclass(frozen=True, slots=True)
class ImportWork:
    """How far the requests and photos of an import are; kept until the service is started anew.

    Args:
        requesting: requests are being made, or wait for their turn.
        requested: what became of them so far; None where nobody asked.
        taking_photos: photos are being taken in, or wait for their turn.
        photos: what became of them so far; None where nobody sent any.
        fault: why the last work stopped midway; None where it did not.
    """

    requesting: bool = False
    requested: CardsRequested | None = None
    taking_photos: bool = False
    photos: PhotoProgress | None = None
    fault: ReasonCode | None = None

    @property
    def is_running(self) -> bool:
        """True while there is something to wait for."""
        return self.requesting or self.taking_photos
