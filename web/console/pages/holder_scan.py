"""The QR code of an identity card fills in the form of a new holder; an officer compares it.

The code is not signed and proves nothing (assurance X0). Of its text nothing is kept but what
stands in the form then.
"""

from __future__ import annotations

from werkzeug.wrappers import Response

from cardsvc.errors import Malformed
from cardsvc.identity.citizen_qr import CitizenQr, parse_citizen_qr
from cardsvc.identity.names import NameWarning
from cardsvc.terms import CardType
from web.console.forms import Form, Sent
from web.console.holder_form import edit_page
from web.console.languages import Text
from web.console.registry_texts import WARNINGS

_UNREADABLE = Text(
    "Không đọc được mã QR: tắt bộ gõ tiếng Việt (Unikey), đặt máy quét gửi chữ Unicode rồi quét "
    "lại, hoặc nhập tay.",
    "The QR code can't be read: switch Vietnamese typing (Unikey) off, set the scanner to send "
    "Unicode and scan again, or type the facts in.",
)
_COMPARE = Text(
    "Đã điền từ mã QR. Mã này không được ký: đối chiếu từng mục với thẻ trước khi lập hồ sơ.",
    "Filled in from the QR code. It is not signed: compare each fact with the card first.",
)


def filled_by_scan(sent: Sent, kind: CardType) -> Response:
    """Return the form of a new holder with what a reader typed into its field for the code.

    Args:
        sent: the field ``qr``.
        kind: which facts the form asks for.
    """
    text = "".join(sent.getlist("qr")[:1])
    # what was scanned is not shown again: the next scan begins in an empty field
    form = Form()
    if not text.strip():
        form.refuse("qr", "Quét mã QR vào ô này", "Scan the QR code into this field")
        return edit_page(form, kind, None, status=422)
    try:
        read = parse_citizen_qr(text)
    except Malformed:
        form.refuse("qr", _UNREADABLE.vi, _UNREADABLE.en)
        return edit_page(form, kind, None, status=422)
    return edit_page(_filled(read), kind, None, notes=_notes(read))


def _filled(read: CitizenQr) -> Form:
    born = read.birth_date.exact
    return Form.of(
        {
            "name": read.name.value,
            "personal_number": read.personal_number.value,
            "birth_date": f"{born:%d/%m/%Y}" if born else "",
            "sex": read.sex.value if read.sex else "",
        }
    )


def _notes(read: CitizenQr) -> tuple[Text, ...]:
    notes = [_COMPARE]
    if read.birth_date.exact is None:
        notes.append(
            Text(
                f"Thẻ chỉ ghi {read.birth_date.vi}: ngày sinh được để trống.",
                f"The card says only {read.birth_date.vi}: the date of birth is left empty.",
            )
        )
    return (*notes, *(WARNINGS[one] for one in read.warnings if isinstance(one, NameWarning)))
