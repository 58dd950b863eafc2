"""The decision desk over the database, the vault and our own CAs."""

from __future__ import annotations

from cardsvc.store.decision_log import SqlDecisionLog
from cardsvc.store.engine import Database
from cardsvc.store.spent_nonces import SqlSpentNonces
from cardsvc.store.verification_store import SqlCardDirectory, SqlPolicyDirectory
from cardsvc.terms import Realm
from keys.hierarchy import Hierarchy
from keys.pki import Pki
from keys.vault import KeyVault
from verification.decide import DecisionDesk
from verification.path.trust import TrustMaterial
from verification.realms import TrustByRealm
from verification.release.grant import ReleaseSources
from verification.sealed_challenge import SealedChallenges
from verification.trusted import PkiTrust
from verification.verify import Verifier
from web.metrics.instruments import Instruments
from web.metrics.timed import CountedDecisionLog, TimedReceiptSigner
from web.settings import Settings
from web.wiring.vault_keys import derived


def decision_desk(
    settings: Settings,
    database: Database,
    pki: Pki,
    vault: KeyVault,
    sources: ReleaseSources,
    *,
    instruments: Instruments,
) -> DecisionDesk:
    """Return the desk that judges cards of our own CAs by what the database says now."""
    trust = TrustByRealm({realm: _trust(pki.of(realm)) for realm in Realm})
    spent = SqlSpentNonces(database)
    challenges = SealedChallenges(derived(vault, b"challenges", b"sealing"), spent)
    verifier = Verifier(challenges, SqlCardDirectory(database), trust)
    return DecisionDesk(
        issuer=settings.issuer,
        verifier=verifier,
        policies=SqlPolicyDirectory(database),
        receipts={
            realm: TimedReceiptSigner(pki.of(realm).receipt_signer, instruments) for realm in Realm
        },
        log=CountedDecisionLog(SqlDecisionLog(database, spent), instruments),
        sources=sources,
    )


def _trust(hierarchy: Hierarchy) -> PkiTrust:
    issuing = tuple(hierarchy.issuing_certificates.values())
    return PkiTrust(
        TrustMaterial((hierarchy.root_certificate,), issuing),
        {authority.issuer.key_id: kind for kind, authority in hierarchy.authorities.items()},
    )
