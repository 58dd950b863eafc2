"""Cards and applications between records and rows."""

from __future__ import annotations

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.records import Application, CardRecord, KeyRecord
from cardsvc.store.holder_mapping import read_holder
from cardsvc.store.schema import ApplicationRow, CardKeyRow, CardRow
from cardsvc.store.sealed import Sealer


def read_application(row: ApplicationRow, sealer: Sealer) -> Application:
    """Return the application that a row is.

    Raises:
        StoreError: the holder's row is not what we wrote (RECORD_CORRUPT).
    """
    return Application(
        id=row.id,
        card_type=row.card_type,
        holder=read_holder(row.holder, sealer),
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        state=row.state,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
    )


def read_card(row: CardRow) -> CardRecord:
    """Return the card that a row is.

    Raises:
        StoreError: a slot or algorithm is none of ours (RECORD_CORRUPT).
    """
    return CardRecord(
        guid=row.guid,
        card_type=row.card_type,
        holder_id=row.holder_id,
        application_id=row.application_id,
        state=row.state,
        expires_at=row.expires_at,
        keys=tuple(_read_key(key) for key in row.keys),
        version=row.version,
        replaced_by=row.replaced_by,
    )


def _read_key(row: CardKeyRow) -> KeyRecord:
    try:
        slot, algorithm = KeySlot(row.slot), Algorithm(row.algorithm)
    except ValueError:
        raise StoreError(ReasonCode.RECORD_CORRUPT, "no such slot or algorithm") from None
    return KeyRecord(
        slot=slot,
        algorithm=algorithm,
        spki_sha256=row.spki_sha256,
        issuer_key_id=row.issuer_key_id,
        serial=row.serial,
        certificate_der=row.certificate_der,
        not_after=row.not_after,
    )


def key_rows(guid: CardGuid, keys: tuple[KeyRecord, ...]) -> list[CardKeyRow]:
    """Return the rows of a card's keys, in their order."""
    return [
        CardKeyRow(
            guid=guid,
            slot=int(key.slot),
            ordinal=ordinal,
            algorithm=int(key.algorithm),
            spki_sha256=key.spki_sha256,
            issuer_key_id=key.issuer_key_id,
            serial=key.serial,
            certificate_der=key.certificate_der,
            not_after=key.not_after,
        )
        for ordinal, key in enumerate(keys)
    ]
