"""Names: what is kept as printed, what is mended, what is refused, and the keys made of them."""

from __future__ import annotations

import unicodedata

import pytest

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity import latin, mrz
from cardsvc.identity.names import MAX_LENGTH, NameWarning, PersonName, search_rank


def sorted_names(names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: PersonName(name).sort_key)


def test_spaces_are_collapsed() -> None:
    assert PersonName.parse("  Nguyễn \u00a0 Văn\u3000Ân ").value == "Nguyễn Văn Ân"


@pytest.mark.parametrize("eth", ["Ðặng", "Ɖặng"])
def test_eth_becomes_d_with_stroke_and_warns(eth: str) -> None:
    name, warnings = PersonName.parse_with_warnings(f"{eth} Hữu Ưng")
    assert name == PersonName("Đặng Hữu Ưng")
    assert warnings == (NameWarning.ETH_REPLACED,)
    assert PersonName.parse(f"{eth} Hữu Ưng") == name
    assert PersonName.parse("Tô ðình").value == "Tô đình"


def test_nfd_alone_does_not_warn() -> None:
    decomposed = unicodedata.normalize("NFD", "Đặng Hữu Ưng")
    assert PersonName.parse_with_warnings(decomposed) == (PersonName("Đặng Hữu Ưng"), ())


@pytest.mark.parametrize(
    "text",
    [
        "Siu",
        "H'Hen Niê",
        "K’Brêm",
        "Y Ƀlơ Êñuôl",
        "Rơ Châm Phiăng",
        "Ksor H'Bŏ Khăp",
        "Trần-Lê Anna",
        "José Muñoz",
        "Łukasz Åse Øst",
        "Nguyễn Văn A.",
        "LƯƠNG THỊ MỴ",
    ],
)
def test_names_of_people_who_live_here(text: str) -> None:
    name = PersonName.parse(text)
    assert name.value == text
    assert name.ascii_form.isascii()
    assert name.mrz_line()


@pytest.mark.reason(ReasonCode.MALFORMED_NAME)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "'",
        "ʼ-.",
        "Nguyễn\tÂn",
        "Nguyễn Ân\n",
        "Nguyễn\u200bÂn",
        "\u202eNguyễn",
        "\ufeffNguyễn Ân",
        "Nguyễn Văn 2",
        "Nguyễn Văn ２",
        "Nguye64n Va8n A6n",
        "Nguyá»…n VÄƒn Ã‚n",
        "Nguyễn, Ân",
        "Nguyễn <script>",
        "Nguуễn",  # Cyrillic у
        "Ｎguyễn",
        "阮文恩",
        "ﬁlip",
        "\u0301Ân",
        "A\u0337\u0338\u0335n",
        "Ân \ud800",
        "A" * (MAX_LENGTH + 1),
        "A" * 10_000,
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        PersonName.parse(text)
    assert caught.value.reason is ReasonCode.MALFORMED_NAME


@pytest.mark.parametrize("text", ["Nguyê\u0303n", "Nguyễn  Ân", "Ðặng", " Ân"])
def test_the_constructor_takes_canonical_text_only(text: str) -> None:
    assert PersonName.parse(text)
    with pytest.raises(Malformed):
        PersonName(text)


def test_the_longest_name_fits() -> None:
    decomposed = unicodedata.normalize("NFD", "Ệ" * MAX_LENGTH)
    assert PersonName.parse(decomposed).value == "Ệ" * MAX_LENGTH


def test_parts() -> None:
    name = PersonName("Nguyễn Thị Minh Khai")
    assert (name.family, name.middle, name.given) == ("Nguyễn", "Thị Minh", "Khai")
    mononym = PersonName("Siu")
    assert (mononym.family, mononym.middle, mononym.given) == ("", "", "Siu")
    assert str(mononym) == "Siu"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tôn Nữ Thị Ninh", "TON NU THI NINH"),
        ("Ơn Ước Ăn Ân Êm Ôn Đỏ", "ON UOC AN AN EM ON DO"),
        ("Weiß Ærø Þór Œdipe", "WEISS AEROE THOR OEDIPE"),
        ("Y Ƀlơ Êñuôl", "Y BLO ENUOL"),
        ("K’Brêm", "K'BREM"),
    ],
)
def test_ascii_form(text: str, expected: str) -> None:
    assert PersonName.parse(text).ascii_form == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ĐẶNG HỮU ƯNG", "dang huu ung"),
        ("Ðặng", "dang"),
        (unicodedata.normalize("NFD", "Nguyễn  Văn Ân"), "nguyen van an"),
        ("K'Brêm", "kbrem"),
        ("Trần-Lê", "tran le"),
        ("123 Ân", "123 an"),
        ("文", "文"),
    ],
)
def test_search_key_takes_any_text(text: str, expected: str) -> None:
    assert latin.search_key(text) == expected


def test_tone_folded_key_keeps_other_names_apart() -> None:
    keys = {latin.tone_folded_key(text) for text in ("Hoa", "Hòa", "Hóa", "Hỏa", "Hõa", "Họa")}
    assert len(keys) == 6
    assert latin.tone_folded_key("An") != latin.tone_folded_key("Ân")
    assert latin.tone_folded_key("Dũng") != latin.tone_folded_key("Đũng")
    assert latin.tone_folded_key("HÒA BÌNH") == latin.tone_folded_key("Hoà Bình")
    assert latin.tone_folded_key("Ho\u0300a") == latin.tone_folded_key("Hoà")


def test_sorting_goes_by_given_then_family_then_middle() -> None:
    expected = [
        "An",
        "Lê An",
        "Lê Văn An",
        "Lê Xuân An",
        "Trần Anh An",
        "Lê Văn Ân",
        "Bùi Văn Bình",
    ]
    assert sorted_names(expected[::-1]) == expected


def test_a_given_names_tone_outweighs_the_family() -> None:
    assert sorted_names(["Bùi Văn Dũng", "Trần Thị Dung"]) == ["Trần Thị Dung", "Bùi Văn Dũng"]


def test_letters_outweigh_tones() -> None:
    assert sorted_names(["Ái", "An", "Ánh", "Anh", "Áo"]) == ["Ái", "An", "Anh", "Ánh", "Áo"]


def test_the_whole_alphabet_sorts_in_order() -> None:
    letters = list(latin.ALPHABET)
    assert sorted_names(sorted(letters)) == letters


def test_case_decides_last() -> None:
    assert sorted_names(["AN", "an", "An", "án"]) == ["an", "An", "AN", "án"]


def test_search_rank() -> None:
    name = PersonName("Nguyễn Thị Hoà")
    assert search_rank("hòa", name) == 0
    assert search_rank("Nguyễn Hoà", name) == 0
    assert search_rank("nguyen hoa", name) == 1
    assert search_rank("ng ho", name) == 0  # as far as it is typed, it is what stands there
    assert search_rank("tho ng", name) is None
    assert search_rank("Hóa Nguyên", name) == 1
    assert search_rank("ban", name) is None
    assert search_rank("", name) is None


@pytest.mark.parametrize(
    ("text", "family_words", "expected"),
    [
        ("Siu", 1, "SIU"),
        ("Tôn Nữ Thị Ninh", 2, "TON<NU<<THI<NINH"),
        ("H'Hen Niê", 1, "HHEN<<NIE"),
        ("Nguyễn Anh-Thư", 1, "NGUYEN<<ANH<THU"),
        ("Nguyễn - Ân", 1, "NGUYEN<<AN"),
        ("Âu Dương", 2, "AU<DUONG"),
    ],
)
def test_mrz_name(text: str, family_words: int, expected: str) -> None:
    assert PersonName.parse(text).mrz_name(family_words) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Nguyễn Phúc Vĩnh Thụy Bảo Đại Hoàng Đế",
        "Lê Hoàng Hiếu Nghĩa Đệ Nhất Thương Tâm Nhân",
        "Nguyễn Văn Abcdefghijklmno P Q",
        "Abcdefghijklmnopqrstuvwxyzabcdefghijk Ân",
        "A B C D E F G H I J K L M N O P Q R S T U V X Y",
        "Abcdefghijklmnopqrstuvwxyzabcdefghijk",
    ],
)
@pytest.mark.parametrize("family_words", [1, 2])
def test_a_cut_mrz_field_ends_in_a_letter_and_keeps_both_identifiers(
    text: str, family_words: int
) -> None:
    name = PersonName.parse(text)
    line = name.mrz_line(family_words=family_words)
    assert len(line) == 30
    assert line[-1].isalpha()
    assert "<<<" not in line
    assert ("<<" in line) == ("<<" in name.mrz_name(family_words))


def test_mrz_field_of_single_letters_still_has_its_length() -> None:
    line = mrz.fit(["A"] * 40, ["B"], 30)
    assert len(line) == 30
    assert "<<B" in line


def test_mrz_refuses_impossible_splits() -> None:
    with pytest.raises(ValueError, match="at least one word"):
        PersonName("Ân").mrz_name(0)
    with pytest.raises(ValueError, match="at least 4"):
        PersonName("Ân").mrz_line(3)


def test_beginnings_of_sort_keys_for_folded_text() -> None:
    names = ["An", "Ăn", "Ân", "Ấn", "Anh", "Đan", "Dân", "Ước", "Hoà", "Mỵ", "Łan"]
    for folded in ("an", "a", "dan", "uoc", "hoa", "my", "lan", "zzz"):
        beginnings = latin.primary_beginnings(folded, 27)
        assert list(beginnings) == sorted(beginnings)
        for text in names:
            found = PersonName(text).sort_key.startswith(beginnings)
            assert found == latin.search_key(text).startswith(folded), (folded, text)
    # letters are left out where there would be too many, never a name
    few = latin.primary_beginnings("uoc", 4)
    assert PersonName("Ước").sort_key.startswith(few)
    assert latin.primary_beginnings("", 9) == latin.primary_beginnings("文", 9) == ("",)
