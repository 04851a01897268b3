"""Whether a comma or a point marks decimals or thousands, where one cell alone can't tell."""

from collections.abc import Sequence
from typing import NoReturn

from tempfit_tui.delimited.column import NumberColumn
from tempfit_tui.delimited.numbers import SIGN_NAMES, Sign, other, parse_number
from tempfit_tui.delimited.rows import FileError, in_words, listed
from tempfit_tui.text import exact


def settle(columns: Sequence[NumberColumn], delimiter: str) -> list[str]:
    """Settle the decimal sign of each column, and return how its signs are read, in words.

    Raises:
        FileError: a column can be read in two ways.
    """
    own: dict[NumberColumn, Sign] = {
        column: other(sign)
        for column in columns
        for sign in column.unsure_signs()
        if _marks_thousands(column)
    }
    evidence = {
        column: _evidence(column, columns, own, delimiter)
        for column in columns
        if column.unsure_signs()
    }
    for column, found in evidence.items():
        if len(found) != 1 or len(column.unsure_signs()) != 1:
            _refuse(column)
    for column, found in evidence.items():
        column.settle(*found)
    reasons = {column: reason for column, found in evidence.items() for reason in found.values()}
    return _decisions(columns, reasons)


def _marks_thousands(column: NumberColumn) -> bool:
    """Tell whether whole numbers of three digits stand beside the likes of 1,020, and none longer.

    Beside 850 that is 1020: 1.02 would be written 1,020 only where 850 is 850,000.
    """
    three, more = column.has_whole_numbers()
    return three and not more


def _evidence(
    column: NumberColumn,
    columns: Sequence[NumberColumn],
    own: dict[NumberColumn, Sign],
    delimiter: str,
) -> dict[Sign, str]:
    """Return each decimal sign that something speaks for, and what that is."""
    found: dict[Sign, str] = {
        each.decimal: f"as in {each.name}" for each in columns if each.decimal
    }
    if delimiter == "," and column.unsure_signs() == ["."]:
        if list(found) == ["."]:
            return found
        found.setdefault(".", "as the comma separates cells")
    if column in own:
        found.setdefault(own[column], "as whole numbers of three digits stand beside it")
    elif not found:
        found = {decimal: f"as in {each.name}" for each, decimal in own.items()}
    return found


def _refuse(column: NumberColumn) -> NoReturn:
    """Refuse a column that can be read in two ways, and name both."""
    sign = column.unsure_signs()[0]
    cell, line = column.examples["unsure", sign]
    written = parse_number(cell)
    assert written
    thousands, decimal = exact(written.value), exact(written.value / 1000)
    raise FileError(
        f"'{cell}' in {in_words(column.name)} can be {thousands} or {decimal}; "
        f"choose with --decimal {other(sign)} ({thousands}) or --decimal {sign} ({decimal})",
        line,
    )


def _decisions(columns: Sequence[NumberColumn], reasons: dict[NumberColumn, str]) -> list[str]:
    """Return how commas and points are read, but for a point that can only be a decimal one."""
    found: dict[str, tuple[list[str], str]] = {}
    for column in columns:
        for (use, sign), (cell, _) in column.examples.items():
            unsure = use == "unsure"
            decimal = use == "decimal" or (unsure and sign == column.decimal)
            if decimal and sign == "." and column not in reasons:
                continue
            written = parse_number(cell)
            assert written
            value = written.value / 1000 if unsure and decimal else written.value
            words = (
                f"the {SIGN_NAMES[sign]} {'is the decimal sign' if decimal else 'marks thousands'}"
            )
            example = f"{cell} is read as {exact(value)}"
            if unsure and (reason := reasons.get(column) or column.reason()):
                example += f", {reason}"
            names, _ = found.setdefault(words, ([], example))
            if column.name not in names:
                names.append(column.name)
    return [f"{words} in {listed(names)}: {example}" for words, (names, example) in found.items()]
