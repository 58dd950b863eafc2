"""One card, a running service and a PC/SC reader, worked with by the agent's command lines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import click.testing
import urllib3

from cardsvc.card.guid import CardGuid
from cardsvc.terms import CardType
from issuance.job_records import JobOrder
from reader_agent.cli import main
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.private_pcscd import VirtualPcscReader
from tests.support.installations import DESK, PIN, RELYING_PARTY, SERVICE, ServiceUnderTest
from tests.support.portraits import jpeg


@dataclass
class PcscJourney:
    """A card in a reader, and the service that issues and judges it.

    Args:
        service: running on loopback.
        reader: holds the card.
        card: what is in it.
        folder: for tokens and published files.
        card_type: what is made of it.
    """

    service: ServiceUnderTest
    reader: VirtualPcscReader
    card: VirtualCard
    folder: Path
    card_type: CardType = CardType.CIVIL_SERVANT
    guid: CardGuid | None = None

    def personalise(self) -> dict[str, Any]:
        """Order a card with a photo and have the desk's agent make it."""
        application_id = self.service.approved_application(self.card_type)
        order = JobOrder(application_id, agent=DESK, operator="mai", photo_jpeg=jpeg())
        job = self.service.installation.jobs.open_job(order)
        status, printed = self._run("personalise", *self._desk(), "--job", job, "--json")
        done = json.loads(printed)
        assert (status, done["state"]) == (0, "personalised"), printed
        with self.service.installation.store.transaction() as unit:
            self.guid = unit.cards_of_application(application_id)[-1].guid
        return dict(done)

    def issued_guid(self) -> CardGuid:
        assert self.guid is not None
        return self.guid

    def hand_over(self) -> None:
        self.service.hand_over(self.issued_guid())

    def activate(self) -> None:
        """Change the transport PIN and prove the new one, as the holder does at the desk."""
        card_secrets = self.service.installation.pki.card_secrets
        code = card_secrets.transport_pin(self.issued_guid())
        status, printed = self._run(
            "activate", *self._desk(), "--pin-stdin", typed=f"{code}\n{PIN}\n"
        )
        assert status == 0, printed

    def tap(self, *options: str, pin: str = "") -> tuple[int, dict[str, Any]]:
        status, printed = self._run(
            *("tap", *self._agent("kiosk", self.service.agent_token), "--json"),
            *("--relying-party", RELYING_PARTY, "--service", SERVICE, *options),
            typed=pin + "\n",
        )
        return status, json.loads(printed)

    def inspect(self, mode: str) -> tuple[int, dict[str, Any]]:
        """Inspect the card with nothing but what the service publishes."""
        trust, crl = self._fetch("cer"), self._fetch("crl")
        at = self.service.clock.now() + timedelta(seconds=2)
        status, printed = self._run(
            *("inspect", "--reader", self.reader.name, "--json", "--mode", mode),
            *("--trust", str(trust), "--crl", str(crl), "--at", at.isoformat(), "--pin-stdin"),
            typed=PIN + "\n",
        )
        return status, json.loads(printed)

    def _fetch(self, suffix: str) -> Path:
        place = self.folder / suffix
        place.mkdir(exist_ok=True)
        http = urllib3.PoolManager()
        for name in ("root", self.card_type.value):
            answer = http.request("GET", f"{self.service.url}/status/{name}.{suffix}")
            assert answer.status == 200, name
            (place / f"{name}.{suffix}").write_bytes(answer.data)
        http.clear()
        return place

    def _desk(self) -> list[str]:
        return self._agent("desk", self.service.desk_token)

    def _agent(self, name: str, token: str) -> list[str]:
        file = self.folder / f"{name}.token"
        file.write_text(token + "\n", "ascii")
        place = ["--reader", self.reader.name, "--service-url", self.service.url]
        return [*place, "--token-file", str(file)]

    def _run(self, *arguments: str, typed: str = "") -> tuple[int, str]:
        result = click.testing.CliRunner().invoke(main, arguments, input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.stdout or result.stderr
