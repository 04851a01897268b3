"""A person's own file of observations: delimited text, of which two columns of numbers are read.

The file is UTF-8, or UTF-16 with a byte order mark; commas, semicolons or tabs separate its cells,
which may be quoted; its lines end in LF, CRLF or CR. Each decision about it is in
`Table.decisions`. What can't be decided or read is an `InputError`: one line that names the file,
the line on which the row starts, the cell, its column and the mend.

Only the row being read and the numbers kept are in memory.
"""

import sys
from array import array
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Literal, TextIO

from tempfit_tui.delimited.choice import Survey, choose_columns
from tempfit_tui.delimited.column import NumberColumn
from tempfit_tui.delimited.layout import find_layout
from tempfit_tui.delimited.numbers import Sign
from tempfit_tui.delimited.observations import Missing, Observations
from tempfit_tui.delimited.rows import (
    NOT_TEXT,
    FileError,
    check_file,
    listed,
    open_text,
    read_rows,
    shown,
)
from tempfit_tui.delimited.sentinels import suspects
from tempfit_tui.delimited.separators import settle
from tempfit_tui.text import InputError, harmless

Decimal = Literal["auto"] | Sign


@dataclass(frozen=True)
class Table:
    """Observations: as many inputs as targets, all finite, of which two inputs at least differ."""

    source: str
    """The file's name, harmless to show."""
    x_name: str
    """The inputs' column, short and harmless to show; `read_table` finds the column by it."""
    y_name: str
    x: "array[float]"
    """The inputs, in row order and the file's units."""
    y: "array[float]"
    """The targets, likewise."""
    decisions: tuple[str, ...] = field(default=(), compare=False)
    """What was decided when the file was read, a sentence each; none if it came from elsewhere."""
    left_out: int = field(default=0, compare=False)
    """The rows of the file that are not here, as a value is missing in them."""

    def __len__(self) -> int:
        return len(self.x)

    def span(self) -> tuple[float, float]:
        """Return the inputs' range with 5 % of it added at both ends, in the file's units."""
        return self._span

    @cached_property
    def _span(self) -> tuple[float, float]:
        # Each frame asks for it, and looking through a million rows takes longer than a frame.
        low, high = min(self.x), max(self.x)
        margin = high / 20 - low / 20
        return max(low - margin, -sys.float_info.max), min(high + margin, sys.float_info.max)


def read_table(
    path: Path,
    x: str | None = None,
    y: str | None = None,
    *,
    missing: Missing = "leave-out",
    decimal: Decimal = "auto",
) -> Table:
    """Read two columns of a file: `x` and `y`, or the first two of numbers that don't number rows.

    A column goes by its name in the header, or without a header by its number from 1.

    Raises:
        InputError: the file, a column or a cell can't be used.
    """
    try:
        check_file(path)
        with open_text(path) as file:
            return _read(file, harmless(path.name), x, y, missing, decimal)
    except FileError as error:
        raise InputError(f"{path.name or path}{error}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name}: {NOT_TEXT}") from None
    except OSError as error:
        mend = "check its name, folder and permissions"
        raise InputError(f"{path}: can't be read ({error.strerror}); {mend}") from None


def _read(
    file: TextIO, source: str, x: str | None, y: str | None, missing: Missing, decimal: Decimal
) -> Table:
    layout = find_layout(file)
    *places, chosen = choose_columns(Survey(file, layout), x, y)
    names = [shown(layout.names[place]) for place in places]
    columns = [NumberColumn(name, None if decimal == "auto" else decimal) for name in names]
    observations = Observations(columns, places, missing)
    rows = read_rows(file, layout.delimiter, observations.empty_rows)
    observations.read(islice(rows, layout.headed, None), layout)
    signs = settle(columns, layout.delimiter)
    observations.leave_out_values()

    x_values, y_values = (column.values for column in columns)
    left_out = observations.left_out
    if left_out > len(x_values):
        raise FileError(
            f"{left_out:,} of {left_out + len(x_values):,} rows have a missing value in "
            f"{listed(names)}, more than half; choose other columns, or fill them in"
        )
    if len(x_values) == 1:
        others = f" ({left_out:,} left out, as a value is missing)" if left_out else ""
        raise FileError(f"there is only one row of numbers{others}; add at least one more")
    if all(value == x_values[0] for value in x_values):
        raise FileError("all inputs are equal; choose a column that varies", column=names[0])
    decisions = *chosen, *layout.decisions, *signs, *observations.decisions(), *suspects(columns)
    x_name, y_name = names
    return Table(source, x_name, y_name, x_values, y_values, decisions, left_out)
