"""What a stranger with nothing but openssl says about a card's certificate."""

from __future__ import annotations

from pathlib import Path

import urllib3
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.terms import CardType
from tests.support.pcscd import ForeignTools

_CLOCKS_APART_SECONDS = "300"


class OpensslJudge:
    """Asks openssl, with what the service publishes.

    Args:
        tools: runs openssl.
        url: of the service.
        card_type: whose CA.
    """

    def __init__(self, tools: ForeignTools, url: str, card_type: CardType) -> None:
        self._tools = tools
        self._url = url
        self._issuer = card_type.value
        self._http = urllib3.PoolManager()
        for name in ("root", self._issuer):
            certificate = x509.load_der_x509_certificate(self._fetch(f"{name}.cer"))
            self._file(name).write_bytes(certificate.public_bytes(Encoding.PEM))

    def by_crl(self, leaf: Path) -> bool:
        """Tell whether ``openssl verify -crl_check_all`` accepts a certificate."""
        crls = [x509.load_der_x509_crl(self._fetch(f"{n}.crl")) for n in ("root", self._issuer)]
        lists = self._tools.folder / "crls.pem"
        lists.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in crls))
        said = self._tools.run(
            *("openssl", "verify", "-crl_check_all", "-CAfile", str(self._file("root"))),
            *("-untrusted", str(self._file(self._issuer)), "-CRLfile", str(lists), str(leaf)),
            succeeds=None,
        )
        good = f"{leaf}: OK" in said
        assert good is not ("certificate revoked" in said), said
        return good

    def by_ocsp(self, leaf: Path) -> bool:
        """Tell whether ``openssl ocsp`` is told that a certificate is good."""
        issuer = str(self._file(self._issuer))
        said = self._tools.run(
            *("openssl", "ocsp", "-issuer", issuer, "-cert", str(leaf), "-verify_other", issuer),
            *("-url", f"{self._url}/status/ocsp", "-CAfile", str(self._file("root"))),
            *("-validity_period", _CLOCKS_APART_SECONDS),
        )
        assert "Response verify OK" in said, said
        good = f"{leaf}: good" in said
        assert good is not (f"{leaf}: revoked" in said), said
        return good

    def _file(self, name: str) -> Path:
        return self._tools.folder / f"{name}.pem"

    def _fetch(self, name: str) -> bytes:
        answer = self._http.request("GET", f"{self._url}/status/{name}")
        assert answer.status == 200, name
        return bytes(answer.data)
