"""A person's own file of observations: delimited text, of which two columns of numbers are read.

The file is UTF-8, or UTF-16 with a byte order mark; commas, semicolons or tabs separate its cells,
which may be quoted; its lines end in LF, CRLF or CR, and blank ones are skipped. The first row is
a header when none of its cells is a number. Decimals are written `1.5`, or `1,5` where the comma
doesn't separate cells. Nothing else is guessed, mended or left out: it is an `InputError`, one line
that names the file, the line on which the row starts, the column and the mend.

Whatever the file holds, only the row being read and the numbers kept are in memory.
"""

import csv
import difflib
import math
import re
import stat
import sys
from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from tempfit_tui.text import InputError, harmless

MAX_BYTES = 256 * 2**20
"""The size of the largest file that is read."""
MAX_ROWS = 2_000_000
MAX_LINES = 2 * MAX_ROWS
"""Lines of the file, counting blank ones and those within quoted cells."""
MAX_ROW = 2**20
"""Characters in a row, over all its lines."""
MAX_SHOWN = 40
"""Characters that are shown of a cell or of a column's name."""

_COMPARED = 1000
_EMPTY = "the file is empty; give it two columns of numbers"
_NOT_TEXT = "not text in UTF-8, or in UTF-16 with a byte order mark; save it as CSV in UTF-8"
_UNDECODED = re.compile("[\ud800-\udfff]")
_Row = tuple[int, list[str]]
"""Where it starts in the file, as a line from 1; and its cells."""


@dataclass(frozen=True, slots=True)
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

    def __len__(self) -> int:
        return len(self.x)

    def span(self) -> tuple[float, float]:
        """Return the inputs' range with 5 % of it added at both ends, in the file's units."""
        low, high = min(self.x), max(self.x)
        margin = high / 20 - low / 20
        return max(low - margin, -sys.float_info.max), min(high + margin, sys.float_info.max)


def read_table(path: Path, x: str | None = None, y: str | None = None) -> Table:
    """Read two columns of a file: `x` and `y`, or the first two whose first cell is a number.

    A column goes by its name in the header, or without a header by its number from 1.
    Raises InputError where the file, a column or a cell can't be used.
    """
    try:
        _check(path)
        with path.open("rb") as start:
            wide = start.read(2) in (b"\xff\xfe", b"\xfe\xff")
        # Bytes that aren't UTF-8 become surrogates, for _lines to refuse by their line.
        encoding = "utf-16" if wide else "utf-8-sig"
        with path.open(encoding=encoding, errors="surrogateescape") as file:
            return _read(file, harmless(path.name), x, y)
    except _FileError as error:
        raise InputError(f"{path.name or path}{error}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name}: {_NOT_TEXT}") from None
    except OSError as error:
        mend = "check its name, folder and permissions"
        raise InputError(f"{path}: can't be read ({error.strerror}); {mend}") from None


class _FileError(Exception):
    """What is wrong in a file and its mend, after its place there."""

    def __init__(self, wrong: str, line: int | None = None, column: str | None = None) -> None:
        in_line = "" if line is None else f", line {line}"
        # Without a header a column's name is `column 1` already.
        in_column = "" if column is None else f", column {column.removeprefix('column ')}"
        super().__init__(f"{in_line}{in_column}: {wrong}")


def _check(path: Path) -> None:
    """Refuse what would block, or take too long, when read."""
    try:
        status = path.stat()
    except ValueError:
        raise _FileError("no file can have this name; check it") from None
    if stat.S_ISDIR(status.st_mode):
        raise _FileError("this is a folder; name a CSV file in it")
    if not stat.S_ISREG(status.st_mode):
        raise _FileError("not a regular file; save the table as a CSV file")
    if not status.st_size:
        raise _FileError(_EMPTY)
    if status.st_size > MAX_BYTES:
        raise _FileError(f"more than {MAX_BYTES // 2**20} MiB; keep fewer rows or columns")


def _read(file: TextIO, source: str, x: str | None, y: str | None) -> Table:
    delimiter = _delimiter(file)
    rows = _rows(file, delimiter)
    top_line, top = next(rows, (1, []))
    if not top:
        raise _FileError(_EMPTY)
    headed = all(_number(cell, delimiter) is None for cell in top)
    first_line, first = next(rows, (1, [])) if headed else (top_line, top)
    if not first:
        raise _FileError("a header without rows; add at least two rows of numbers", top_line)
    mend = "add what is missing, or quote a cell that has a comma in it"
    ragged = f"instead of {len(top)} cells as in line {top_line}; {mend}"
    if len(first) != len(top):
        raise _FileError(f"{len(first)} {ragged}", first_line)
    names = [(headed and harmless(cell.strip())) or f"column {i}" for i, cell in enumerate(top, 1)]
    chosen = [None if name is None else _find(name, names, headed) for name in (x, y)]
    numeric = [i for i, cell in enumerate(first) if _number(cell, delimiter) is not None]
    others = [column for column in numeric if column not in chosen]
    if len(others) < chosen.count(None):
        mend = "two are needed, separated by a comma, a semicolon or a tab"
        raise _FileError(f"numbers in {len(numeric)} of {len(top)} columns; {mend}", first_line)
    x_column, y_column = (others.pop(0) if column is None else column for column in chosen)
    x_name, y_name = _shown(names[x_column]), _shown(names[y_column])
    if x_column == y_column:
        raise _FileError("chosen as both x and y; choose two columns", column=x_name)

    table = Table(source, x_name, y_name, array("d"), array("d"))
    wanted = ((x_column, x_name, table.x.append), (y_column, y_name, table.y.append))
    for line, cells in islice(chain([(first_line, first)], rows), MAX_ROWS):
        if len(cells) != len(top):
            raise _FileError(f"{len(cells)} {ragged}", line)
        for column, name, append in wanted:
            value = _number(cells[column], delimiter)
            if value is None or not math.isfinite(value):
                raise _FileError(_wrong(cells[column], value), line, name)
            append(value)
    if next(rows, None):
        raise _FileError(f"more than {MAX_ROWS:,} rows; leave some out")
    if len(table) == 1:
        raise _FileError("the only row of numbers; add at least one more", first_line)
    if all(value == table.x[0] for value in table.x):
        raise _FileError("all inputs are equal; choose a column that varies", column=x_name)
    return table


def _find(wanted: str, names: list[str], headed: bool) -> int:
    """Return the position of the one column of that name, or of that number from 1."""
    name = harmless(wanted.strip())
    if not headed and name.isdecimal():
        name = f"column {name}"
    for form in (str, _shown, str.casefold):
        found = [i for i, other in enumerate(names) if form(other) == form(name)]
        if len(found) > 1:
            raise _FileError("several columns have this name; rename them", column=_shown(name))
        if found:
            return found[0]
    if headed:
        near = [_shown(other) for other in names[:_COMPARED]]
        mend = f"did you mean '{difflib.get_close_matches(_shown(name), near, cutoff=0)[0]}'?"
    else:
        mend = f"without a header, columns are numbered 1 to {len(names)}"
    raise _FileError(f"there is no column '{_shown(name)}'; {mend}")


def _delimiter(file: TextIO) -> str:
    """Return the delimiter with which the first two rows have the most numbers and equal widths."""

    def merit(delimiter: str) -> tuple[int, bool]:
        rows = []
        with suppress(_FileError):  # _read will meet it again, and tell.
            for _, cells in islice(_rows(file, delimiter), 2):
                rows.append(cells)
        numbers = sum(_number(cell, delimiter) is not None for cells in rows for cell in cells)
        return numbers, 1 < len(rows[0]) == len(rows[-1]) if rows else False

    return max("\t;,", key=merit)


def _rows(file: TextIO, delimiter: str) -> Iterator[_Row]:
    """Yield the file's rows from its start, each with the number of its first line."""
    length = 0

    def lines() -> Iterator[str]:
        nonlocal length
        for number, line in enumerate(iter(partial(file.readline, MAX_ROW + 1), ""), 1):
            length += len(line)
            if length > MAX_ROW:
                mend = "check its quotes and line ends"
                raise _FileError(f"a row of more than {MAX_ROW:,} characters; {mend}", start)
            if "\0" in line or (not line.isascii() and _UNDECODED.search(line)):
                raise _FileError(_NOT_TEXT, number)
            yield line

    file.seek(0)
    start = 1
    reader = csv.reader(lines(), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for cells in reader:
            if len(cells) > 1 or (cells and cells[0].strip()):
                yield start, cells
            length = 0
            start = reader.line_num + 1
            if start > MAX_LINES:
                raise _FileError(f"more than {MAX_LINES:,} lines; leave some out")
    except csv.Error:
        mend = "close each quoted cell, and double the quotes in it"
        raise _FileError(f"a cell is badly quoted or too long; {mend}", start) from None


def _number(cell: str, delimiter: str) -> float | None:
    """Return a cell's number, which may be infinite or NaN, or None where it holds none."""
    if "_" in cell:  # float() reads 1_000 as Python does.
        return None
    try:
        return float(cell if delimiter == "," else cell.replace(",", "."))
    except ValueError:
        return None


def _wrong(cell: str, value: float | None) -> str:
    if not cell.strip():
        return "the cell is empty; write a number or leave the row out"
    kind = "a number" if value is None else "a finite number"
    return f"'{_shown(harmless(cell))}' is not {kind}; write it as 12.5 or leave the row out"


def _shown(text: str) -> str:
    """Return `text` without its middle where it is too long to show."""
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 11]}…{text[-10:]}"
