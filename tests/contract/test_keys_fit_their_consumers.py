"""What keys gives has the shape that its consumers ask for; a type checker reads this too."""

from __future__ import annotations

from pathlib import Path

import issuance.ports
import verification.ports
import web.services
from keys.ports import CertificateLedger
from keys.vault import KeyVault
from tests.support.rehearsal_pki import AT, make_rehearsal_pki


def test_the_pki_fits_issuance_verification_and_web(tmp_path: Path) -> None:
    rehearsal = make_rehearsal_pki(tmp_path / "vault")
    pki = rehearsal.pki
    vault: KeyVault = rehearsal.vault
    ledger: CertificateLedger = rehearsal.ledger
    authority: issuance.ports.CertificateAuthority = pki.factory
    secrets: issuance.ports.CardSecrets = pki.card_secrets
    receipts: verification.ports.ReceiptSigner = pki.receipt_signer
    status: web.services.StatusDocuments = pki.status
    assert vault.labels()
    assert ledger.list_by_profile("root")
    for card_type, signer in pki.content_signers.items():
        content: issuance.ports.ContentSigner = signer
        issuer = authority.issuer(card_type)
        content.certificate.verify_directly_issued_by(issuer)
        assert status.ca_certificate(card_type.value) is not None
        assert status.crl(card_type.value, AT) is not None
    assert secrets.puk(rehearsal.request().guid).isdigit()
    assert receipts.sign({"jti": "1"}).count(".") == 2
    assert status.ca_certificate("nobody") is None
    assert status.crl("nobody", AT) is None
