"""The decision desk over the database, the vault and our own CAs."""

from __future__ import annotations

from cardsvc.store.decision_log import SqlDecisionLog
from cardsvc.store.engine import Database
from cardsvc.store.spent_nonces import SqlSpentNonces
from cardsvc.store.verification_store import SqlCardDirectory, SqlPolicyDirectory
from keys.pki import Pki
from keys.vault import KeyVault
from verification.decide import DecisionDesk
from verification.path.trust import TrustMaterial
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
    issuing = pki.issuing_certificates
    trust = PkiTrust(
        TrustMaterial((pki.root_certificate,), tuple(issuing.values())),
        {authority.issuer.key_id: kind for kind, authority in pki.authorities.items()},
    )
    spent = SqlSpentNonces(database)
    challenges = SealedChallenges(derived(vault, b"challenges", b"sealing"), spent)
    verifier = Verifier(challenges, SqlCardDirectory(database), trust)
    return DecisionDesk(
        issuer=settings.issuer,
        verifier=verifier,
        policies=SqlPolicyDirectory(database),
        receipts=TimedReceiptSigner(pki.receipt_signer, instruments),
        log=CountedDecisionLog(SqlDecisionLog(database, spent), instruments),
        sources=sources,
    )
