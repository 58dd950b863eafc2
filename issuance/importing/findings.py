"""What can be said about a row of a list: a code, the column, and perhaps a proposal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from issuance.importing.fields import Field


@unique
class Severity(StrEnum):
    """How far a finding holds its row back."""

    ERROR = "error"
    CONFIRM = "confirm"
    WARNING = "warning"


@unique
class ImportCode(StrEnum):
    """What was found. Values are stable: they are stored."""

    # --- the cell
    FORMULA_WITHOUT_VALUE = "formula_without_value"
    CELL_ERROR = "cell_error"
    CELL_TOO_LONG = "cell_too_long"
    CELL_TYPE = "cell_type"
    MERGED_CELL = "merged_cell"
    TEXT_UNPRINTABLE = "text_unprintable"
    NUMBER_IN_EXPONENT_FORM = "number_in_exponent_form"
    NUMBER_LOST_ZEROS = "number_lost_zeros"
    LEGACY_FONT = "legacy_font"
    MIXED_ENCODING = "mixed_encoding"
    HIDDEN_ROW = "hidden_row"
    FORMULA_VALUE_TAKEN = "formula_value_taken"
    FORMULA_LIKE_TEXT = "formula_like_text"
    FILLED_FROM_MERGE = "filled_from_merge"
    ZEROS_OF_FORMAT = "zeros_of_format"
    DATE_FROM_SERIAL = "date_from_serial"
    DECOMPOSED_TEXT = "decomposed_text"

    # --- the person
    NUMBER_MISSING = "number_missing"
    NUMBER_MALFORMED = "number_malformed"
    NUMBER_IS_CMND = "number_is_cmnd"
    NAME_MISSING = "name_missing"
    NAME_MALFORMED = "name_malformed"
    BIRTH_DATE_MALFORMED = "birth_date_malformed"
    BIRTH_YEAR_OF_TWO_DIGITS = "birth_year_of_two_digits"
    BIRTH_DATE_IMPLAUSIBLE = "birth_date_implausible"
    SEX_MALFORMED = "sex_malformed"
    SEX_IN_DIGITS = "sex_in_digits"
    PHONE_MALFORMED = "phone_malformed"
    EMAIL_MALFORMED = "email_malformed"
    ETH_REPLACED = "eth_replaced"
    NAME_WITH_ADDITION = "name_with_addition"
    NAME_IN_LOWER_CASE = "name_in_lower_case"
    NAME_IN_CAPITALS = "name_in_capitals"
    BIRTH_DAY_UNKNOWN = "birth_day_unknown"
    PROVINCE_UNKNOWN = "province_unknown"
    BIRTH_YEAR_IMPLAUSIBLE = "birth_year_implausible"
    BIRTH_YEAR_DIFFERS = "birth_year_differs"
    SEX_DIFFERS = "sex_differs"

    # --- post and delegation
    AGENCY_MISSING = "agency_missing"
    AGENCY_MALFORMED = "agency_malformed"
    AGENCY_UNKNOWN = "agency_unknown"
    AGENCY_NAME_MISSING = "agency_name_missing"
    POSITION_MISSING = "position_missing"
    CATEGORY_MISSING = "category_missing"
    CATEGORY_UNKNOWN = "category_unknown"
    ENTERPRISE_NUMBER_MISSING = "enterprise_number_missing"
    ENTERPRISE_NUMBER_MALFORMED = "enterprise_number_malformed"
    ENTERPRISE_NAME_MISSING = "enterprise_name_missing"
    SCOPE_MISSING = "scope_missing"
    UNTIL_MISSING = "until_missing"
    UNTIL_MALFORMED = "until_malformed"
    UNTIL_PAST = "until_past"
    AGENCY_UNCHECKED = "agency_unchecked"
    AGENCY_NAME_DIFFERS = "agency_name_differs"
    UNIT_UNKNOWN = "unit_unknown"

    # --- beside other rows and the registry
    DUPLICATE_IN_FILE = "duplicate_in_file"
    REPEATED_ROW = "repeated_row"
    NAME_DIFFERS_IN_REGISTRY = "name_differs_in_registry"
    BIRTH_DATE_DIFFERS_IN_REGISTRY = "birth_date_differs_in_registry"
    NUMBER_IS_FORMER = "number_is_former"
    EMPLOYMENT_ENDED = "employment_ended"

    # --- the table
    TOTALS_ROW_SKIPPED = "totals_row_skipped"
    SECTION_ROW_SKIPPED = "section_row_skipped"
    COLUMN_NUMBERS_SKIPPED = "column_numbers_skipped"
    EXAMPLE_ROW_SKIPPED = "example_row_skipped"
    UNKNOWN_COLUMN = "unknown_column"
    GARBLED_COLUMN = "garbled_column"
    HIDDEN_SHEET_LEFT_OUT = "hidden_sheet_left_out"
    OTHER_SHEET_LEFT_OUT = "other_sheet_left_out"


_CONFIRM = frozenset(
    {
        ImportCode.NUMBER_LOST_ZEROS,
        ImportCode.LEGACY_FONT,
        ImportCode.MIXED_ENCODING,
        ImportCode.HIDDEN_ROW,
        ImportCode.NAME_WITH_ADDITION,
        ImportCode.NAME_IN_LOWER_CASE,
        ImportCode.NAME_DIFFERS_IN_REGISTRY,
        ImportCode.BIRTH_DATE_DIFFERS_IN_REGISTRY,
        ImportCode.EMPLOYMENT_ENDED,
    }
)
_WARNINGS = frozenset(
    {
        ImportCode.FORMULA_VALUE_TAKEN,
        ImportCode.FORMULA_LIKE_TEXT,
        ImportCode.FILLED_FROM_MERGE,
        ImportCode.ZEROS_OF_FORMAT,
        ImportCode.DATE_FROM_SERIAL,
        ImportCode.DECOMPOSED_TEXT,
        ImportCode.ETH_REPLACED,
        ImportCode.NAME_IN_CAPITALS,
        ImportCode.BIRTH_DAY_UNKNOWN,
        ImportCode.PROVINCE_UNKNOWN,
        ImportCode.BIRTH_YEAR_IMPLAUSIBLE,
        ImportCode.BIRTH_YEAR_DIFFERS,
        ImportCode.SEX_DIFFERS,
        ImportCode.AGENCY_UNCHECKED,
        ImportCode.AGENCY_NAME_DIFFERS,
        ImportCode.UNIT_UNKNOWN,
        ImportCode.REPEATED_ROW,
        ImportCode.TOTALS_ROW_SKIPPED,
        ImportCode.SECTION_ROW_SKIPPED,
        ImportCode.COLUMN_NUMBERS_SKIPPED,
        ImportCode.EXAMPLE_ROW_SKIPPED,
        ImportCode.UNKNOWN_COLUMN,
        ImportCode.GARBLED_COLUMN,
        ImportCode.HIDDEN_SHEET_LEFT_OUT,
        ImportCode.OTHER_SHEET_LEFT_OUT,
    }
)
"""Whatever is in neither set is an error, a code that somebody adds and forgets too."""

BULK_CONFIRMABLE = _CONFIRM - {
    ImportCode.NAME_WITH_ADDITION,
    ImportCode.NAME_DIFFERS_IN_REGISTRY,
    ImportCode.BIRTH_DATE_DIFFERS_IN_REGISTRY,
    ImportCode.EMPLOYMENT_ENDED,
}
"""What may be confirmed for a whole list; who a person is, is confirmed one by one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Args:
        code: what.
        field: in which column; None where the row as a whole is meant.
        proposal: the text that the column should probably hold; personal data.
        detail: a row number, a sheet's or a column's heading; never a person's data.
    """

    code: ImportCode
    field: Field | None = None
    proposal: str | None = None
    detail: str = ""

    @property
    def severity(self) -> Severity:
        """How far the finding holds its row back."""
        if self.code in _WARNINGS:
            return Severity.WARNING
        return Severity.CONFIRM if self.code in _CONFIRM else Severity.ERROR

    @property
    def key(self) -> str:
        """Code and column, as it is stored and confirmed: ``number_lost_zeros:personal_number``."""
        return f"{self.code.value}:{self.field.value}" if self.field else self.code.value


def blocks(finding: Finding, confirmed: frozenset[ImportCode]) -> bool:
    """Tell whether a finding holds its row back, after what was confirmed."""
    match finding.severity:
        case Severity.ERROR:
            return True
        case Severity.CONFIRM:
            return finding.code not in confirmed
        case Severity.WARNING:
            return False
