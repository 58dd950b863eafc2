"""Which PINs a holder may choose: those that a finder of the card does not try first.

Spec: SP 800-73-5 Part 2 section 2.4.3 (6 to 8 digits); FIPS 201-3 section 4.3.1 (PINs that are easy
to guess are not to be allowed). The rules are looked at here, because no PIN leaves the agent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from cardsvc.errors import CardError, ReasonCode

_DIGITS = frozenset("0123456789")
_KEYPAD_WALKS = ("147258", "258369", "147369", "159357", "159753", "147852", "258963", "741852")
"""Ways over the keypad, of six keys; longer PINs that begin so are refused, too."""


@dataclass(frozen=True, slots=True)
class PinRules:
    """What is asked of a PIN.

    Args:
        least_digits: 6 to 8.
        least_distinct: how many different digits it has at least.
        dates: whether a date, such as a birthday, is allowed.
    """

    least_digits: int = 6
    least_distinct: int = 3
    dates: bool = False


USUAL_RULES = PinRules()
"""Where an office has set none of its own."""


def require_strong_pin(pin: str, rules: PinRules, *, code: str = "") -> None:
    """Accept a PIN that is hard to guess.

    Args:
        pin: as typed.
        rules: what is asked of it.
        code: the code that it takes the place of.

    Raises:
        CardError: PIN_FORMAT, or PIN_WEAK.
    """
    if not rules.least_digits <= len(pin) <= 8 or not set(pin) <= _DIGITS:
        raise CardError(ReasonCode.PIN_FORMAT, "a PIN has 6 to 8 digits")
    if pin == code or _is_guessable(pin, rules):
        raise CardError(ReasonCode.PIN_WEAK, "the PIN is easy to guess")


def _is_guessable(pin: str, rules: PinRules) -> bool:
    return (
        len(set(pin)) < rules.least_distinct
        or _is_run(pin)
        or (pin[::2] == pin[1::2] and _is_run(pin[::2]))
        or _is_repeated(pin)
        or pin.startswith(_KEYPAD_WALKS)
        or (not rules.dates and _is_date(pin))
    )


def _is_run(pin: str) -> bool:
    """Tell 123456, 97531975 and the like: every step is the same, around the keypad's end."""
    return len({(int(b) - int(a)) % 10 for a, b in pairwise(pin)}) == 1


def _is_repeated(pin: str) -> bool:
    """Tell 121212 and 12341234: one group, again and again."""
    return any(
        pin == (pin[:period] * len(pin))[: len(pin)] for period in range(1, len(pin) // 2 + 1)
    )


def _is_date(pin: str) -> bool:
    """Tell a day as people write it: ddmmyyyy, yyyymmdd, ddmmyy, yymmdd, mmyyyy, yyyymm."""
    if len(pin) == 8:
        return _is_day(pin[4:], pin[2:4], pin[:2]) or _is_day(pin[:4], pin[4:6], pin[6:])
    if len(pin) == 6:
        return (
            _is_day("20" + pin[4:], pin[2:4], pin[:2])
            or _is_day("20" + pin[:2], pin[2:4], pin[4:])
            or _is_day(pin[2:], pin[:2], "01")
            or _is_day(pin[:4], pin[4:], "01")
        )
    return False


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return year[:2] in ("19", "20")
