"""The two columns in use, read row by row; rows in which a value is missing are left out."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import compress, islice
from typing import Literal

from tempfit_tui.delimited import rows as limits
from tempfit_tui.delimited.column import NumberColumn
from tempfit_tui.delimited.layout import Layout
from tempfit_tui.delimited.rows import FileError, LineCount, Row, in_words, listed, shown
from tempfit_tui.text import exact

Missing = Literal["leave-out", "refuse"] | Sequence[float]
"""What to do with rows in which a value is missing; numbers stand for missing values too."""


class Observations:
    """Reads input and target, and counts the rows left out."""

    def __init__(
        self, columns: Sequence[NumberColumn], places: Sequence[int], missing: Missing
    ) -> None:
        self.columns = columns
        self.empty_rows = LineCount()
        """Rows of which every cell is empty."""
        self._places = places
        self._missing = missing
        self._incomplete = LineCount()
        self._incomplete_columns: set[str] = set()
        self._listed = LineCount()
        """Rows with a value that stands for a missing one."""
        self._lines = array("L")
        """The line of each row kept, as long as such values may leave it out."""

    @property
    def left_out(self) -> int:
        """The number of rows left out."""
        return self._incomplete.count + self._listed.count

    def read(self, rows: Iterator[tuple[int, list[str]]], layout: Layout) -> None:
        """Read all rows.

        Raises:
            FileError: a cell holds something else than a number, or there are too many rows.
        """
        x, y = self.columns
        x_place, y_place = self._places
        # Names of their own, as there may be millions of rows.
        width, read_x, read_y = layout.width, x.read, y.read
        add_x, add_y, add_line = x.values.append, y.values.append, self._lines.append
        numbered = not isinstance(self._missing, str)
        for line, cells in islice(rows, limits.MAX_ROWS):
            if len(cells) != width:
                layout.refuse_width(Row(line, cells))
            x_value, y_value = read_x(cells[x_place], line), read_y(cells[y_place], line)
            if x_value is None or y_value is None:
                self._leave_out(line, cells, x_value is None, y_value is None)
                continue
            add_x(x_value)
            add_y(y_value)
            if numbered:
                add_line(line)
        if next(rows, None):
            raise FileError(f"more than {limits.MAX_ROWS:,} rows; leave some out")

    def leave_out_values(self) -> None:
        """Leave out the rows with a value that stands for a missing one."""
        if isinstance(self._missing, str):
            return
        standing = frozenset(self._missing)
        x, y = (column.values for column in self.columns)
        kept = bytearray(not (a in standing or b in standing) for a, b in zip(x, y, strict=True))
        for line, keep in zip(self._lines, kept, strict=True):
            if not keep:
                self._listed.add(line)
        for column in self.columns:
            column.values = array("d", compress(column.values, kept))

    def decisions(self) -> list[str]:
        """Return in words which rows are left out."""
        decisions = []
        if self.empty_rows.count:
            decisions.append(
                f"{_rows(self.empty_rows.count)} without any value skipped: {self.empty_rows}"
            )
        if self._incomplete.count:
            where = listed(sorted(self._incomplete_columns))
            decisions.append(
                f"{_rows(self._incomplete.count)} left out: a value is missing in {where} "
                f"({self._incomplete})"
            )
        if self._listed.count and not isinstance(self._missing, str):
            values = listed([exact(value) for value in self._missing])
            decisions.append(
                f"{_rows(self._listed.count)} left out: {values} stands for a missing value "
                f"({self._listed})"
            )
        return decisions

    def _leave_out(self, line: int, cells: list[str], x_missing: bool, y_missing: bool) -> None:
        for column, place, missing in zip(
            self.columns, self._places, (x_missing, y_missing), strict=True
        ):
            column.discard()
            if not missing:
                continue
            self._incomplete_columns.add(column.name)
            if self._missing == "refuse":
                cell, where = cells[place].strip(), in_words(column.name)
                wrong = f"'{shown(cell)}' in {where} stands for a missing value"
                wrong = wrong if cell else f"the cell in {where} is empty"
                raise FileError(f"{wrong}; write a number, or use --missing leave-out", line)
        self._incomplete.add(line)


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
