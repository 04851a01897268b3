"""Numbers as people and programs write them, and the words for what is not a number."""

import re
import unicodedata
from typing import Literal, NamedTuple

Sign = Literal[",", "."]
MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "?", "-"})
"""What a cell without a value holds, in small letters."""
SIGN_NAMES: dict[Sign, str] = {",": "comma", ".": "point"}

GROUPED = re.compile(r"\s*[+-]?[1-9]\d{0,2}([,.])\d{3}(\1\d{3})*((?!\1)[,.]\d*)?\s*", re.ASCII)
"""Digits in threes after a comma or a point, and perhaps a decimal sign that is the other one."""
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    rf"(?:\d{{4}}[-/.]\d{{1,2}}(?:[-/.]\d{{1,2}})?|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}})"
    rf"|(?:\d{{1,2}}[-/ .]+)?{_MONTH}[-/ ,.]+\d{{1,4}}(?:[-/ ,]+\d{{2,4}})?)(?:[T ].*)?",
    re.ASCII | re.IGNORECASE,
)
_TIME = re.compile(r"\d{1,3}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]m)?", re.ASCII | re.IGNORECASE)
_SPACED = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u202f'’]\d{3})+(?:[,.]\d*)?")
_WITH_TEXT = re.compile(r"[+-]?\d[\d,.]*\s*([^\W\d_].*|[°µ].*)", re.DOTALL)
_STRAY = "write a number such as 12.5, or empty the cell to leave its row out"


class Written(NamedTuple):
    """A number as a cell holds it."""

    value: float
    """May be infinite or NaN. Where `unsure`, the value if that sign marks thousands."""
    decimal: Sign | None = None
    """The decimal sign, where the cell leaves no doubt about it."""
    thousands: Sign | None = None
    """The sign between its thousands, where there is no doubt either."""
    unsure: Sign | None = None
    """Its only sign, where that may be either: three digits follow it, as in 1,020."""


class Fault(NamedTuple):
    """Why a cell is not a number."""

    words: str
    """After the cell and its column, as in `is a date, not a number`."""
    mend: str
    near: int
    """How near the cell is to a number: 2 with a sign too many, 1 a date or time, 0 text."""


def other(sign: Sign) -> Sign:
    """Return the comma for the point, and the point for the comma."""
    return "," if sign == "." else "."


def is_missing(cell: str) -> bool:
    """Tell whether a cell stands for a missing value."""
    return cell.strip().casefold() in MISSING


def parse_number(cell: str) -> Written | None:
    """Return the number that a cell holds, in whatever convention; None where it holds none."""
    text = cell.strip()
    if match := GROUPED.fullmatch(text):
        sign: Sign = "," if match[1] == "," else "."
        value = float(text.replace(sign, "").replace(",", "."))
        if match[2] or match[3]:
            return Written(value, other(sign), sign)
        return Written(value, unsure=sign)
    if "_" in text:  # float() reads 1_000 as Python does.
        return None
    try:
        if "," in text:
            return None if "." in text else Written(float(text.replace(",", ".")), ",")
        return Written(float(text), "." if "." in text else None)
    except ValueError:
        return None


def is_number(cell: str) -> bool:
    """Tell whether a cell holds a number and not a sign for a missing value."""
    return not is_missing(cell) and parse_number(cell) is not None


def resembles_number(cell: str) -> bool:
    """Tell whether a cell holds a number, perhaps with a sign that is not read."""
    return is_number(cell) or (not is_missing(cell) and fault_of(cell).near == 2)


def fault_of(cell: str) -> Fault:
    """Return why a cell that is not missing is not a finite number, and how to mend it."""
    text = cell.strip()
    if parse_number(text):
        return Fault("is not a finite number", _STRAY, 2)
    if _DATE.fullmatch(text):
        mend = "write a number such as the days since the first date"
        return Fault("is a date, not a number", mend, 1)
    if _TIME.fullmatch(text):
        mend = "write a number such as the minutes since the first time"
        return Fault("is a time of day, not a number", mend, 1)
    if _SPACED.fullmatch(text):
        between = "an apostrophe" if "'" in text or "’" in text else "a space"
        mend = "write the digits without it"
        return Fault(f"has {between} between its digits, and is not read as a number", mend, 2)
    if _is_number_without(text, "%‰"):
        return Fault("is a percentage, not a number", "delete the percent sign in the column", 2)
    currency = "".join(letter for letter in text if unicodedata.category(letter) == "Sc")
    if currency and _is_number_without(text, currency):
        mend = f"delete {currency} in the column"
        return Fault("is an amount of money, not a number", mend, 2)
    if text.startswith("−") and _is_number_without(text, "−"):
        mend = "write it with the hyphen of the keyboard"
        return Fault("has a minus sign that is not read", mend, 2)
    if _WITH_TEXT.fullmatch(text):
        mend = "write the number alone, and its unit in the column's name"
        return Fault("has text after the number", mend, 1)
    return Fault("is text, not a number", _STRAY, 0)


def _is_number_without(text: str, letters: str) -> bool:
    """Tell whether `text` has some of these letters at its ends, and is a number without them."""
    bare = text.replace("-" + letters[:1], "-").strip(letters + " \u00a0\u202f")
    return bare != text and is_number(bare)
