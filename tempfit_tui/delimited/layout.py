"""How a table is laid out in a file: its delimiter, its header, and what stands above them.

What can't be read yet (comments, titles, units lines, cells separated by blanks) is refused by its
name.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, pairwise, takewhile
from typing import NoReturn, TextIO

from tempfit_tui.delimited.numbers import is_missing, is_number, resembles_number
from tempfit_tui.delimited.rows import (
    DELIMITERS,
    EMPTY,
    FileError,
    Row,
    lines_in_words,
    read_rows,
    shown,
)
from tempfit_tui.text import harmless

SAMPLE_ROWS = 20
SAMPLE_CELLS = 20_000
"""How many of the first rows decide the layout."""
COMPARED_CELLS = 500
"""Of each of them, to tell the delimiter."""


@dataclass(frozen=True)
class Layout:
    """How a file is laid out."""

    delimiter: str
    top: Row
    """The first row: the header, or the first row of the table without one."""
    headed: bool
    names: list[str]
    """The columns' names, harmless and in full; `column 1` and so on where they have none."""
    unnamed: frozenset[int]
    """The columns without a name."""
    decisions: list[str]

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.names)

    def refuse_width(self, row: Row) -> NoReturn:
        """Refuse a row that has more or fewer cells than the first."""
        if row.cells[0].lstrip().startswith("#"):
            raise FileError(
                f"'{shown(row.cells[0].strip())}' is a comment; delete the line", row.line
            )
        raise FileError(
            f"{len(row.cells)} instead of {self.width} cells as in line {self.top.line}; add what "
            f"is missing, or quote a cell that has {DELIMITERS[self.delimiter]} in it",
            row.line,
        )


def find_layout(file: TextIO) -> Layout:
    """Find out how the file is laid out.

    Raises:
        FileError: it has no table that can be read, or something beside it.
    """
    delimiter = _delimiter(file)
    sample = list(_sample(file, delimiter))
    if not sample:
        raise FileError(EMPTY)
    _refuse_lines_above(sample, delimiter)
    if delimiter in "| ":
        raise FileError(
            f"the cells are separated by {DELIMITERS[delimiter].removeprefix('a ')}s; "
            "separate them with commas, semicolons or tabs",
            sample[0].line,
        )
    top, below = sample[0], sample[1:]
    headed, decisions = _header(top, below)
    if headed:
        _refuse_below_header(top, below, delimiter)
    names = [cell.strip() if headed else "" for cell in top.cells]
    if headed and names[0].startswith("#") and names[0].strip("# "):
        decisions.append(f"line {top.line} begins with #: it is read as the column names")
        names[0] = names[0].strip("# ")
    unnamed = frozenset(column for column, name in enumerate(names) if not name)
    names = [harmless(name) or f"column {i}" for i, name in enumerate(names, 1)]
    return Layout(delimiter, top, headed, names, unnamed, decisions)


def counts_up(cells: Sequence[str]) -> bool:
    """Tell whether cells are whole numbers that count up by one from 0 or 1."""
    first = cells[0].strip() if cells else ""
    return first in ("0", "1") and all(
        cell.strip() == str(number) for number, cell in enumerate(cells, int(first))
    )


def _sample(file: TextIO, delimiter: str) -> Iterator[Row]:
    cells = 0
    for place, pair in enumerate(islice(read_rows(file, delimiter), SAMPLE_ROWS), 1):
        row = Row._make(pair)
        yield row
        cells += len(row.cells)
        if place > 2 and cells > SAMPLE_CELLS:
            return


def _delimiter(file: TextIO) -> str:
    """Return the delimiter that gives the first rows the most numbers, in cells of their own."""

    def merit(delimiter: str) -> tuple[int, float, bool]:
        rows: list[Row] = []
        with suppress(FileError):  # Reading the whole file reports it.
            for row in _sample(file, delimiter):
                if len(row.cells) > 1:
                    rows.append(row)
        most = cells = 0
        weight = 0.0
        for row in rows:
            filled = [cell for cell in row.cells[:COMPARED_CELLS] if not is_missing(cell)]
            # A comma or semicolon at the end of a word belongs to a sentence.
            alike = [cell for cell in filled if cell[-1] not in ",;" and resembles_number(cell)]
            if alike:
                cells += len(filled)
                most = max(most, len(alike))
                weight += sum(1 if is_number(cell) else 0.9 for cell in alike)
        equal = len({len(row.cells) for row in rows}) == 1
        return min(most, 2), weight / max(cells, 1), equal

    return max(DELIMITERS, key=merit)


def _refuse_lines_above(sample: list[Row], delimiter: str) -> None:
    """Refuse comments, titles and what is meant for Excel above the table."""
    first = delimiter.join(sample[0].cells).strip()
    if first.casefold().startswith("sep="):
        raise FileError(
            f"'{shown(first)}' is a line for Excel, not column names; delete it", sample[0].line
        )
    comments = list(takewhile(lambda row: _is_comment(row, delimiter), sample))
    below = sample[len(comments) :]
    if comments and below and len(below[0].cells) == len(comments[-1].cells) > 1:
        numbers_below = any(map(is_number, below[0].cells))
        comments = comments[:-1] if numbers_below else comments
    if comments:
        _refuse_lines(comments, delimiter, "a comment")
    titles = []
    for row, after in pairwise(sample):
        if not _is_title(row, after, sample[-1]):
            break
        titles.append(row)
    if titles:
        _refuse_lines(titles, delimiter, "a title")


def _refuse_lines(rows: list[Row], delimiter: str, what: str) -> NoReturn:
    lines = lines_in_words([row.line for row in rows]) if rows[1:] else "the line"
    text = shown(delimiter.join(rows[0].cells).strip())
    raise FileError(f"'{text}' is {what}, not column names; delete {lines}", rows[0].line)


def _is_comment(row: Row, delimiter: str) -> bool:
    first = row.cells[0].strip()
    # A # alone is the name of a column, if it is a cell at all.
    return first.startswith("#") and (bool(first.strip("#")) or delimiter == " ")


def _is_title(row: Row, after: Row, last: Row) -> bool:
    """Tell whether a row is a line of text above a table that has another width."""
    if any(map(is_number, row.cells)):
        return False
    if len(row.cells) == 1:
        return len(last.cells) > 1
    names_after = len(_filled(after)) > 1 and not any(map(is_number, after.cells))
    alone = len(row.cells) != len(last.cells) or len(_filled(row)) == 1
    return alone and names_after and len(after.cells) == len(last.cells)


def _filled(row: Row) -> list[str]:
    return [cell for cell in row.cells if cell.strip()]


def _header(top: Row, below: list[Row]) -> tuple[bool, list[str]]:
    """Tell whether the first row has the columns' names, and what was decided about it.

    Raises:
        FileError: it has names and numbers.
    """
    cells = [cell.strip() for cell in top.cells]
    numbers = [cell for cell in cells if is_number(cell)]
    if not numbers and not all(map(is_missing, cells)):
        return True, []
    named = cells[1:] if not cells[0] else cells
    whole = named == [str(place) for place in range(len(named))]
    numbered_below = not cells[0] and len(below) > 1 and counts_up([row.cells[0] for row in below])
    if (whole and len(cells) > 1) or (numbered_below and len(numbers) == len(named)):
        listing = ", ".join(shown(name) for name in named[:3]) + (", …" if named[3:] else "")
        return True, [f"line {top.line} is read as the column names {listing}, not as numbers"]
    _refuse_names_and_numbers(top, below)
    return False, [f"line {top.line} has no names: the columns go by number"]


def _refuse_names_and_numbers(top: Row, below: list[Row]) -> None:
    """Refuse a first row with text above numbers, and a number too."""
    for column, cell in enumerate(top.cells):
        under = [row.cells[column] for row in below if column < len(row.cells)]
        filled = next((each for each in under if not is_missing(each)), "")
        if not is_missing(cell) and not resembles_number(cell) and is_number(filled):
            number = next(filter(is_number, top.cells))
            raise FileError(
                f"'{shown(cell.strip())}' in column {column + 1} is text above numbers, and "
                f"'{shown(number.strip())}' is a number; write only names in the line, or only "
                "numbers",
                top.line,
            )


def _refuse_below_header(top: Row, below: list[Row], delimiter: str) -> None:
    """Refuse no rows below the header, rows with a cell more, or a units line."""
    if not below:
        raise FileError("a header without rows; add at least two rows of numbers", top.line)
    first = below[0]
    if all(len(row.cells) == len(top.cells) + 1 for row in below):
        count = f"{len(first.cells)} cells under {len(top.cells)} names"
        if not any(row.cells[-1].strip() for row in below):
            separator = DELIMITERS[delimiter].removeprefix("a ")
            raise FileError(
                f"{count}, the last cell empty; delete the {separator} at the end of each line, "
                f"or add one in line {top.line}",
                first.line,
            )
        raise FileError(
            f"{count}; if the first cells are row names, as R writes them, add a name for them; "
            f"else quote a cell that has {DELIMITERS[delimiter]} in it",
            first.line,
        )
    texts: list[Callable[[str], bool]] = [is_missing, resembles_number]
    only_text = not any(test(cell) for cell in first.cells if cell.strip() for test in texts)
    numbers_later = any(sum(map(is_number, row.cells)) > 1 for row in below[1:])
    if only_text and numbers_later:
        filled = [f"'{shown(cell.strip())}'" for cell in _filled(first)[:3]]
        raise FileError(
            f"this is a units line or a second header ({', '.join(filled)}), not numbers; delete "
            f"it, or delete line {top.line} if that is a title",
            first.line,
        )
