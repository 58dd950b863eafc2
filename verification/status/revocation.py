"""The revocation status of a path at one instant, from CRLs and OCSP responses at hand.

For each certificate but the anchor:
 1. every source that speaks of it is checked: signer, form, freshness;
 2. a revocation in any validly signed source decides, however old the source, if it took
    place by the instant;
 3. a hold decides unless a newer, fresh source says that the certificate is good;
 4. good needs fresh sources, which between them cover all reasons;
 5. else the status is not known, with the reason that says most.
Spec: RFC 5280 section 6.3; RFC 6960 section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.x509 import ocsp

from cardsvc.clock import require_utc
from cardsvc.errors import ReasonCode, VerificationError
from verification.path.facts import CertificateFacts
from verification.path.names import NameKey
from verification.path.trust import TrustMaterial
from verification.path.validate import ValidatedPath
from verification.status.crl import Crl
from verification.status.crl_scope import named_crl_issuers, reasons_covered
from verification.status.crl_signer import CrlSignerCheck, NotOurs
from verification.status.evidence import Evidence, Word, weigh
from verification.status.finding import SourceKind, StatusFinding, StatusProblem, require_good
from verification.status.ocsp import OcspResponse, SingleStatus
from verification.status.ocsp_responder import check_responder

__all__ = [
    "RevocationMaterial",
    "SourceKind",
    "StatusFinding",
    "StatusProblem",
    "StatusRules",
    "check_status",
    "require_good",
]

MAX_NESTING = 4
"""How deep the status of signers of signers is followed."""


@dataclass(frozen=True)
class RevocationMaterial:
    """CRLs and OCSP responses at hand; none is trusted before it is checked.

    Attributes:
        verified: remembers which key signed which list; a signature does not change.
    """

    crls: tuple[Crl, ...] = ()
    ocsp_responses: tuple[OcspResponse, ...] = ()
    verified: dict[tuple[int, bytes], bool] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def crls_by_issuer(self) -> dict[NameKey, tuple[Crl, ...]]:
        """The lists by the name of their issuer."""
        found: dict[NameKey, tuple[Crl, ...]] = {}
        for crl in self.crls:
            found[crl.issuer] = (*found.get(crl.issuer, ()), crl)
        return found

    @cached_property
    def statuses_by_serial(self) -> dict[int, list[tuple[OcspResponse, SingleStatus]]]:
        """The single statuses of all responses by serial number."""
        found: dict[int, list[tuple[OcspResponse, SingleStatus]]] = {}
        for response in self.ocsp_responses:
            for single in response.singles:
                found.setdefault(single.serial_number, []).append((response, single))
        return found


@dataclass(frozen=True, slots=True)
class StatusRules:
    """What the relying party asks of status sources.

    Attributes:
        max_age_without_next_update: how long an OCSP status without nextUpdate is fresh;
            RFC 6960 section 2.4 leaves it to the client.
    """

    max_age_without_next_update: timedelta = timedelta(hours=24)


def check_status(
    path: ValidatedPath,
    material: RevocationMaterial,
    at: datetime,
    trust: TrustMaterial | None = None,
    rules: StatusRules | None = None,
) -> tuple[StatusFinding, ...]:
    """Find the status of every certificate of a path but the anchor.

    Spec: RFC 5280 section 6.3; RFC 6960 section 3.2.

    Args:
        path: a validated path.
        material: the sources at hand.
        at: the instant, aware.
        trust: where separate CRL signers and OCSP responders are looked for; by default the
            path itself.
        rules: what is asked of sources.

    Returns:
        One finding for each certificate, leaf first. Nothing is raised for a bad status;
        ``require_good`` does that.
    """
    certificates = path.certificates
    found_among = trust or TrustMaterial((certificates[-1],), certificates[1:-1])
    check = _StatusCheck(material, found_among, require_utc(at), rules or StatusRules())
    return tuple(check.status_of(path.facts[index:]) for index in range(len(path.facts) - 1))


class _StatusCheck:
    """One run of ``check_status``; follows the status of signers, but never in a circle."""

    def __init__(
        self,
        material: RevocationMaterial,
        trust: TrustMaterial,
        at: datetime,
        rules: StatusRules,
    ) -> None:
        self._material = material
        self._trust = trust
        self._at = at
        self._rules = rules
        self._signers = CrlSignerCheck(trust, at, material.verified)
        self._in_progress: list[bytes] = []

    def status_of(self, path: tuple[CertificateFacts, ...]) -> StatusFinding:
        facts = path[0]
        problems: list[StatusProblem] = []
        self._in_progress.append(facts.der)
        try:
            evidence = [*self._from_crls(path, problems), *self._from_ocsp(path, problems)]
        finally:
            self._in_progress.pop()
        return weigh(facts.certificate, evidence, problems, self._at)

    def _is_good(self, path: tuple[CertificateFacts, ...]) -> bool:
        """Tell whether the first certificate of a signer's path is good."""
        if path[0].der in self._in_progress or len(self._in_progress) > MAX_NESTING:
            return False
        return self.status_of(path).is_good

    def _are_good(self, path: tuple[CertificateFacts, ...]) -> bool:
        return all(self._is_good(path[index:]) for index in range(len(path) - 1))

    def _from_crls(
        self, path: tuple[CertificateFacts, ...], problems: list[StatusProblem]
    ) -> Iterator[Evidence]:
        usable: list[tuple[Crl, frozenset[x509.ReasonFlags]]] = []
        for issuer in {path[0].issuer, *named_crl_issuers(path[0])}:
            for crl in self._material.crls_by_issuer.get(issuer, ()):
                reasons = reasons_covered(crl, path[0])
                if reasons and self._is_usable(crl, path, problems):
                    usable.append((crl, reasons))
        for crl, reasons in usable:
            evidence = self._word_of(crl, path[0], reasons, [base for base, _ in usable])
            if evidence is not None:
                yield evidence

    def _is_usable(
        self, crl: Crl, path: tuple[CertificateFacts, ...], problems: list[StatusProblem]
    ) -> bool:
        kind = _kind(crl)
        if crl.unusable is not None:
            reason = ReasonCode.UNKNOWN_CRITICAL_EXTENSION
            problems.append(StatusProblem(kind, reason, f"a CRL with {crl.unusable}"))
            return False
        try:
            self._signers.check(crl, path, self._are_good)
        except NotOurs:
            return False
        except VerificationError as error:
            problems.append(StatusProblem(kind, error.reason, str(error)))
            return False
        return True

    def _word_of(
        self,
        crl: Crl,
        facts: CertificateFacts,
        reasons: frozenset[x509.ReasonFlags],
        others: list[Crl],
    ) -> Evidence | None:
        entry = crl.find(facts.issuer, facts.serial_number)
        fresh = crl.is_fresh(self._at)
        word, revoked_at = Word.GOOD, None
        if entry is not None and entry.revoked_at <= self._at:
            if entry.reason is x509.ReasonFlags.certificate_hold:
                word, revoked_at = Word.ON_HOLD, entry.revoked_at
            elif not (crl.is_delta and entry.reason is x509.ReasonFlags.remove_from_crl):
                word, revoked_at = Word.REVOKED, entry.revoked_at
        if crl.is_delta and word is Word.GOOD:
            # A delta says something good only of what it releases, and only upon its base.
            released = entry is not None and entry.reason is x509.ReasonFlags.remove_from_crl
            if not (released and any(self._is_base(base, crl) for base in others)):
                return None
        return Evidence(
            _kind(crl), word, crl.this_update, crl.next_update, fresh, reasons, revoked_at
        )

    def _is_base(self, base: Crl, delta: Crl) -> bool:
        """Tell whether ``delta`` may be combined with ``base`` (RFC 5280 section 5.2.4)."""
        return (
            not base.is_delta
            and base.issuer == delta.issuer
            and base.scope == delta.scope
            and base.authority_key_id == delta.authority_key_id
            and base.is_fresh(self._at)
            and base.number is not None
            and delta.number is not None
            and delta.base_number is not None
            and delta.base_number <= base.number < delta.number
        )

    def _from_ocsp(
        self, path: tuple[CertificateFacts, ...], problems: list[StatusProblem]
    ) -> Iterator[Evidence]:
        facts, issuer = path[0], path[1]
        for response, single in self._material.statuses_by_serial.get(facts.serial_number, ()):
            if not single.speaks_of(facts, issuer):
                continue
            if response.unusable is not None:
                reason = ReasonCode.UNKNOWN_CRITICAL_EXTENSION
                problems.append(StatusProblem(SourceKind.OCSP, reason, response.unusable))
                continue
            try:
                others = self._trust.intermediate_facts
                check_responder(response, path, others, self._at, self._is_good)
            except VerificationError as error:
                problems.append(StatusProblem(SourceKind.OCSP, error.reason, str(error)))
                continue
            evidence = self._single_word(single)
            if evidence is None:
                reason = ReasonCode.STATUS_UNKNOWN
                detail = "the responder does not know the certificate"
                problems.append(StatusProblem(SourceKind.OCSP, reason, detail))
            else:
                yield evidence

    def _single_word(self, single: SingleStatus) -> Evidence | None:
        if single.status is ocsp.OCSPCertStatus.UNKNOWN:
            return None
        fresh = single.is_fresh(self._at, self._rules.max_age_without_next_update)
        word, revoked_at = Word.GOOD, None
        if single.status is ocsp.OCSPCertStatus.REVOKED:
            revoked_at = single.revoked_at or single.this_update
            if revoked_at <= self._at:
                hold = single.reason is x509.ReasonFlags.certificate_hold
                word = Word.ON_HOLD if hold else Word.REVOKED
            else:
                revoked_at = None
        return Evidence(
            SourceKind.OCSP,
            word,
            single.this_update,
            single.next_update,
            fresh,
            revoked_at=revoked_at,
        )


def _kind(crl: Crl) -> SourceKind:
    return SourceKind.DELTA_CRL if crl.is_delta else SourceKind.CRL
