"""A root that is locked away: held at a ceremony, absent in daily running."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from cardsvc.clock import SystemClock
from cardsvc.errors import ReasonCode, VaultError
from tests.support.installations import CHEAP
from web.bootstrap import open_installation
from web.settings import Settings


def test_the_service_runs_without_its_root_once_the_ceremony_was_held(tmp_path: Path) -> None:
    stick, daily = tmp_path / "stick", tmp_path / "data"
    settings = Settings(data_dir=daily, vault_passphrase="a", root_vault_dir=str(stick))
    with pytest.raises(VaultError) as caught:
        open_installation(settings, scrypt_cost=CHEAP)
    assert caught.value.reason is ReasonCode.VAULT_SEALED
    assert not stick.exists()

    ceremony = replace(settings, root_vault_passphrase="b")
    held = open_installation(ceremony, scrypt_cost=CHEAP)
    root = held.pki.root_certificate
    held.close()
    shutil.move(stick, tmp_path / "safe")

    opened = open_installation(settings)
    try:
        assert opened.pki.root is None
        assert opened.pki.root_certificate == root
        published = opened.services.status.crl("root", SystemClock().now())
        assert published is not None
        crl = x509.load_der_x509_crl(published)
        assert crl.is_signature_valid(root.public_key())  # type: ignore[arg-type] # an EC key
        assert all(opened.services.ready().values())
    finally:
        opened.close()
    assert not stick.exists()
