"""What a card is to become. Made from an approved application, and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.clock import VIETNAM_TIME, require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.records import ApprovedApplication
from cardsvc.terms import CardType, Realm
from issuance.personalise.certificate_text import organization_text
from issuance.personalise.factory import FactoryState

DEFAULT_VALIDITY = timedelta(days=3 * 365)
"""How long a card is valid unless told otherwise; FIPS 201-3 section 2.9.1 allows six years."""

P256_OR_RSA = (Algorithm.ECC_P256, Algorithm.RSA_2048)
"""Preferred algorithms in order (SP 800-78-5 section 3.1): RSA for cards without curves."""


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """A key to be made.

    Args:
        slot: where.
        algorithms: those allowed, the best first; the first that the card knows is taken.
    """

    slot: KeySlot
    algorithms: tuple[Algorithm, ...] = P256_OR_RSA

    def __post_init__(self) -> None:
        if not self.algorithms or any(algorithm.is_symmetric for algorithm in self.algorithms):
            raise IssuanceError(ReasonCode.UNSUPPORTED_ALGORITHM, "a key pair needs algorithms")


DEFAULT_KEYS = tuple(
    KeyPlan(slot)
    for slot in (
        KeySlot.AUTHENTICATION,
        KeySlot.SIGNATURE,
        KeySlot.KEY_MANAGEMENT,
        KeySlot.CARD_AUTHENTICATION,
    )
)


@dataclass(frozen=True, slots=True)
class PersonalisationPlan:
    """One card for one approved application.

    Args:
        approved: by whom and for whom.
        guid: the card's identifier, random.
        expires_at: its last instant, the end of a day in Vietnam.
        keys: what is generated on it; each slot once.
        photo_jpeg: the holder's photo, or None.
        factory: what the blank was delivered with.
        is_retry: an earlier run for this very card was torn.
    """

    approved: ApprovedApplication
    guid: CardGuid
    expires_at: datetime
    keys: tuple[KeyPlan, ...] = DEFAULT_KEYS
    photo_jpeg: bytes | None = field(default=None, repr=False)
    factory: FactoryState = field(default_factory=FactoryState)
    is_retry: bool = False

    def __post_init__(self) -> None:
        slots = [key.slot for key in self.keys]
        wanted = {KeySlot.CARD_AUTHENTICATION, KeySlot.AUTHENTICATION}
        if len(set(slots)) != len(slots) or not wanted <= set(slots):
            raise IssuanceError(
                ReasonCode.KEY_MISSING, "a card has each key once, and 9A and 9E always"
            )

    @property
    def card_type(self) -> CardType:
        """What the card is issued as."""
        return self.approved.application.card_type

    @property
    def realm(self) -> Realm:
        """Where it is a card at all."""
        return self.approved.application.realm

    def subject(self, slot: KeySlot) -> tuple[tuple[str, str], ...]:
        """Return the certificate's subject: none for 9E, so that a tap names nobody.

        Staff and delegates stand with name and body; an individual with an opaque alias only.
        """
        holder = self.approved.application.holder
        if slot is KeySlot.CARD_AUTHENTICATION:
            return ()
        if self.card_type is CardType.CIVIL_SERVANT and holder.employment is not None:
            body = holder.employment.agency_name
        elif self.card_type is CardType.BUSINESS and holder.delegation is not None:
            body = holder.delegation.enterprise_name
        else:
            return (("serial_number", self.guid.octets.hex().upper()),)
        return (("organization", organization_text(body)), ("common_name", holder.name.value))


def card_expiry(
    approved: ApprovedApplication, at: datetime, validity: timedelta = DEFAULT_VALIDITY
) -> datetime:
    """Return a card's last instant: the end of a day in Vietnam, never past a delegation's last.

    The day is the same in UTC, so that the CHUID's date (SP 800-73-5 Part 1 table 9, a day
    without a zone) means it for every reader.
    """
    day = (require_utc(at) + validity).astimezone(VIETNAM_TIME).date()
    application = approved.application
    delegation = application.holder.delegation
    if application.card_type is CardType.BUSINESS and delegation is not None:
        day = min(day, delegation.until)
    return require_utc(datetime.combine(day, time(23, 59, 59), VIETNAM_TIME))
