"""A partner's client: challenges, decisions, delegations, QR codes, look-ups, events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self
from urllib.parse import quote

from cardsvc_client.answers import (
    CardStatus,
    Challenge,
    Decision,
    challenge_of,
    decision_of,
    parse_json,
    status_of,
)
from cardsvc_client.calls import get_jpeg, get_object, post_object
from cardsvc_client.errors import UnexpectedAnswer
from cardsvc_client.passes import Passes
from cardsvc_client.receipts import decision_named
from cardsvc_client.sessions import Sessions
from cardsvc_client.transport import Authoriser, Transport

_EVENTS_AT_ONCE = 200


class PartnerClient:
    """Talks to one service as one partner. Safe to share between threads.

    ``sessions`` are sessions at a counter, ``passes`` visitor passes.

    Every method raises ``Refused`` with the service's problem document, ``Unreachable`` where
    there was no answer, and ``UnexpectedAnswer`` where the answer is not as the contract says.

    Args:
        base_url: such as ``https://the.tinh.gov.vn``.
        partner_id: our identifier.
        authoriser: a ``PartnerKey``, or a ``StaticToken`` for a tester.
        retries: how often to try again.
        timeout_seconds: for each answer.
        ca_file: see ``Transport``.
        realm: ``production``, or ``sandbox`` where we are enrolled to test. True and test cards
            have nothing in common; see ``receipt_keys``.
    """

    def __init__(
        self,
        base_url: str,
        partner_id: str,
        authoriser: Authoriser,
        *,
        retries: int = 3,
        timeout_seconds: float = 10.0,
        ca_file: str | None = None,
        realm: str = "production",
    ) -> None:
        self._partner_id = partner_id
        self._realm = quote(realm, safe="")
        self._transport = Transport(
            base_url, authoriser, retries=retries, timeout_seconds=timeout_seconds, ca_file=ca_file
        )
        self.sessions = Sessions(self._transport)
        self.passes = Passes(self._transport, self._realm)

    def open_challenge(self, service: str, level: str = "X1") -> Challenge:
        """Ask for a question to put to a card.

        Args:
            service: one of our services.
            level: ``X1`` for the chip, ``X2`` for chip and PIN.
        """
        asked = {"relying_party": self._partner_id, "service": service, "level": level}
        return challenge_of(self._post("/api/v1/challenges", asked))

    def present(self, presentation: Mapping[str, Any]) -> Decision:
        """Bring a card's answer and get the decision.

        Args:
            presentation: what ``reader-agent answer`` wrote: ``nonce``, ``objects``, ``proofs``;
                and ``asked`` to ask for less than all that we may have.
        """
        return decision_of(self._post("/api/v1/presentations", presentation))

    def present_many(self, presentations: Sequence[Mapping[str, Any]]) -> list[Decision | str]:
        """Bring up to a hundred answers at once.

        Returns:
            In their order: the decision, or the reason for which one could not be read.
        """
        body = {"presentations": list(presentations)}
        results = self._post("/partner/v1/verifications:batch", body).get("results")
        if not isinstance(results, list) or len(results) != len(presentations):
            raise UnexpectedAnswer("not an answer for each presentation")
        return [_decision_or_reason(one) for one in results]

    def check_delegation(
        self, presentation: Mapping[str, Any], enterprise_number: str, act: str | None = None
    ) -> Decision:
        """Decide whether the card's holder may act for a company today.

        Args:
            presentation: as of ``present``.
            enterprise_number: the company's; 12 digits for a household under its owner's number.
            act: one act of the delegation's scope, word for word; None where any will do.
        """
        body = {
            "presentation": dict(presentation),
            "enterprise_number": enterprise_number,
            "act": act,
        }
        return decision_of(self._post("/partner/v1/delegations:check", body))

    def check_qr(self, service: str, text: str, asked: Sequence[str] | None = None) -> Decision:
        """Check the QR code of a card's face, as scanned; its level is X0 at most."""
        body = {"service": service, "text": text, "asked": None if asked is None else list(asked)}
        return decision_of(self._post("/partner/v1/credentials:verify", body))

    def status_of_card(self, card: str) -> CardStatus:
        """Return where a card stands, by GUID or ``urn:uuid:…``."""
        return status_of(self._post("/partner/v1/status", {"card": card}))

    def status_of_receipt(self, receipt: str) -> CardStatus:
        """Return where the card of one of our receipts stands."""
        return status_of(self._post("/partner/v1/status", {"receipt": receipt}))

    def status_of_pseudonym(self, pseudonym: str) -> CardStatus:
        """Return where the card stands whose holder we know by a pseudonym."""
        return status_of(self._post("/partner/v1/status", {"pseudonym": pseudonym}))

    def decision(self, decision_id: str) -> dict[str, Any]:
        """Return one of our decisions again: ``id``, ``at``, ``service``, ``granted``, …."""
        return get_object(self._transport, f"/api/v1/decisions/{quote(decision_id, safe='')}")

    def portrait(self, decision: Decision) -> bytes:
        """Return the holder's photo that a decision of ours released, a JPEG; keep it nowhere.

        There is one where ``released["portrait"]`` is True. It can be fetched for a minute.

        Raises:
            Refused: not released (``portrait_not_released``), too late (``portrait_expired``).
        """
        path = f"/partner/v1/decisions/{quote(decision_named(decision.receipt), safe='')}/portrait"
        return get_jpeg(self._transport, path)

    def events(self, after: int = 0) -> Iterator[dict[str, Any]]:
        """Read all events after a position, oldest first (CloudEvents).

        Keep the ``sequence`` of the last one that was worked on, and begin after it the next time.
        """
        while True:
            query = {"after": after, "limit": _EVENTS_AT_ONCE}
            page = parse_json(self._transport.get("/partner/v1/events", query).body)
            yield from page.get("events", ())
            if not page.get("more"):
                return
            if not isinstance(page.get("after"), int) or page["after"] <= after:
                raise UnexpectedAnswer("the feed does not go on")
            after = page["after"]

    def receipt_keys(self) -> dict[str, Any]:
        """Return our realm's keys that receipts are checked with; keep them with the receipts.

        Production's never verify what was decided about a test card, nor the other way round.
        """
        return get_object(self._transport, f"/pki/{self._realm}/jwks.json")

    def close(self) -> None:
        """Drop the kept connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        """Give the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Drop the kept connections."""
        self.close()

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return post_object(self._transport, path, body)


def _decision_or_reason(result: object) -> Decision | str:
    if not isinstance(result, dict):
        raise UnexpectedAnswer("not a result")
    if isinstance(result.get("decision"), dict):
        return decision_of(result["decision"])
    return str(result.get("reason"))
