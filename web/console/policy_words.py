"""A policy's rules in words, for those who decide on it and never read the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby

from cardsvc.identity.provinces import provinces
from verification.policy.document import (
    Effect,
    PolicyDocument,
    ReleaseRule,
    Rule,
    StatusRule,
    WhenStale,
)
from verification.policy.schedule import EVERY_DAY, Holidays, Period, Schedule
from web.console.formats import day
from web.console.languages import Text
from web.console.policy_texts import LEVEL_TEXTS, attribute_text
from web.console.registry_texts import CARD_TYPES, CATEGORIES

_DAYS = (
    Text("thứ Hai", "Monday"), Text("thứ Ba", "Tuesday"), Text("thứ Tư", "Wednesday"),
    Text("thứ Năm", "Thursday"), Text("thứ Sáu", "Friday"), Text("thứ Bảy", "Saturday"),
    Text("Chủ nhật", "Sunday"),
)  # fmt: skip
_HOLIDAYS = {
    Holidays.CLOSED: Text("nghỉ ngày lễ", "closed on public holidays"),
    Holidays.OPEN: Text("kể cả ngày lễ", "public holidays included"),
    Holidays.ONLY: Text("chỉ ngày lễ", "on public holidays alone"),
}


def conditions(rule: Rule) -> Sequence[Text]:
    """Return what a rule asks of a card, one sentence for each condition."""
    said = []
    if rule.card_types is not None:
        types = [CARD_TYPES[one] for one in sorted(rule.card_types)]
        said.append(_labelled(Text("Loại thẻ", "Card"), types))
    if rule.categories is not None:
        categories = [CATEGORIES[one] for one in sorted(rule.categories)]
        said.append(_labelled(Text("Nhóm đối tượng", "Category"), categories))
    if rule.agencies is not None:
        label = Text("Cơ quan (và các đơn vị trực thuộc)", "Agency (and those below it)")
        said.append(_labelled(label, _codes(rule.agencies)))
    if rule.except_agencies:
        said.append(_labelled(Text("Trừ cơ quan", "Except agency"), _codes(rule.except_agencies)))
    if rule.agents is not None:
        places = [Text(one, one) for one in rule.agents]
        said.append(_labelled(Text("Tại đầu đọc", "At reader"), places))
    if rule.schedule is not EVERY_DAY:
        said.append(schedule_words(rule.schedule))
    if (within := _days(rule.first_day, rule.last_day)) is not None:
        said.append(within)
    if rule.effect is Effect.ALLOW:
        said.append(_labelled(Text("Mức tối thiểu", "Least level"),
                              [LEVEL_TEXTS[rule.minimum_level]]))  # fmt: skip
    if rule.note is not None:
        said.append(Text(f"Báo: “{rule.note.vi}”", f"Says: “{rule.note.en}”"))
    return said


def schedule_words(schedule: Schedule) -> Text:
    """Return when a schedule is open: days of one kind together."""
    spans = []
    number = 0
    for periods, same in groupby(schedule.weekly):
        last = number + len(list(same)) - 1
        if periods:
            spans.append(_span(number, last, periods))
        number = last + 1
    if not spans:
        return Text("Không mở ngày nào", "Open on no day")
    holidays = _HOLIDAYS[schedule.holidays]
    vi, en = "; ".join(one.vi for one in spans), "; ".join(one.en for one in spans)
    return Text(f"Thời gian: {vi}; {holidays.vi}", f"Time: {en}; {holidays.en}")


def status_words(status: StatusRule) -> Text:
    """Return what happens where a card's status is old."""
    age = status.fresh_for_seconds
    level = LEVEL_TEXTS[status.step_up_to]
    then = {
        WhenStale.ALLOW: Text("vẫn phục vụ", "the card is served all the same"),
        WhenStale.DENY: Text("từ chối", "the card is refused"),
        WhenStale.STEP_UP: Text(f"phải đạt {level.vi}", f"{level.en} is asked for"),
    }[status.when_stale]
    return Text(f"Cũ hơn {age} giây: {then.vi}", f"Older than {age} seconds: {then.en}")


def release_words(release: ReleaseRule) -> Sequence[Text]:
    """Return what the partner learns of a holder who is served."""
    if not release.attributes:
        return [Text("Không cung cấp thông tin nào", "Nothing is told")]
    names = [attribute_text(one) for one in release.attributes]
    said = [_labelled(Text("Cung cấp", "Tells"), names)]
    if release.home_province is not None:
        place = provinces()[release.home_province].name
        said.append(Text(f"Tỉnh cư trú được hỏi: {place}", f"Province asked about: {place}"))
    if release.rely_for_seconds is not None:
        seconds = release.rely_for_seconds
        said.append(
            Text(f"Đơn vị được dựa vào trong {seconds} giây", f"To be relied on for {seconds} s")
        )
    if release.consent is not None:
        asked = release.consent.text
        said.append(Text(f"Hỏi ý chủ thẻ: “{asked.vi}”", f"The holder is asked: “{asked.en}”"))
    return said


def calendar_words(document: PolicyDocument) -> Sequence[Text]:
    """Return where a service differs from the national calendar, and from when till when it is."""
    said = []
    if (within := _days(document.first_day, document.last_day)) is not None:
        said.append(within)
    if closures := sorted(document.calendar.closures):
        days = ", ".join(day(one) for one in closures)
        said.append(Text(f"Nghỉ riêng: {days}", f"Closed besides: {days}"))
    for one, worked_as in sorted(document.calendar.working_days.items()):
        like = _DAYS[worked_as]
        said.append(
            Text(f"{day(one)} làm việc như {like.vi}", f"{day(one)} is worked like a {like.en}")
        )
    return said


def _span(first: int, last: int, periods: Iterable[Period]) -> Text:
    hours = ", ".join(f"{_clock(one.start)}–{_clock(one.end)}" for one in periods)
    if (first, last) == (0, len(_DAYS) - 1):
        return Text(f"hằng ngày {hours}", f"every day {hours}")
    vi, en = _DAYS[first].vi, _DAYS[first].en
    if last > first:
        vi, en = f"{vi} đến {_DAYS[last].vi}", f"{en} to {_DAYS[last].en}"
    return Text(f"{vi} {hours}", f"{en} {hours}")


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _codes(levels: Iterable[tuple[str, ...]]) -> list[Text]:
    codes = (".".join(one) for one in levels)
    return [Text(one, one) for one in codes]


def _labelled(label: Text, values: Sequence[Text]) -> Text:
    vi, en = ", ".join(one.vi for one in values), ", ".join(one.en for one in values)
    return Text(f"{label.vi}: {vi}", f"{label.en}: {en}")


def _days(first: date | None, last: date | None) -> Text | None:
    if first is None and last is None:
        return None
    if last is None:
        return Text(f"Từ ngày {day(first)}", f"From {day(first)}")
    if first is None:
        return Text(f"Đến hết ngày {day(last)}", f"Until the end of {day(last)}")
    return Text(
        f"Từ {day(first)} đến hết {day(last)}", f"From {day(first)} to the end of {day(last)}"
    )
