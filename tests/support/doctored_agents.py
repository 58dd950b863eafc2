"""Agents for the doctor to look at: their configuration, identity and certificates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from reader_agent.doctor.finding import Finding, Sign
from reader_agent.enrol.identity import DeviceIdentity, new_key, save_identity
from reader_agent.run.config import AgentConfig, ServiceConfig

AT = datetime(2026, 11, 22, tzinfo=UTC)


def signs(findings: Sequence[Finding]) -> list[Sign]:
    return [one.sign for one in findings]


def certificate(
    key: ec.EllipticCurvePrivateKey, host: str = "", days: int = 30
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host or "device")])
    begin = datetime.now(UTC) if host else AT
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 2**70, begin - timedelta(days=1), begin + timedelta(days=days)
    ).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if host:
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(key, hashes.SHA256())


def config(folder: Path, url: str = "http://127.0.0.1:9", **more: Path) -> AgentConfig:
    return AgentConfig("rp", folder, ServiceConfig(url, **more))


def enrolled(folder: Path, days: int) -> AgentConfig:
    key = new_key()
    made = certificate(key, days=days)
    save_identity(folder, DeviceIdentity(key, made, made))
    return config(folder)
