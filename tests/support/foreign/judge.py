"""Inspect a foreign card with folders as the command line loads them."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from cardsvc.card.session import PivSession
from reader_agent.inspect import PinChoice, read_card
from reader_agent.material import load, revocation_from, trust_from
from tests.support.foreign.card import PIN, ForeignCard
from tests.support.foreign.issuer import Issuer
from tests.support.foreign.pki import AT
from verification.inspection.inspect import inspect_card
from verification.inspection.report import InspectionReport, Mode, Result


def folder(files: Iterable[bytes], suffix: str = ".der", *, into: Path) -> Path:
    into.mkdir(exist_ok=True)
    for number, octets in enumerate(files):
        (into / f"{number:03}{suffix}").write_bytes(octets)
    return into


def judge(
    card: ForeignCard,
    issuer: Issuer,
    *,
    trust: list[bytes] | None = None,
    crls: list[bytes] | None = None,
    ocsp: list[bytes] | None = None,
    status: bool = True,
    mode: Mode = Mode.FULL,
    at: dt.datetime = AT,
    pin: str | None = PIN,
    allow_last_try: bool = False,
) -> InspectionReport:
    """Read and judge; without ``crls`` and ``ocsp`` nothing of the issuer's is revoked."""
    if crls is None and ocsp is None and status:
        crls = issuer.crls()
    with tempfile.TemporaryDirectory(prefix="foreign-") as place:
        root = Path(place)
        anchors = trust_from(load(folder(trust or issuer.trust(), into=root / "trust")))
        sources = [
            load(folder(files, suffix, into=root / kind))
            for kind, files, suffix in (("crl", crls, ".crl"), ("ocsp", ocsp, ".ors"))
            if files is not None
        ]
    material, unusable = revocation_from(sources)
    assert not unusable, unusable
    card.power_on()
    image = read_card(PivSession(card), mode, PinChoice(pin, allow_last_try), os.urandom)
    return inspect_card(image, anchors, material if sources else None, at)


def failed(report: InspectionReport) -> dict[str, str]:
    """The failed checks and their reasons."""
    return {
        check.id: str(check.finding.reason)
        for check in report.checks
        if check.finding.result is Result.FAIL
    }


def show(report: InspectionReport) -> str:
    lines = [f"{report.verdict} {report.level}"]
    lines += [
        f"  {check.id}: {check.finding.result} {check.finding.reason} {check.finding.detail}"
        for check in report.checks
        if check.finding.result is not Result.PASS
    ]
    return "\n".join(lines)
