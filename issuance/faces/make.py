"""Makes the face of a card on record; the audit log says who had it made.

A face shows what Decision 838/QĐ-BNV demands, the full personal number among it, so that making
one is an event. The event is committed before anything leaves here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import ENDED_STATES
from cardsvc.records import CardRecord, Holder
from cardsvc.terms import CardType, Realm
from cardsvc.wire.credential import CardCredential, credential_issuer, encode_claims
from issuance.faces.compose import ComposedCard, Material, compose
from issuance.faces.content import PrintedCard, printed_fields
from issuance.faces.layout import Layout
from issuance.personalise.plan import DEFAULT_VALIDITY
from issuance.ports import CredentialSigner, IssuanceStore, IssuanceTransaction


@dataclass(frozen=True, slots=True)
class FaceMaker:
    """Makes faces.

    Args:
        store: the records.
        layout_of: the layout of a card type.
        signers: sign credentials, by the card's realm.
        issuer: our name in them.
    """

    store: IssuanceStore
    layout_of: Callable[[CardType], Layout]
    signers: Mapping[Realm, CredentialSigner]
    issuer: str

    def card(
        self,
        guid: CardGuid,
        *,
        operator: str,
        at: datetime,
        photo: bytes | None = None,
        proof: bool = False,
    ) -> ComposedCard:
        """Return a card's faces.

        Args:
            guid: the card.
            operator: who has them made.
            at: the instant.
            photo: the portrait, a JPEG; only a proof may go without.
            proof: a proof for sign-off: watermarked, and its QR code is not signed.

        Raises:
            IssuanceError: CARD_UNKNOWN, FACE_OF_ENDED_CARD, or something does not fit (see
                ``compose``).
            Malformed: MALFORMED_FACIAL_IMAGE, MALFORMED_LAYOUT.
        """
        at = require_utc(at)
        with self.store.transaction() as unit:
            card = unit.card(guid)
            if card.state in ENDED_STATES:
                raise IssuanceError(
                    ReasonCode.FACE_OF_ENDED_CARD, f"the card is {card.state.value}"
                )
            holder = unit.application(card.application_id).holder
            printed = PrintedCard(card.guid, card.expires_at)

            def sign() -> str:
                return self.signers[card.realm].sign(
                    encode_claims(self._credential(card, holder, at))
                )

            test = card.realm is Realm.SANDBOX
            material = Material(printed_fields(holder, printed), photo, sign, proof, test)
            composed = compose(self.layout_of(card.card_type), material)
            _record(unit, str(guid), operator, at, proof=proof)
        return composed

    def proof_of_application(
        self, application_id: str, *, operator: str, at: datetime, photo: bytes | None = None
    ) -> ComposedCard:
        """Return the proof of a card that is not made yet: number and validity are samples.

        Raises:
            IssuanceError: APPLICATION_UNKNOWN, or something does not fit.
            Malformed: as ``card``.
        """
        at = require_utc(at)
        with self.store.transaction() as unit:
            application = unit.application(application_id)
            sample = PrintedCard(CardGuid(bytes(16)), at + DEFAULT_VALIDITY)
            fields = printed_fields(application.holder, sample)
            composed = compose(
                self.layout_of(application.card_type), Material(fields, photo, _nothing, proof=True)
            )
            _record(unit, application_id, operator, at, proof=True)
        return composed

    def sample(self, card_type: CardType, holder: Holder, at: datetime) -> ComposedCard:
        """Return a proof for a made-up person, to look at a layout; leaves no trace.

        Raises:
            IssuanceError: something does not fit.
            Malformed: MALFORMED_LAYOUT.
        """
        printed = PrintedCard(CardGuid(bytes(16)), require_utc(at) + DEFAULT_VALIDITY)
        fields = printed_fields(holder, printed)
        return compose(self.layout_of(card_type), Material(fields, None, _nothing, proof=True))

    def live_card(self, application_id: str) -> CardGuid | None:
        """Return the newest card of an application that has not ended, or None.

        Raises:
            IssuanceError: APPLICATION_UNKNOWN.
        """
        with self.store.transaction() as unit:
            unit.application(application_id)
            live = [
                card.guid
                for card in unit.cards_of_application(application_id)
                if card.state not in ENDED_STATES
            ]
        return live[-1] if live else None

    def _credential(self, card: CardRecord, holder: Holder, at: datetime) -> CardCredential:
        return CardCredential(
            issuer=credential_issuer(self.issuer, card.realm),
            guid=card.guid,
            full_name=holder.name.value,
            card_type=card.card_type,
            issued_at=at.replace(microsecond=0),
            expires_at=card.expires_at.replace(microsecond=0),
        )


def _record(
    unit: IssuanceTransaction, subject: str, operator: str, at: datetime, *, proof: bool
) -> None:
    facts: dict[str, str | int | bool | None] = {"proof": proof}
    unit.record(AuditEvent(at, operator, AuditAction.CARD_FACE_MADE, subject, facts))


def _nothing() -> str:
    raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, "a proof is not signed")
