"""What the terminal shows and what it should show, cell by cell, and the difference as output.

Textual sends whole lines of a widget, each piece with its full style. Most of that is on the
screen already: over SSH only the cells that differ are worth sending, those in one ink together.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size

from .ink import PLAIN, Ink, ink

_MOVE = r"\x1b\[(\d+);(\d+)H"
_FRAME = re.compile(rf"{_MOVE}(?:[^\x00-\x09\x0b-\x1f\x7f]|\x1b\[[\d;]*[Hm])*")
_PIECES = re.compile(rf"{_MOVE}|\x1b\[([\d;]*)m|(\n)|([^\x1b\n]+)")
_GAP = 3
"""So many cells that are right already are rather written again than jumped over."""


class Cell(NamedTuple):
    """A character; "" right of one that is two cells wide."""

    text: str
    ink: Ink


UNKNOWN = Cell("", Ink(frozenset({"unknown"}), None, ""))


class Run(NamedTuple):
    """Text to be written somewhere."""

    row: int
    column: int
    text: str


def is_frame(output: str) -> bool:
    """Tell whether `output` does nothing but draw."""
    return _FRAME.fullmatch(output) is not None


class Picture:
    """The cells of a screen as it is and as it should be."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._wanted: list[list[Cell]] = [[UNKNOWN] * width for _ in range(height)]
        self._cursor = 0, 0
        self.forget()

    def forget(self) -> None:
        """Count on nothing being on the screen."""
        self._shown: list[list[Cell]] = [[UNKNOWN] * self.width for _ in range(self.height)]
        self._rest: tuple[int, int] | None = None
        self._touched = set(range(self.height))

    def resize(self, width: int, height: int) -> None:
        """Take on another size; nothing is shown, but all that is known of any size stays so.

        In a storm of resizes back to the first one Textual sees none, and draws nothing anew.
        """
        self.width, self.height = width, height
        for line in self._wanted:
            line.extend([UNKNOWN] * (width - len(line)))
        widest = max([width, *map(len, self._wanted)])
        self._wanted += [[UNKNOWN] * widest for _ in range(height - len(self._wanted))]
        self.forget()

    def draw(self, frame: str) -> None:
        """Take in what Textual draws."""
        row = column = 0
        look = PLAIN
        for down, right, numbers, line_end, text in _PIECES.findall(frame):
            if text:
                column = self._write(row, column, _cells(text, look))
            elif down:
                row, column = int(down) - 1, int(right) - 1
            elif line_end:
                row, column = row + 1, 0
            else:
                look = ink(numbers)
        self._cursor = row, column

    def _write(self, row: int, column: int, cells: tuple[Cell, ...]) -> int:
        end = column + len(cells)
        if row < len(self._wanted):
            line = self._wanted[row]
            line[column:end] = cells[: max(0, len(line) - column)]
            self._touched.add(row)
        return end

    def difference(self) -> str:
        """Return the output that brings the screen up to date, "" if it is; it counts as shown."""
        runs: dict[Ink, list[Run]] = {}
        for row in sorted(self._touched & set(range(self.height))):
            shown, wanted = self._shown[row], self._wanted[row][: self.width]
            if shown != wanted:
                for look, run in _runs(row, wanted, _changed(shown, wanted)):
                    runs.setdefault(look, []).append(run)
                self._shown[row] = wanted
        self._touched.clear()
        if not runs and self._cursor == self._rest:
            return ""
        self._rest = self._cursor
        return "".join([*_written(runs), _to(*self._cursor)])


@lru_cache(1024)
def _cells(text: str, look: Ink) -> tuple[Cell, ...]:
    """Return a cell for each that `text` takes."""
    blank = Cell(" ", look.of_blank)
    cells: list[Cell] = []
    for letter in text:
        size = 1 if letter.isascii() else get_character_cell_size(letter)
        if letter == " ":
            cells.append(blank)
        elif size:
            cells += [Cell(letter, look), Cell("", look)][:size]
        elif cells:
            cells[-1] = Cell(cells[-1].text + letter, look)
    if len(cells) != cell_len(text):
        # Where several characters make one sign, it is all taken for a single wide one.
        cells = [Cell(text, look), *[Cell("", look)] * (cell_len(text) - 1)]
    return tuple(cells)


def _changed(shown: list[Cell], wanted: list[Cell]) -> list[int]:
    """Return the columns to be written, from left to right."""
    cells = enumerate(zip(shown, wanted, strict=True))
    differing = (column for column, (old, new) in cells if old != new is not UNKNOWN)
    return sorted({_begin(wanted, column) for column in differing})


def _begin(cells: list[Cell], column: int) -> int:
    """Return where the character that is seen at `column` begins."""
    while column and not cells[column].text:
        column -= 1
    return column


def _runs(row: int, wanted: list[Cell], columns: list[int]) -> Iterator[tuple[Ink, Run]]:
    """Join columns near each other, where one ink will do for all that is between."""
    start = end = columns[0]
    look = wanted[start].ink
    for column in columns:
        own = wanted[column].ink
        if column == end and (own is look or own is look.of_blank):
            end += 1  # as most are
            continue
        near = column - end <= _GAP
        if joined := _one_ink(look, wanted[end : column + 1]) if near else None:
            look = joined
        else:
            yield look, Run(row, start, _text(wanted[start:end]))
            start, look = column, own
        end = column + 1
    yield look, Run(row, start, _text(wanted[start:end]))


def _text(cells: list[Cell]) -> str:
    return "".join([text for text, _ in cells])


def _one_ink(look: Ink, cells: Iterable[Cell]) -> Ink | None:
    """Return an ink in which what was in `look` and the `cells` look as they should."""
    for _, other in cells:
        if other.covers(look):
            look = other
        elif not look.covers(other):
            return None
    return look


def _written(runs: dict[Ink, list[Run]]) -> Iterator[str]:
    """Write the runs, those in one ink together: turning to another costs more than moving."""
    pen = PLAIN
    at = None
    for look in sorted(runs, key=lambda look: look.place):
        if turn := look.after(pen):
            yield turn
            pen = look
        for row, column, text in runs[look]:
            yield f"\x1b[{column + 1}G" if row == at else _to(row, column)
            yield text
            at = row
    if pen != PLAIN:
        yield "\x1b[m"


def _to(row: int, column: int) -> str:
    return f"\x1b[{row + 1};{column + 1}H"
