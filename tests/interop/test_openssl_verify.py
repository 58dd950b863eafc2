"""``openssl verify -crl_check_all`` and we give one verdict on the same hierarchies."""

from __future__ import annotations

import random
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.errors import CardsvcError
from tests.support.path_pki import AT, DAY, Ca, key, leaf_extensions, rsa_key
from verification.path.purpose import Purpose
from verification.path.trust import sort_certificates
from verification.path.validate import validate_leaf
from verification.status.crl import parse_crls
from verification.status.revocation import RevocationMaterial, check_status, require_good

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

PAST = {"this_update": AT - 9 * DAY, "next_update": AT - 8 * DAY}
DEFECTS = (
    "expired leaf",
    "leaf not yet valid",
    "expired CA",
    "expired root",
    "revoked leaf",
    "revoked leaf on a stale list",
    "held leaf",
    "revoked CA",
    "no list of the CA",
    "no list of the root",
    "stale list",
    "future list",
    "forged list",
    "list of a twin",
    "no CA",
    "key may not sign certificates",
    "key may not sign lists",
    "path length",
    "forged leaf",
    "critical extension",
    "excluded name",
    "permitted name",
    "list for CAs only",
    "list for holders only",
)
HARMLESS = {"permitted name", "list for holders only"}


@dataclass
class Hierarchy:
    """Root, two CAs and a leaf, with the defects asked for."""

    defects: set[str]
    rsa: bool = False
    certificates: list[x509.Certificate] = field(default_factory=list)
    crls: list[bytes] = field(default_factory=list)

    def build(self) -> x509.Certificate:
        has = self.defects.__contains__
        past = {"not_after": AT - DAY}
        root = Ca.anchor("Root", 0, **(past if has("expired root") else {}), **self._key())
        upper_options = {"path_length": 0} if has("path length") else {}
        upper = root.subordinate("Upper", 1, **upper_options)
        names = [x509.DNSName("gov.vn")]
        extensions = []
        if has("excluded name"):
            extensions.append((x509.NameConstraints(None, names), True))
        if has("permitted name"):
            extensions.append((x509.NameConstraints(names, None), True))
        usages = {"key_cert_sign", "crl_sign"}
        usages -= {"key_cert_sign"} if has("key may not sign certificates") else set()
        usages -= {"crl_sign"} if has("key may not sign lists") else set()
        lower = upper.subordinate(
            "Lower",
            2,
            extensions=extensions,
            ca_usage=tuple(usages),
            **(past if has("expired CA") else {}),
        )
        if has("no CA"):
            lower.certificate = upper.leaf("Lower", 2)
        leaf = self._leaf(lower)
        twin = upper.subordinate("Lower", 3)
        self.certificates = [root.certificate, upper.certificate, lower.certificate]
        self._lists(root, upper, lower, twin, leaf)
        return leaf

    def _key(self) -> dict[str, object]:
        return {"private_key": rsa_key(2048)} if self.rsa else {}

    def _leaf(self, lower: Ca) -> x509.Certificate:
        has = self.defects.__contains__
        san = x509.SubjectAlternativeName([x509.DNSName("card.gov.vn")])
        extensions = [*leaf_extensions(), (san, False)]
        if has("critical extension"):
            oid = x509.ObjectIdentifier("1.2.3.4.5")
            extensions.append((x509.UnrecognizedExtension(oid, b"\x05\x00"), True))
        options: dict[str, object] = {"extensions": extensions}
        if has("expired leaf"):
            options["not_after"] = AT - DAY
        if has("leaf not yet valid"):
            options["not_before"] = AT + DAY
        signer = Ca(lower.subject, key(9), lower.certificate) if has("forged leaf") else lower
        return signer.leaf("Leaf", **options)

    def _lists(self, root: Ca, upper: Ca, lower: Ca, twin: Ca, leaf: x509.Certificate) -> None:
        has = self.defects.__contains__
        before = AT - 10 * DAY
        revoked = [(lower.certificate, before, None)] if has("revoked CA") else []
        self.crls = [upper.crl_der(*revoked)]
        if not has("no list of the root"):
            self.crls.append(root.crl_der())
        entries: list[tuple[x509.Certificate, object, x509.ReasonFlags | None]] = []
        if has("revoked leaf") or has("revoked leaf on a stale list"):
            entries.append((leaf, before, None))
        elif has("held leaf"):
            entries.append((leaf, before, x509.ReasonFlags.certificate_hold))
        options: dict[str, object] = {}
        if has("stale list") or has("revoked leaf on a stale list"):
            options = dict(PAST)
        if has("future list"):
            options = {"this_update": AT + DAY, "next_update": AT + 2 * DAY}
        if has("forged list"):
            options["signer"] = key(9)
        if has("list for CAs only") or has("list for holders only"):
            scope = x509.IssuingDistributionPoint(
                full_name=None,
                relative_name=None,
                only_contains_user_certs=not has("list for CAs only"),
                only_contains_ca_certs=has("list for CAs only"),
                only_some_reasons=None,
                indirect_crl=False,
                only_contains_attribute_certs=False,
            )
            options["extensions"] = ((scope, True),)
        issuer = twin if has("list of a twin") else lower
        aki = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.private_key.public_key())
        options["extensions"] = (*options.get("extensions", ()), (aki, False))
        if not has("no list of the CA"):
            self.crls.append(issuer.crl_der(*entries, **options))


def ours(leaf: x509.Certificate, hierarchy: Hierarchy) -> bool:
    trust = sort_certificates(hierarchy.certificates)
    material = RevocationMaterial(tuple(parse_crls(crl)[0] for crl in hierarchy.crls))
    try:
        path = validate_leaf(leaf, trust, AT, Purpose.ANY)
        require_good(check_status(path, material, AT, trust))
    except CardsvcError:
        return False
    return True


def openssl(leaf: x509.Certificate, hierarchy: Hierarchy, folder: Path) -> bool:
    root, *between = (found.public_bytes(Encoding.PEM) for found in hierarchy.certificates)
    lists = (x509.load_der_x509_crl(crl).public_bytes(Encoding.PEM) for crl in hierarchy.crls)
    files = {
        "root.pem": root,
        "between.pem": b"".join(between),
        "crls.pem": b"".join(lists),
        "leaf.pem": leaf.public_bytes(Encoding.PEM),
    }
    for file, octets in files.items():
        (folder / file).write_bytes(octets)
    command = (
        f"openssl verify -CAfile root.pem -untrusted between.pem -CRLfile crls.pem "
        f"-crl_check_all -x509_strict -attime {int(AT.timestamp())} leaf.pem"
    )
    done = subprocess.run(command.split(), cwd=folder, capture_output=True, timeout=30, check=False)
    return done.returncode == 0


def compare(defects: set[str], rsa: bool, folder: Path) -> None:
    hierarchy = Hierarchy(defects, rsa)
    leaf = hierarchy.build()
    verdict = ours(leaf, hierarchy)
    assert verdict is openssl(leaf, hierarchy, folder), defects
    assert verdict is (not defects - HARMLESS)


@pytest.mark.parametrize("rsa", [False, True])
def test_a_sound_hierarchy(rsa: bool, tmp_path: Path) -> None:
    compare(set(), rsa, tmp_path)


@pytest.mark.parametrize("defect", DEFECTS)
def test_one_defect(defect: str, tmp_path: Path) -> None:
    compare({defect}, False, tmp_path)


@pytest.mark.parametrize("seed", range(12))
def test_defects_together(seed: int, tmp_path: Path) -> None:
    compare(set(random.Random(seed).sample(DEFECTS, 3)), seed % 2 == 0, tmp_path)
