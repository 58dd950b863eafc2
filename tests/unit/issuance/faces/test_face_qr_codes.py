"""QR codes: what they say, how large their modules are, and that cameras read them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.names import PersonName
from cardsvc.records import Holder
from cardsvc.terms import AssuranceLevel, CardType
from issuance.faces.card_pdf import cards_pdf
from issuance.faces.content import PrintedCard, printed_fields, random_number
from issuance.faces.decision_qr import MAX_CHARACTERS, decision_text
from issuance.faces.layout import Box, DecisionQr, Qr, QrProfile
from issuance.faces.layout_file import load_layout
from issuance.faces.qr import SMALLEST_MODULE_MM, FaceWarning, Symbol, make_symbol
from tests.support.faces import (
    AT,
    GUID,
    ISSUER,
    PRINTED,
    composed,
    credential_signer,
    page_images,
    scan,
    with_employment,
)
from tests.support.people import HOLDERS
from verification.credential import verify_credential

RULES = load_layout(CardType.CIVIL_SERVANT).decision_qr
LONG_AGENCY = "Ủy ban nhân dân thành phố Huế, Trung tâm Phục vụ hành chính công, Ban Quản lý dự án"


def rules(**changes: object) -> DecisionQr:
    assert RULES is not None
    return replace(RULES, **changes)  # type: ignore[arg-type]  # as each test gives them


def text_of(holder: Holder, by: DecisionQr | None = None) -> str:
    return decision_text(printed_fields(holder, PRINTED), by or rules()).text


def test_the_text_form_is_the_decision_s() -> None:
    text = text_of(HOLDERS[CardType.CIVIL_SERVANT])
    fields = text.split("|")
    assert fields[0] == random_number(GUID)
    assert 1 <= len(fields[0]) <= 4
    assert fields[1:] == [
        "Nguyễn Thị Hoà",
        "02/05/1990",
        "",
        "001190012345",
        "H57",
        "Sở Nội vụ",
        "Chuyên viên",
    ]
    assert len(text) <= MAX_CHARACTERS


def test_the_random_number_is_the_card_s_and_not_the_holder_s() -> None:
    other = replace(PRINTED, guid=type(GUID)(bytes(range(16))))
    assert random_number(GUID) == random_number(GUID) != random_number(other.guid)
    assert PrintedCard(GUID, AT).guid.octets.hex()[:4].upper() != random_number(GUID)


def test_a_long_agency_is_abbreviated_and_then_cut() -> None:
    holder = with_employment(agency_name=LONG_AGENCY)
    text = text_of(holder)
    assert len(text) <= MAX_CHARACTERS
    assert "UBND" in text
    longer = with_employment(agency_name=LONG_AGENCY * 2, position="Phó Trưởng phòng " * 3)
    assert len(text_of(longer)) <= MAX_CHARACTERS
    assert "…" in text_of(longer)
    assert "001190012345" in text_of(longer), "identifiers are never cut"
    card = composed(CardType.CIVIL_SERVANT, holder)
    assert FaceWarning.QR_TEXT_SHORTENED in card.warnings


@pytest.mark.reason(ReasonCode.QR_TOO_LONG)
def test_a_layout_may_refuse_instead() -> None:
    with pytest.raises(IssuanceError) as refused:
        text_of(with_employment(agency_name=LONG_AGENCY), rules(shorten=()))
    assert refused.value.reason is ReasonCode.QR_TOO_LONG
    every = with_employment(agency_name=LONG_AGENCY)
    endless = replace(every, name=PersonName.parse("Nguyễn " * 9))
    with pytest.raises(IssuanceError):
        text_of(endless, rules(fields=("random_number", *("full_name",) * 3), shorten=()))
    with pytest.raises(IssuanceError):
        make_symbol(Qr(Box(0, 0, 12, 12), QrProfile.DECISION_838, 1.2), "đ" * 3000)


@pytest.mark.parametrize("forged", ["Sở|Nội vụ", "Sở\x00Nội vụ", "Sở\x07Nội vụ"])
def test_a_separator_inside_a_field_is_refused(forged: str) -> None:
    with pytest.raises(IssuanceError) as refused:
        text_of(with_employment(agency_name=forged))
    assert refused.value.reason is ReasonCode.FACE_LETTER_MISSING


def test_modules_below_a_fifth_of_a_millimetre_are_warned_of() -> None:
    box = Qr(Box(0, 0, 12, 12), QrProfile.DECISION_838, 1.2)
    good = make_symbol(box, "đ" * 90)
    assert good.module >= SMALLEST_MODULE_MM
    assert good.warnings == ()
    tight = make_symbol(box, "đ" * 200)
    assert tight.module < SMALLEST_MODULE_MM
    assert tight.warnings == (FaceWarning.QR_MODULES_SMALL,)
    assert tight.correction == "L"
    narrow = make_symbol(replace(box, quiet=0.2), "đ")
    assert narrow.warnings == (FaceWarning.QR_QUIET_ZONE_NARROW,)
    assert len(make_symbol(replace(box, min_version=6), "đ").rows) == 41


@pytest.mark.parametrize("card_type", CardType)
def test_shipped_layouts_have_nothing_to_warn_of(card_type: CardType) -> None:
    card = composed(card_type)
    assert card.warnings == ()
    for part in card.front + card.back:
        if isinstance(part, Symbol):
            assert part.module >= SMALLEST_MODULE_MM


@pytest.mark.parametrize("dpi", [300, 600])
def test_the_printed_code_is_read_back(dpi: int) -> None:
    holder = with_employment(agency_name=LONG_AGENCY, position="Phó Trưởng phòng Tổng hợp")
    front, _ = page_images(cards_pdf([composed(CardType.CIVIL_SERVANT, holder)]), dpi)
    assert scan(front) == [text_of(holder)]


@pytest.mark.parametrize("card_type", [CardType.INDIVIDUAL, CardType.BUSINESS])
def test_the_signed_code_is_read_back_and_verified_offline(card_type: CardType) -> None:
    _, back = page_images(cards_pdf([composed(card_type)]), 300)
    (text,) = scan(back)
    verified = verify_credential(text, credential_signer().jwks(), expected_issuer=ISSUER, at=AT)
    assert verified.level is AssuranceLevel.X0
    assert verified.credential.guid == GUID
