"""Which columns of a file are the input and the target."""

import difflib
import re
from collections.abc import Sequence
from itertools import islice
from typing import NoReturn, TextIO

from tempfit_tui.delimited.layout import Layout
from tempfit_tui.delimited.numbers import fault_of, is_missing, is_number
from tempfit_tui.delimited.rows import FileError, Row, in_words, listed, read_rows, shown
from tempfit_tui.text import harmless

SURVEYED_ROWS = 1000
SURVEYED_CELLS = 2_000_000
"""How many of the first rows decide which columns hold numbers."""
COMPARED_NAMES = 1000
LISTED_NAMES = 5
_ROW_NUMBERS = re.compile(
    r"(index|idx|id|no|nr|num|number|row|obs|#|unnamed: 0|row[ _]?(id|no|nr|num|number))[.:]?"
)


class Survey:
    """What the first rows of a file hold, column by column."""

    def __init__(self, file: TextIO, layout: Layout) -> None:
        self.layout = layout
        self.first: dict[int, tuple[str, int]] = {}
        """The first cell of each column that isn't missing, and its line."""
        rows = islice(read_rows(file, layout.delimiter), layout.headed, SURVEYED_ROWS)
        counting = {column for column in range(layout.width) if self._may_count(column)}
        pending = list(range(layout.width))
        looked = 0
        for place, row in enumerate(map(Row._make, rows)):
            if len(row.cells) != layout.width:
                layout.refuse_width(row)
            for column in pending:
                if not is_missing(row.cells[column]):
                    self.first[column] = row.cells[column], row.line
            looked += len(pending)
            pending = [column for column in pending if column not in self.first]
            counting = {column for column in counting if self._counts(row, column, place)}
            if looked > SURVEYED_CELLS:
                break
        self.numeric = [
            column for column, (cell, _) in sorted(self.first.items()) if is_number(cell)
        ]
        unnamed = {0} & layout.unnamed if layout.headed else set()
        enough = layout.headed or len(self.numeric) > 2
        self.row_numbers = [
            column
            for column in self.numeric
            if column in unnamed or (enough and column in counting)
        ]

    def _may_count(self, column: int) -> bool:
        if column in self.layout.unnamed:
            return column == 0
        return bool(_ROW_NUMBERS.fullmatch(self.layout.names[column].casefold()))

    def _counts(self, row: Row, column: int, place: int) -> bool:
        start = self.first[column][0].strip() if column in self.first else ""
        return start in ("0", "1") and row.cells[column].strip() == str(int(start) + place)


def choose_columns(survey: Survey, x: str | None, y: str | None) -> tuple[int, int, list[str]]:
    """Return the places of input and target, and what was decided about the columns.

    Without names they are the first two columns of numbers that don't number the rows.

    Raises:
        FileError: there is no such column, or there are not two.
    """
    layout, names = survey.layout, survey.layout.names
    chosen = [None if name is None else _find(name, layout) for name in (x, y)]
    usable = [column for column in survey.numeric if column not in survey.row_numbers]
    others = [column for column in usable if column not in chosen]
    if len(others) < chosen.count(None):
        _refuse_too_few(survey, chosen, len(usable))
    x_column, y_column = (others.pop(0) if column is None else column for column in chosen)
    if x_column == y_column:
        raise FileError("chosen as both x and y; choose two columns", column=shown(names[x_column]))
    decisions = [f"input x: {shown(names[x_column])}, target y: {shown(names[y_column])}"]
    if others:
        decisions.append(f"not used: {_listed([shown(names[column]) for column in others])}")
    for column in survey.row_numbers:
        if column not in (x_column, y_column):
            decisions.append(_set_aside(survey, column))
    if None in chosen:
        decisions += _nearly_numbers(survey)
    return x_column, y_column, decisions


def _set_aside(survey: Survey, column: int) -> str:
    return f"{_why(survey, column)}: not used as an input; {_option(survey, column)} uses it"


def _nearly_numbers(survey: Survey) -> list[str]:
    """Tell which columns are passed over for a sign in their cells."""
    decisions: list[str] = []
    for column, (cell, _) in survey.first.items():
        if len(decisions) < LISTED_NAMES and column not in survey.numeric:
            fault = fault_of(cell)
            if fault.near == 2:
                name = in_words(shown(survey.layout.names[column]))
                decisions.append(f"{name} is not used: '{shown(cell.strip())}' {fault.words}")
    return decisions


def _why(survey: Survey, column: int) -> str:
    layout = survey.layout
    why = "has no name" if layout.headed and column in layout.unnamed else "numbers the rows"
    return f"{in_words(shown(layout.names[column]))} {why}"


def _option(survey: Survey, column: int) -> str:
    name = shown(survey.layout.names[column])
    return f"--x {name}" if re.fullmatch(r"\w+", name) else f"--x '{name}'"


def _listed(names: Sequence[str]) -> str:
    more = [f"{len(names) - LISTED_NAMES:,} more"] if len(names) > LISTED_NAMES else []
    return listed([*names[:LISTED_NAMES], *more])


def _find(wanted: str, layout: Layout) -> int:
    """Return the place of the one column of that name, or of that number from 1."""
    name, names = harmless(wanted.strip()), layout.names
    if not layout.headed and name.isdecimal():
        name = f"column {name}"
    for form in (str, shown, str.casefold):
        found = [i for i, other in enumerate(names) if form(other) == form(name)]
        if len(found) > 1:
            raise FileError("several columns have this name; rename them", column=shown(name))
        if found:
            return found[0]
    if layout.headed:
        near = [shown(other) for other in names[:COMPARED_NAMES]]
        close = difflib.get_close_matches(shown(name), near, n=1)
        mend = f"did you mean '{close[0]}'?" if close else f"the columns are {_listed(near)}"
    else:
        mend = f"without a header, columns are numbered 1 to {len(names)}"
    raise FileError(f"there is no column '{shown(name)}'; {mend}")


def _refuse_too_few(survey: Survey, chosen: list[int | None], usable: int) -> NoReturn:
    """Refuse a file without two columns of numbers, and name the cell that stands in the way."""
    names = survey.layout.names
    if survey.row_numbers and usable + len(survey.row_numbers) > 1:
        column = survey.row_numbers[0]
        raise FileError(
            f"{_why(survey, column)}, and is no input unless it is asked for; add "
            f"{_option(survey, column)}"
        )
    faults = [
        (fault_of(cell), cell, line, column)
        for column, (cell, line) in sorted(survey.first.items())
        if column not in survey.numeric and column not in chosen
    ]
    if faults:
        fault, cell, line, column = max(faults, key=lambda each: each[0].near)
        raise FileError(
            f"'{shown(cell.strip())}' in {in_words(shown(names[column]))} {fault.words}, and two "
            f"columns of numbers are needed; {fault.mend}",
            line,
        )
    raise FileError(
        f"numbers in {usable} of {len(names)} columns; two are needed, separated by a comma, a "
        "semicolon or a tab",
        next((line for _, line in survey.first.values()), survey.layout.top.line),
    )
