"""One card as the checks see it: every object parsed once, every path built once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from cryptography import x509

from cardsvc.card.cbeff import parse_biometric
from cardsvc.card.ccc import parse_ccc
from cardsvc.card.certificate_object import parse_certificate_object
from cardsvc.card.chuid import UnverifiedChuid, parse_chuid
from cardsvc.card.cms import SignedData
from cardsvc.card.discovery import parse_discovery
from cardsvc.card.key_history import parse_key_history
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot, ObjectTag
from cardsvc.card.printed_information import parse_printed_information
from cardsvc.card.security_object import UnverifiedSecurityObject, parse_security_object
from cardsvc.errors import CardsvcError, Malformed
from verification.inspection.image import CardImage, ObjectReading
from verification.inspection.report import Finding, failed, not_applicable
from verification.inspection.status_search import find_good_status
from verification.path.purpose import Purpose
from verification.path.trust import TrustMaterial
from verification.path.validate import ValidatedPath, validate_leaf
from verification.status.revocation import RevocationMaterial

_T = TypeVar("_T")


class Skip(Exception):
    """There is nothing to check here; the message says why."""


_BIOMETRICS = (ObjectTag.FACIAL_IMAGE, ObjectTag.FINGERPRINTS, ObjectTag.IRIS_IMAGES)
PARSERS: dict[ObjectTag, Callable[[bytes], Any]] = {
    ObjectTag.CHUID: parse_chuid,
    ObjectTag.SECURITY_OBJECT: parse_security_object,
    ObjectTag.PRINTED_INFORMATION: parse_printed_information,
    ObjectTag.CARD_CAPABILITY_CONTAINER: parse_ccc,
    ObjectTag.DISCOVERY: parse_discovery,
    ObjectTag.KEY_HISTORY: parse_key_history,
    **dict.fromkeys(_BIOMETRICS, parse_biometric),
    **dict.fromkeys(CERTIFICATE_OBJECT.values(), parse_certificate_object),
}


class CardView:
    """Parses on demand and remembers, failures too.

    Args:
        image: what was read.
        trust: whom to believe.
        revocation: CRLs and OCSP responses; None where none were given at all.
        at: the instant everything is judged at.
    """

    def __init__(
        self,
        image: CardImage,
        trust: TrustMaterial,
        revocation: RevocationMaterial | None,
        at: datetime,
    ) -> None:
        self.image = image
        self.trust = trust
        self.revocation = revocation
        self.at = at
        self._remembered: dict[object, Any] = {}

    def once(self, key: object, make: Callable[[], _T]) -> _T:
        """Return what ``make`` gave the first time, or raise what it raised."""
        if key not in self._remembered:
            try:
                self._remembered[key] = (make(), None)
            except CardsvcError as error:
                self._remembered[key] = (None, error)
        value, failure = self._remembered[key]
        if failure is not None:
            raise failure
        return value  # type: ignore[no-any-return] # make() gave it

    def reading(self, tag: ObjectTag) -> ObjectReading:
        """Return how the reading of an object went.

        Raises:
            Skip: it was not asked for.
        """
        if tag not in self.image.readings:
            raise Skip("not read in this mode")
        return self.image.readings[tag]

    def parse(self, tag: ObjectTag) -> Any:
        """Return a parsed object.

        Raises:
            Skip: it was not read.
            Malformed: it has another form.
        """
        reading = self.reading(tag)
        octets = reading.octets
        if octets is None:
            raise Skip("the card has none" if reading.is_absent else "it was not read")
        return self.once(tag, lambda: PARSERS[tag](octets))

    def parsed(self, tag: ObjectTag) -> Any:
        """Return a parsed object for a check that builds on it.

        Raises:
            Skip: it was not read, or its own check already says that it is ill-formed.
        """
        try:
            return self.parse(tag)
        except Malformed as error:
            raise Skip(f"{name_of(tag)} is ill-formed") from error

    @property
    def chuid(self) -> UnverifiedChuid:
        """The CHUID (raises Skip where there is none to build on)."""
        found: UnverifiedChuid = self.parsed(ObjectTag.CHUID)
        return found

    @property
    def security_object(self) -> UnverifiedSecurityObject:
        """The Security Object (raises Skip where there is none to build on)."""
        found: UnverifiedSecurityObject = self.parsed(ObjectTag.SECURITY_OBJECT)
        return found

    def certificate(self, slot: KeySlot) -> x509.Certificate:
        """Return a slot's certificate (raises Skip where there is none to build on)."""
        found: x509.Certificate = self.parsed(CERTIFICATE_OBJECT[slot])
        return found

    def has_certificate(self, slot: KeySlot) -> bool:
        """Tell whether the card gave a well-formed certificate for a slot."""
        try:
            self.certificate(slot)
        except Skip:
            return False
        return True

    def path(self, certificate: x509.Certificate) -> ValidatedPath:
        """Return the certification path at the instant of the inspection, for any purpose.

        Raises:
            VerificationError: no path holds.
        """
        return self._path(certificate, self.at)

    def path_then(self, certificate: x509.Certificate) -> ValidatedPath:
        """Return the path as it stood at the certificate's end, where that has passed.

        Raises:
            VerificationError: no path held then.
        """
        return self._path(certificate, min(self.at, certificate.not_valid_after_utc))

    def _path(self, certificate: x509.Certificate, at: datetime) -> ValidatedPath:
        return self.once(
            ("path", certificate, at),
            lambda: validate_leaf(certificate, self.trust, at, Purpose.ANY),
        )

    def require_good_status(self, certificate: x509.Certificate) -> str:
        """Return which sources vouch for the whole path, for a sentence.

        Raises:
            VerificationError: revoked, on hold, unknown or stale; or no path holds.
        """
        if self.revocation is None:
            raise Skip("no status material")
        revocation = self.revocation
        findings = self.once(
            ("status", certificate),
            lambda: find_good_status(self.path(certificate), revocation, self.trust, self.at),
        )
        sources = dict.fromkeys(finding.source for finding in findings if finding.source)
        good = sum(finding.is_good for finding in findings)
        text = f"{good} certificates good by {', '.join(sources) or 'nothing'}"
        unpublished = len(findings) - good
        return f"{text}; {unpublished} CA publish no status" if unpublished else text

    @property
    def chuid_signer(self) -> x509.Certificate | None:
        """The certificate of the CHUID's signer, embedded or among the intermediates."""
        try:
            signed = self.chuid.signed_data()
        except (Skip, CardsvcError):
            return None
        return self.signer_of(signed)

    def signer_of(self, signed: SignedData) -> x509.Certificate | None:
        """Return the signer's certificate: embedded, or among the certificates given."""
        return signed.signer(self.trust.intermediates)


def name_of(tag: ObjectTag) -> str:
    """Return an object's name for a sentence."""
    return tag.name.replace("_", " ").lower().replace("chuid", "CHUID")


def form(view: CardView, tag: ObjectTag, *, mandatory: bool) -> Finding | None:
    """Return why an object can't be used, or None where it is there and well-formed."""
    reading = view.reading(tag)
    if reading.octets is not None:
        view.parse(tag)
        return None
    if reading.reason is None:
        raise Skip("not read")
    status = f" ({reading.status})" if reading.status is not None else ""
    if not mandatory and reading.status is not None:
        # cards refuse what they don't know in many ways; the Security Object tells what is due
        return not_applicable(f"the card has none{status}")
    if reading.is_absent:
        return failed(reading.reason, f"{name_of(tag)}: the card has none, and must")
    return failed(reading.reason, f"{name_of(tag)}: the card did not give it{status}")
