"""Something to be seen on the pages of attendance and doors."""

from __future__ import annotations

from datetime import timedelta

from cardsvc.attendance_records import CorrectionKind
from issuance.attendance.corrections import correct_tap
from tests.support.installations import ServiceUnderTest

CORRECTION = "6f1d2a34-0000-4000-8000-0000000000c1"
STAFF = "nguoi-dang-dung"


def add_field_records(service: ServiceUnderTest) -> None:
    """Put a correction of attendance on record."""
    at = service.clock.now()
    correct_tap(
        service.installation.attendance,
        STAFF,
        correction_id=CORRECTION,
        kind=CorrectionKind.OUT,
        tapped_at=at - timedelta(hours=9),
        operator="ca-clerk",
        at=at,
    )


EXAMPLES_OF_THE_FIELD: dict[str, list[dict[str, str]]] = {
    "console.attendance.show": [{"correction_id": CORRECTION}],
    "console.attendance.new": [{"holder_id": STAFF}],
}
