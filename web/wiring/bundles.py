"""Bundles over the database, our own CAs and the bundle signer."""

from __future__ import annotations

from cardsvc.store.bundle_source import SqlBundleEditions, SqlBundleSource
from cardsvc.store.engine import Database
from cardsvc.terms import Realm
from keys.bundle_signer import BundleSigner
from keys.pki import Pki
from verification.bundle.parts import encode_issuers
from verification.bundle.press import BundlePress


def bundle_press(database: Database, pki: Pki, signer: BundleSigner) -> BundlePress:
    """Return what makes bundles of the records as they stand."""
    issuers = {
        realm: encode_issuers(pki.of(realm).root_certificate, pki.of(realm).issuing_certificates)
        for realm in Realm
    }
    return BundlePress(SqlBundleSource(database), SqlBundleEditions(database), signer, issuers)
