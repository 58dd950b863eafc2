"""Cards and applications between records and rows."""

from __future__ import annotations

from typing import Any

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.records import Application, CardRecord, DecisionNote, KeyRecord, Suspension
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
        kind=row.kind,
        replaces=row.replaces,
        note=_read_note(row, sealer),
        decision_id=row.decision_id,
        realm=row.realm,
    )


def _note_place(application_id: str) -> str:
    return f"applications.note:{application_id}"


def _read_note(row: ApplicationRow, sealer: Sealer) -> DecisionNote | None:
    if row.note_code is None or row.note_at is None:
        return None
    sealed = row.note_sealed
    return DecisionNote(
        code=row.note_code,
        by=row.note_by or "",
        at=row.note_at,
        fields=tuple(row.note_fields or ()),
        text="" if sealed is None else sealer.open(sealed, _note_place(row.id)),
    )


def write_note(row: ApplicationRow, note: DecisionNote | None, sealer: Sealer) -> None:
    """Write a note into an application's row; its text is sealed, where there is one."""
    row.note_code = note.code if note else None
    row.note_by = note.by if note else None
    row.note_at = note.at if note else None
    row.note_fields = list(note.fields) if note else None
    text = note.text if note else ""
    row.note_sealed = sealer.seal(text, _note_place(row.id)) if text else None


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
        suspension=_read_suspension(row),
        personalised_by=row.personalised_by,
        handed_over_by=row.handed_over_by,
        realm=row.realm,
    )


def card_values(card: CardRecord) -> dict[str, Any]:
    """Return the columns of a card that change in its life, but for the version."""
    suspension = card.suspension
    return {
        "state": card.state,
        "expires_at": card.expires_at,
        "replaced_by": card.replaced_by,
        "suspension_cause": suspension.cause if suspension else None,
        "suspended_until": suspension.until if suspension else None,
        "personalised_by": card.personalised_by,
        "handed_over_by": card.handed_over_by,
    }


def _read_suspension(row: CardRow) -> Suspension | None:
    if row.suspension_cause is None:
        return None
    return Suspension(row.suspension_cause, row.suspended_until)


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
