"""The open data set as files: CSV, JSON, and a description that programs read.

Spec: RFC 4180 (CSV), Data Package 2.0 (``datapackage.json``) with Table Schema.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import datetime

from cardsvc.canonical_json import encode_instant
from cardsvc.decision_counts import CountedBy
from web.opendata.dataset import OTHERS, PUBLISHED, DataSet

_TITLES = {
    CountedBy.SERVICE: ("Số lượt xác thực thẻ theo dịch vụ", "Card verifications by service"),
    CountedBy.RESULT: ("Số lượt xác thực thẻ theo kết quả", "Card verifications by result"),
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula."""


def dataset_files(data: DataSet, publisher: str, at: datetime) -> Mapping[str, bytes]:
    """Return the files of a data set by name.

    Args:
        data: what is published.
        publisher: who publishes it.
        at: now.
    """
    files = {f"decisions-by-{by.value}.csv": _csv(data, by) for by in PUBLISHED}
    rows = {
        by.value: [
            {"day": row.day.isoformat(), by.value: row.key, "decisions": row.decisions}
            for row in data.tables[by]
        ]
        for by in PUBLISHED
    }
    files["decisions.json"] = _json(rows)
    files["datapackage.json"] = _json(_description(data, publisher, at))
    return files


def _csv(data: DataSet, by: CountedBy) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("day", by.value, "decisions"))
    for row in data.tables[by]:
        writer.writerow((row.day.isoformat(), _plain(row.key), row.decisions))
    return text.getvalue().encode()


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"


def _description(data: DataSet, publisher: str, at: datetime) -> dict[str, object]:
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "card-verifications",
        "title": "Số lượt xác thực thẻ điện tử – Verifications of electronic cards",
        "description": (
            f"Mỗi con số có ít nhất {data.threshold} thẻ; các nhóm nhỏ hơn được gộp vào dòng "
            f"“{OTHERS}” cùng một nhóm lớn. Ngày theo giờ Việt Nam; ngày không đủ thẻ bị bỏ qua "
            f"({data.silent_days} ngày). – Each number is of {data.threshold} cards or more; "
            f"smaller groups are in the row “{OTHERS}” together with a larger one. Days are days "
            f"in Vietnam; days with too few cards are left out ({data.silent_days})."
        ),
        "created": encode_instant(at),
        "contributors": [{"title": publisher, "roles": ["publisher"]}],
        "temporal": {"start": data.first.isoformat(), "end": data.last.isoformat()},
        "threshold": data.threshold,
        "resources": [
            {
                "name": f"decisions-by-{by.value}",
                "path": f"decisions-by-{by.value}.csv",
                "title": " – ".join(_TITLES[by]),
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {
                    "fields": [
                        {"name": "day", "type": "date"},
                        {"name": by.value, "type": "string"},
                        {"name": "decisions", "type": "integer"},
                    ],
                    "primaryKey": ["day", by.value],
                },
            }
            for by in PUBLISHED
        ],
    }
