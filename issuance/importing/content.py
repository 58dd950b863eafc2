"""A row's values and findings as the text that is sealed and kept until the row is settled."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cardsvc.errors import ReasonCode, StoreError
from issuance.importing.fields import Field
from issuance.importing.findings import Finding, ImportCode
from issuance.importing.rows import RowValues


def encode_content(values: RowValues) -> str:
    """Return a row's values and the findings of reading it as JSON text; personal data."""
    findings = [
        [one.code.value, one.field and one.field.value, one.proposal, one.detail]
        for one in values.findings
    ]
    content = {"values": dict(values.values), "findings": findings}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def decode_content(number: int, content: str | None) -> RowValues:
    """Return the row that was encoded.

    Raises:
        StoreError: not what we wrote (RECORD_CORRUPT), or forgotten (IMPORT_FORGOTTEN).
    """
    if content is None:
        raise StoreError(ReasonCode.IMPORT_FORGOTTEN, "the row's content was removed")
    try:
        read = json.loads(content)
        values = {Field(name): str(text) for name, text in read["values"].items()}
        findings = tuple(
            Finding(ImportCode(code), Field(of) if of else None, proposal, detail)
            for code, of, proposal, detail in read["findings"]
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise StoreError(ReasonCode.RECORD_CORRUPT, "a row of an import") from None
    return RowValues(number, values, findings)


def codes_of(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return the findings as codes and columns, each once; no personal data."""
    return tuple(dict.fromkeys(one.key for one in findings))
