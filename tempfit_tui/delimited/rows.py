"""The rows of a delimited text file, within bounds on its size, lines and rows.

Whatever the file holds, one row at a time is in memory.
"""

import csv
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple, TextIO

from tempfit_tui.text import harmless

MAX_BYTES = 256 * 2**20
"""The size of the largest file that is read."""
MAX_ROWS = 2_000_000
MAX_LINES = 2 * MAX_ROWS
"""Lines of the file, with blank lines and lines in quoted cells."""
MAX_ROW = 2**20
"""Characters in a row, over all its lines."""
MAX_SHOWN = 40
"""Characters shown of a cell or of a column's name."""
NAMED_LINES = 3
"""Lines named in a message; more are counted."""

EMPTY = "the file is empty; give it two columns of numbers"
NOT_TEXT = "not text in UTF-8, or in UTF-16 with a byte order mark; save it as CSV in UTF-8"
DELIMITERS = {
    "\t": "a tab",
    ";": "a semicolon",
    ",": "a comma",
    "|": "a vertical bar",
    " ": "a space",
}
"""The delimiters that are recognised, in order of preference, with their names."""
_UNDECODED = re.compile("[\ud800-\udfff]")


class FileError(Exception):
    """What is wrong in a file and how to mend it, preceded by its place in the file."""

    def __init__(self, wrong: str, line: int | None = None, column: str | None = None) -> None:
        in_line = "" if line is None else f", line {line}"
        # Without a header a column's name is `column 1` already.
        in_column = "" if column is None else f", {in_words(column)}"
        super().__init__(f"{in_line}{in_column}: {wrong}")


class Row(NamedTuple):
    """A row with at least one cell that is not empty."""

    line: int
    """The line of the file on which it starts, from 1."""
    cells: list[str]


@dataclass
class LineCount:
    """Counts lines of a file, and keeps the first ones to name them."""

    count: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, line: int) -> None:
        """Count a line."""
        self.count += 1
        if len(self.first) < NAMED_LINES:
            self.first.append(line)

    def __str__(self) -> str:
        more = self.count - len(self.first)
        return lines_in_words(self.first, f"{more:,} more" if more else "")


def lines_in_words(lines: list[int], more: str = "") -> str:
    """Return the lines as in `line 4` or `lines 4, 7 and 9`."""
    names = [*map(str, lines), *([more] if more else [])]
    return f"line{'s' if len(names) > 1 else ''} {listed(names)}"


def listed(words: list[str]) -> str:
    """Return words as in `a, b and c`."""
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), *words[-1:]])


def in_words(column: str) -> str:
    """Return a column's name after the word `column`, as in `column t_u` or `column 1`."""
    return f"column {column.removeprefix('column ')}"


def shown(text: str) -> str:
    """Return `text` harmless, and without its middle if it is too long to show."""
    text = harmless(text)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 11]}…{text[-10:]}"


def check_file(path: Path) -> None:
    """Refuse a file that would block, or take too long, when read.

    Raises:
        FileError: it is no regular file, or empty, or too large.
        OSError: it can't be read.
    """
    try:
        status = path.stat()
    except ValueError:
        raise FileError("no file can have this name; check it") from None
    if stat.S_ISDIR(status.st_mode):
        raise FileError("this is a folder; name a CSV file in it")
    if not stat.S_ISREG(status.st_mode):
        raise FileError("not a regular file; save the table as a CSV file")
    if not status.st_size:
        raise FileError(EMPTY)
    if status.st_size > MAX_BYTES:
        raise FileError(f"more than {MAX_BYTES // 2**20} MiB; keep fewer rows or columns")


def open_text(path: Path) -> TextIO:
    """Open a file as UTF-8, or as UTF-16 where it starts with that byte order mark.

    Bytes that are not UTF-8 become surrogates, which `read_rows` refuses by their line.
    """
    with path.open("rb") as start:
        wide = start.read(2) in (b"\xff\xfe", b"\xfe\xff")
    return path.open(encoding="utf-16" if wide else "utf-8-sig", errors="surrogateescape")


def read_rows(
    file: TextIO, delimiter: str, skipped: LineCount | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Yield line and cells of each row from the file's start.

    Blank lines and rows of empty cells are left out; the latter are counted in `skipped`.

    Raises:
        FileError: a line is not text, a cell is badly quoted, or a limit is passed.
    """
    length = 0

    def lines() -> Iterator[str]:
        nonlocal length
        for number, line in enumerate(iter(partial(file.readline, MAX_ROW + 1), ""), 1):
            length += len(line)
            if length > MAX_ROW:
                mend = "check its quotes and line ends"
                raise FileError(f"a row of more than {MAX_ROW:,} characters; {mend}", start)
            if "\0" in line or (not line.isascii() and _UNDECODED.search(line)):
                raise FileError(NOT_TEXT, number)
            yield line

    file.seek(0)
    start = 1
    reader = csv.reader(lines(), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for cells in reader:
            if cells and (cells[0].strip() or any(cell.strip() for cell in cells)):
                yield start, cells
            elif len(cells) > 1 and skipped:
                skipped.add(start)
            length = 0
            start = reader.line_num + 1
            if start > MAX_LINES:
                raise FileError(f"more than {MAX_LINES:,} lines; leave some out")
    except csv.Error:
        mend = "close each quoted cell, and double the quotes in it"
        raise FileError(f"a cell is badly quoted or too long; {mend}", start) from None
