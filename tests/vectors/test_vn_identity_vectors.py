"""Published and reference vectors for Vietnamese identifiers, each with where it comes from."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import CardNumber, StaffCategory
from cardsvc.identity.citizen_qr import parse_citizen_qr
from cardsvc.identity.enterprise_number import EnterpriseNumber, check_digit
from cardsvc.identity.names import PersonName
from cardsvc.identity.personal_number import (
    CmndNumber,
    PersonalNumber,
    PersonalNumberWarning,
)
from cardsvc.identity.phone import PhoneNumber
from cardsvc.identity.sex import Sex
from cardsvc.identity.social_insurance import InsuranceNumber


class TestPersonalNumber:
    """Luật Căn cước 26/2023/QH15 Art. 12; legacy structure of Decree 137/2015/NĐ-CP Art. 13."""

    @pytest.mark.parametrize(
        ("text", "province", "sex", "year"),
        [
            ("001099012345", "Hà Nội", Sex.MALE, 1999),
            ("046302000019", "Thừa Thiên Huế", Sex.FEMALE, 2002),
        ],
    )
    def test_hints(self, text: str, province: str, sex: Sex, year: int) -> None:
        number = PersonalNumber.parse(text)
        hints = number.hints()
        assert hints.province is not None
        assert (hints.province.name, hints.sex, hints.birth_year) == (province, sex, year)
        assert number.warnings(date(year, 6, 1), sex) == ()

    def test_a_prefix_never_assigned_only_warns(self) -> None:
        number = PersonalNumber.parse("003099012345")
        assert number.warnings() == (PersonalNumberWarning.PROVINCE_UNKNOWN,)

    @pytest.mark.reason(ReasonCode.MALFORMED_PERSONAL_NUMBER)
    @pytest.mark.parametrize(
        "text", ["00109901234", "0010990123456", "00109901234５", "001 099 012 345"]
    )
    def test_refused(self, text: str) -> None:
        with pytest.raises(Malformed) as caught:
            PersonalNumber.parse(text)
        assert caught.value.reason is ReasonCode.MALFORMED_PERSONAL_NUMBER

    def test_the_spaced_one_passes_in_an_input_field(self) -> None:
        assert PersonalNumber.parse_lenient("001 099 012 345").value == "001099012345"

    def test_masked(self) -> None:
        assert PersonalNumber.parse("001099012345").masked == "001•••••2345"


class TestCitizenQr:
    """The seven fields of the CCCD's QR text."""

    @pytest.mark.parametrize("old", ["012345678", ""])
    def test_cccd(self, old: str) -> None:
        parsed = parse_citizen_qr(
            f"001099012345|{old}|Nguyễn Văn Ân|15011999|Nam"
            "|Tổ 3, Phường Phú Hội, Thành phố Huế|20042021"
        )
        assert parsed.personal_number == PersonalNumber("001099012345")
        assert parsed.old_number == (CmndNumber(old) if old else None)
        assert parsed.name == PersonName("Nguyễn Văn Ân")
        assert parsed.birth_date.exact == date(1999, 1, 15)
        assert parsed.sex is Sex.MALE
        assert parsed.residence == "Tổ 3, Phường Phú Hội, Thành phố Huế"
        assert parsed.issued_on.exact == date(2021, 4, 20)
        assert parsed.warnings == ()


class TestCardNumber:
    """Decision 838/QĐ-BNV (25/10/2023)."""

    @pytest.mark.parametrize(
        ("text", "category"),
        [
            ("H57.001099012345.CC", StaffCategory.CIVIL_SERVANT),
            ("H57.046302000019.HĐ", StaffCategory.CONTRACT),
        ],
    )
    def test_read(self, text: str, category: StaffCategory) -> None:
        number = CardNumber.parse(text)
        assert number.agency == AgencyCode("H57")
        assert number.category is category
        assert number.encode() == text

    @pytest.mark.reason(ReasonCode.MALFORMED_CARD_NUMBER)
    @pytest.mark.parametrize("text", ["H57.001099012345.XX", "H57-001099012345-CC"])
    def test_refused(self, text: str) -> None:
        with pytest.raises(Malformed) as caught:
            CardNumber.parse(text)
        assert caught.value.reason is ReasonCode.MALFORMED_CARD_NUMBER


class TestAgencyCode:
    """Decision 20/2020/QĐ-TTg; the older form is Circular 10/2016/TT-BTTTT's."""

    @pytest.mark.parametrize("text", ["000.00.00.H57", "000.00.00.H38", "000.00.00.H30", "H57"])
    def test_read(self, text: str) -> None:
        assert AgencyCode.parse(text).top == text[-3:]


class TestEnterpriseNumber:
    """Circular 105/2020/TT-BTC annex 1; 12 digits by Circular 86/2024/TT-BTC."""

    @pytest.mark.parametrize("text", ["0100233488", "0314409058-002", "0100047516"])
    def test_read(self, text: str) -> None:
        assert EnterpriseNumber.parse(text).value == text

    def test_the_circulars_worked_example(self) -> None:
        assert check_digit("010004751") == 6

    def test_a_remainder_of_zero_has_no_check_digit(self) -> None:
        assert check_digit("000000000") is None

    @pytest.mark.reason(ReasonCode.MALFORMED_ENTERPRISE_NUMBER)
    @pytest.mark.parametrize("text", ["0100233480", "0100233488-000"])
    def test_refused(self, text: str) -> None:
        with pytest.raises(Malformed) as caught:
            EnterpriseNumber.parse(text)
        assert caught.value.reason is ReasonCode.MALFORMED_ENTERPRISE_NUMBER


class TestInsuranceNumber:
    """Decision 1351/QĐ-BHXH (2015)."""

    def test_health_card(self) -> None:
        boxes = InsuranceNumber.parse("HC4460123456789").health_card
        assert boxes is not None
        assert (boxes.group, boxes.benefit_level, boxes.province_code) == ("HC", 4, "46")
        assert boxes.insurance_number.value == "0123456789"

    @pytest.mark.reason(ReasonCode.MALFORMED_INSURANCE_NUMBER)
    def test_level_nine_is_refused(self) -> None:
        with pytest.raises(Malformed) as caught:
            InsuranceNumber.parse("DN9460123456789")
        assert caught.value.reason is ReasonCode.MALFORMED_INSURANCE_NUMBER


class TestPhoneNumber:
    """ITU-T E.164; numbers of 11 digits ended in 2018."""

    @pytest.mark.parametrize(
        ("text", "value"), [("0912 345 678", "+84912345678"), ("0234 3822222", "+842343822222")]
    )
    def test_read(self, text: str, value: str) -> None:
        assert PhoneNumber.parse(text).value == value

    @pytest.mark.reason(ReasonCode.MALFORMED_PHONE_NUMBER)
    def test_an_old_mobile_number_is_refused(self) -> None:
        with pytest.raises(Malformed) as caught:
            PhoneNumber.parse("01234567890")
        assert caught.value.reason is ReasonCode.MALFORMED_PHONE_NUMBER


class TestNames:
    """UAX #15, CLDR ``vi`` (order checked with ICU 78), ICAO Doc 9303-3."""

    def test_nfd_becomes_nfc(self) -> None:
        composed = "Nguyễn Thị Đượm"
        decomposed = unicodedata.normalize("NFD", composed)
        assert (len(composed), len(decomposed)) == (15, 21)
        assert PersonName.parse(decomposed) == PersonName(composed)

    def test_ascii_form(self) -> None:
        assert PersonName("Đặng Hữu Ưng").ascii_form == "DANG HUU UNG"

    def test_tone_order(self) -> None:
        expected = ["ma", "mà", "mả", "mã", "má", "mạ", "mă", "mâ"]
        assert sorted(set(expected), key=lambda text: PersonName(text).sort_key) == expected

    def test_staff_list_order(self) -> None:
        expected = [
            "Cao Thị Ả", "Lê Thị Ái", "Trần Văn An", "Ngô Thị Ánh", "Hồ Văn Ăn", "Nguyễn Văn Ân",
            "Phạm Văn Ấn", "Đặng Thị Dung", "Đỗ Văn Dũng", "Dương Văn Đức", "Bùi Văn On",
            "Võ Văn Ôn", "Vũ Thị Ơn", "Lý Thị Uyên", "Mai Văn Ước",
        ]  # fmt: skip
        assert sorted(sorted(expected), key=lambda name: PersonName(name).sort_key) == expected
        assert sorted(expected) != expected

    @pytest.mark.parametrize(("one", "other"), [("Hòa", "Hoà"), ("Thúy", "Thuý"), ("Thủy", "Thuỷ")])
    def test_two_spellings_of_a_tone(self, one: str, other: str) -> None:
        assert PersonName(one) != PersonName(other)
        assert PersonName(one).tone_folded_key == PersonName(other).tone_folded_key

    def test_search(self) -> None:
        assert PersonName("Nguyễn Văn Ân").search_key == "nguyen van an"

    def test_mrz(self) -> None:
        name = PersonName("Nguyễn Văn Ân")
        assert name.mrz_name() == "NGUYEN<<VAN<AN"
        assert name.mrz_line() == "NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<"
