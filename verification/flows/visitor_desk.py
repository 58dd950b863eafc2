"""Visitor passes: a partner's host issues one, a gate counts its entries, the host revokes it.

A gate without a network checks the same text with ``verification.visitor_pass`` alone, and the
list of revoked passes; what it can't know is how often a pass was used.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cardsvc.access_records import require_identifier
from cardsvc.errors import CardsvcError, Malformed, ReasonCode, VerificationError
from cardsvc.pass_records import (
    EARLIEST_ISSUE,
    LONGEST_VISIT,
    MOST_ENTRIES,
    PassClaims,
    VisitorPass,
)
from cardsvc.terms import Realm
from cardsvc.wire.credential import credential_issuer
from cardsvc.wire.pass_claims import encode_pass
from verification.flows.ports import PassSigner, VisitorPasses
from verification.visitor_pass import verify_pass

LIST_LIFETIME = timedelta(hours=1)
"""A gate that has heard nothing for so long lets nobody in by a pass."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a host asks a pass for.

    Args:
        host: who invites, by the partner's own identifier.
        zone: where the pass opens.
        purpose: what for, as the guard reads it.
        visitor: the name to compare with a document; None where the pass names nobody.
        entries: how often it opens.
        not_before: the first instant.
        expires_at: the last instant.
    """

    host: str
    zone: str
    purpose: str = field(repr=False)
    visitor: str | None = field(repr=False)
    entries: int
    not_before: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of a pass that was shown.

    Args:
        reason: why it opens nothing; None where it opens.
        claims: what it says, where it proved to be ours.
        left: entries that are left, where it opens.
    """

    reason: ReasonCode | None
    claims: PassClaims | None = None
    left: int = 0


@dataclass(frozen=True, slots=True)
class VisitorDesk:
    """Issues, checks and revokes passes.

    Args:
        issuer: our name.
        signers: sign them, by the partner's realm.
        passes: keeps them.
        random_octets: a cryptographic random source.
    """

    issuer: str
    signers: Mapping[Realm, PassSigner]
    passes: VisitorPasses
    random_octets: Callable[[int], bytes]

    def issue(
        self,
        relying_party: str,
        realm: Realm,
        visit: Visit,
        at: datetime,
        *,
        operator: str | None = None,
    ) -> tuple[VisitorPass, str]:
        """Issue a pass; return what is kept of it, and the text of its QR code.

        Args:
            relying_party: the partner whose visitor it is.
            realm: the partner's.
            visit: what the host asks for.
            at: the instant.
            operator: who of ours issues it on the partner's behalf; None where it does so itself.

        Raises:
            Malformed: MALFORMED_MESSAGE; host or zone is no identifier, the time is too long, too
                far ahead or over, or there are no entries.
        """
        _check(visit, at)
        kept = VisitorPass(
            id=str(uuid.UUID(bytes=self.random_octets(16), version=4)),
            relying_party=relying_party,
            host=visit.host,
            zone=visit.zone,
            issued_at=at,
            not_before=visit.not_before,
            expires_at=visit.expires_at,
            entries=visit.entries,
        )
        claims = PassClaims(
            id=kept.id,
            issuer=credential_issuer(self.issuer, realm),
            relying_party=relying_party,
            zone=visit.zone,
            purpose=visit.purpose,
            visitor=visit.visitor,
            entries=visit.entries,
            issued_at=at,
            not_before=visit.not_before,
            expires_at=visit.expires_at,
        )
        self.passes.add(kept, actor=operator or f"partner:{relying_party}")
        return kept, self.signers[realm].sign(encode_pass(claims))

    def show(
        self, relying_party: str, realm: Realm, text: str, *, zone: str, agent: str, at: datetime
    ) -> Shown:
        """Check a pass at a gate and count the entry; what is refused is recorded, too.

        Args:
            relying_party: the partner whose gate it is.
            realm: the partner's.
            text: as scanned.
            zone: which gate.
            agent: who scanned it.
            at: the instant.
        """
        claims: PassClaims | None = None
        try:
            claims = verify_pass(
                text,
                self.signers[realm].jwks(),
                expected_issuer=credential_issuer(self.issuer, realm),
                at=at,
                zone=zone,
            )
            reason = self._refusal(claims, relying_party)
        except (VerificationError, Malformed) as error:
            reason = error.reason
        if reason is None and claims is not None:
            found = self.passes.enter(claims, actor=agent, at=at)
            if isinstance(found, VisitorPass):
                return Shown(None, claims, found.entries - found.used)
            reason = found
        refused = reason or ReasonCode.PASS_UNKNOWN
        subject = relying_party if claims is None else claims.id
        self.passes.refuse(subject, refused, actor=agent, at=at)
        return Shown(refused)

    @staticmethod
    def _refusal(claims: PassClaims, relying_party: str) -> ReasonCode | None:
        ours = claims.relying_party == relying_party
        return None if ours else ReasonCode.PASS_MISISSUED

    def find(self, relying_party: str, pass_id: str) -> VisitorPass:
        """Return a partner's pass.

        Raises:
            CardsvcError: PASS_UNKNOWN; another partner's is told from none by nobody.
        """
        found = self.passes.find(pass_id) if _is_uuid(pass_id) else None
        if found is None or found.relying_party != relying_party:
            raise CardsvcError(ReasonCode.PASS_UNKNOWN, "no such pass")
        return found

    def revoke(self, relying_party: str, pass_id: str, *, actor: str, at: datetime) -> VisitorPass:
        """Revoke a partner's pass; revoking it again does nothing.

        Raises:
            CardsvcError: PASS_UNKNOWN.
        """
        self.passes.revoke(self.find(relying_party, pass_id).id, actor=actor, at=at)
        return self.find(relying_party, pass_id)

    def revoked_list(self, at: datetime, realm: Realm = Realm.PRODUCTION) -> str:
        """Return a realm's signed list of revoked passes, for gates without a network."""
        issued = int(at.timestamp())
        return self.signers[realm].sign_revoked(
            {
                "iss": credential_issuer(self.issuer, realm),
                "iat": issued,
                "exp": issued + int(LIST_LIFETIME.total_seconds()),
                "revoked": list(self.passes.revoked(at)),
            }
        )


def _check(visit: Visit, at: datetime) -> None:
    for identifier in (visit.host, visit.zone):
        require_identifier(identifier)
    lasts = visit.expires_at - visit.not_before
    if not timedelta() < lasts <= LONGEST_VISIT:
        raise Malformed(
            ReasonCode.MALFORMED_MESSAGE, "a visit ends after it begins, and lasts 24 hours at most"
        )
    if visit.expires_at <= at or visit.not_before > at + EARLIEST_ISSUE:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "the visit is over, or too far ahead")
    if not 0 < visit.entries <= MOST_ENTRIES:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "the entries are out of range")


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
