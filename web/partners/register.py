"""The register of partners: what operators do at the command line and in the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.partner_records import (
    KEY_LIFETIME,
    MOST_KEY_LIFETIME,
    KeyKind,
    Partner,
    PartnerKey,
    PartnerProfile,
)
from web.partners.ports import PartnerBook
from web.partners.public_keys import (
    parse_client_certificate,
    parse_key_set,
    parse_public_key_pem,
)


@dataclass(frozen=True, slots=True)
class KeyTerm:
    """From when until when a key is to count; None for now, and for a year and some weeks."""

    not_before: datetime | None = None
    not_after: datetime | None = None


class PartnerRegister:
    """Enrols partners and keeps their keys.

    Args:
        book: keeps them.
    """

    def __init__(self, book: PartnerBook) -> None:
        self._book = book

    def partners(self) -> Sequence[Partner]:
        """Return all partners by identifier."""
        return self._book.partners()

    def partner(self, partner_id: str) -> Partner:
        """Return a partner.

        Raises:
            CardsvcError: there is none of that name (RELYING_PARTY_UNKNOWN).
        """
        found = self._book.find(partner_id)
        if found is None:
            raise CardsvcError(ReasonCode.RELYING_PARTY_UNKNOWN, "no such partner")
        return found

    def keys(self, partner_id: str) -> Sequence[PartnerKey]:
        """Return a partner's keys, the newest first."""
        return self._book.keys(partner_id)

    def gets_in_until(self, partner: Partner) -> datetime | None:
        """Return the last instant at which a key of a partner counts; None where it has none."""
        ends = [one.not_after for one in self.keys(partner.id) if one.revoked_at is None]
        return max(ends, default=None)

    def enrol(
        self, partner_id: str, profile: PartnerProfile, *, operator: str, at: datetime
    ) -> None:
        """Enrol a partner, or change what was agreed with one.

        Raises:
            CardsvcError: it is enrolled in the other realm (CONCURRENT_CHANGE).
            Malformed: no identifier, no name, or two contacts of one role.
        """
        name = profile.name.strip()
        if not 0 < len(name) <= 200 or not name.isprintable():
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "a partner has a name")
        roles = [one.role for one in profile.contacts]
        if len(set(roles)) != len(roles):
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "there is one contact of each role")
        self._book.put(partner_id, replace(profile, name=name), operator=operator, at=at)

    def set_enabled(self, partner_id: str, *, enabled: bool, operator: str, at: datetime) -> None:
        """Let a partner in, or shut it out at once, its services with it.

        Raises:
            CardsvcError: there is none of that name (RELYING_PARTY_UNKNOWN).
        """
        if not self._book.set_enabled(partner_id, enabled=enabled, operator=operator, at=at):
            raise CardsvcError(ReasonCode.RELYING_PARTY_UNKNOWN, "no such partner")

    def add_keys(
        self, partner_id: str, octets: bytes, term: KeyTerm, *, operator: str, at: datetime
    ) -> Sequence[PartnerKey]:
        """Put on record what a partner handed in: a certificate or key in PEM, or a JWK set.

        Raises:
            Malformed, CardsvcError: as ``add_certificate`` and ``add_key_set``.
        """
        if b"-----BEGIN CERTIFICATE" in octets:
            return [self.add_certificate(partner_id, octets, term, operator=operator, at=at)]
        return self.add_key_set(partner_id, octets, term, operator=operator, at=at)

    def add_key_set(
        self, partner_id: str, octets: bytes, term: KeyTerm, *, operator: str, at: datetime
    ) -> Sequence[PartnerKey]:
        """Put the keys of a JWK set, or a key in PEM, on record that are not there; return those.

        Handing the same set in again changes nothing, so that a partner may always send its
        whole set.

        Raises:
            Malformed: MALFORMED_PARTNER_KEY, or MALFORMED_DATE for a term that is none.
            CardsvcError: RELYING_PARTY_UNKNOWN, PARTNER_KEY_TAKEN.
        """
        self.partner(partner_id)
        not_before, not_after = _term(term, at)
        parse = parse_public_key_pem if b"-----BEGIN" in octets else parse_key_set
        known = {(one.kid, one.thumbprint) for one in self._book.keys(partner_id)}
        added = [
            PartnerKey(
                partner_id,
                one.kid,
                KeyKind.JWK,
                one.algorithm,
                one.thumbprint,
                one.jwk,
                not_before,
                not_after,
            )
            for one in parse(octets)
            if (one.kid, one.thumbprint) not in known
        ]
        for key in added:
            self._book.add_key(key, operator=operator, at=at)
        return added

    def add_certificate(
        self, partner_id: str, octets: bytes, term: KeyTerm, *, operator: str, at: datetime
    ) -> PartnerKey:
        """Put a TLS client certificate on record; it counts no longer than it says itself.

        Raises:
            Malformed: MALFORMED_PARTNER_KEY, or MALFORMED_DATE for a term that is none.
            CardsvcError: RELYING_PARTY_UNKNOWN, PARTNER_KEY_TAKEN.
        """
        found = parse_client_certificate(octets)
        not_before, not_after = _term(term, at)
        not_before, not_after = max(not_before, found.not_before), min(not_after, found.not_after)
        if not_before >= not_after:
            raise Malformed(ReasonCode.MALFORMED_DATE, "the certificate is not valid then")
        key = PartnerKey(
            partner_id,
            found.sha256[:16],
            KeyKind.CERTIFICATE,
            "",
            found.sha256,
            "",
            not_before,
            not_after,
        )
        self._book.add_key(key, operator=operator, at=at)
        return key

    def revoke_key(self, partner_id: str, kid: str, *, operator: str, at: datetime) -> None:
        """End a key now, and the tokens that were asked for with it.

        Raises:
            CardsvcError: the partner has no such key (PARTNER_KEY_UNKNOWN).
        """
        self._book.revoke_key(partner_id, kid, operator=operator, at=at)


def _term(term: KeyTerm, at: datetime) -> tuple[datetime, datetime]:
    not_before = at if term.not_before is None else term.not_before
    not_after = not_before + KEY_LIFETIME if term.not_after is None else term.not_after
    if not at <= not_after or not not_before < not_after <= not_before + MOST_KEY_LIFETIME:
        raise Malformed(ReasonCode.MALFORMED_DATE, "a key ends after it begins, within 1200 days")
    return not_before, not_after
