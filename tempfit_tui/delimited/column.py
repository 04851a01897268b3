"""A column of numbers, read cell by cell, and what its cells tell about its decimal sign."""

import math
from array import array
from typing import NamedTuple

from tempfit_tui.delimited.numbers import (
    GROUPED,
    SIGN_NAMES,
    Sign,
    fault_of,
    is_missing,
    other,
    parse_number,
)
from tempfit_tui.delimited.rows import FileError, in_words, shown


class Example(NamedTuple):
    """A cell that a message names."""

    cell: str
    line: int


class NumberColumn:
    """Reads the cells of a column, and keeps the numbers.

    Numbers such as 1,020 are kept as 1020 until a cell that can be read in one way only, or
    `settle`, says which sign is the decimal one.
    """

    def __init__(self, name: str, decimal: Sign | None = None) -> None:
        self.name = name
        self.values = array("d")
        self.decimal = decimal
        """The decimal sign as given, or as the first cell without doubt has it."""
        self.examples: dict[tuple[str, Sign], Example] = {}
        """The first cell of each use of a sign: `decimal`, `thousands` and `unsure`."""
        self._thousands: Sign = other(decimal or ".")
        """The sign that isn't the decimal one."""
        self._given = decimal is not None
        self._unsure: dict[Sign, array[int]] = {",": array("L"), ".": array("L")}
        """The places in `values` of numbers such as 1,020, by their sign."""

    def read(self, cell: str, line: int) -> float | None:
        """Return the number of a cell, for the caller to append or `discard`; None where missing.

        Raises:
            FileError: the cell holds anything else.
        """
        decimal = self.decimal
        # The common cases first: a column may have millions of cells.
        try:
            if decimal is None:
                if "." in cell or "," in cell:
                    return self._read_sign(cell, line)
                value = float(cell)
            elif self._thousands in cell:
                return self._read_sign(cell, line)
            else:
                value = float(cell if decimal == "." else cell.replace(",", "."))
        except ValueError:
            return self._read_any(cell, line)
        return value if math.isfinite(value) and "_" not in cell else self._read_any(cell, line)

    def discard(self) -> None:
        """Forget the number that was read last and is not appended."""
        for places in self._unsure.values():
            if places and places[-1] == len(self.values):
                places.pop()

    def unsure_signs(self) -> list[Sign]:
        """Return the signs that may mark thousands or decimals, as long as that is not settled."""
        return [] if self.decimal else [sign for sign, places in self._unsure.items() if places]

    def reason(self) -> str | None:
        """Return which of its cells settled the decimal sign, in words; None where it was given."""
        example = self._sure_example()
        return f"as line {example.line} has '{example.cell}'" if example else None

    def has_whole_numbers(self) -> tuple[bool, bool]:
        """Tell whether numbers without a sign are whole, of three digits, and of more than three.

        It is asked where all other numbers are like 1,020.
        """
        unsure = bytearray(len(self.values))
        for places in self._unsure.values():
            for place in places:
                unsure[place] = True
        three = more = False
        for value, is_unsure in zip(self.values, unsure, strict=True):
            if not is_unsure and abs(value) >= 100 and value.is_integer():
                three, more = three or abs(value) < 1000, more or abs(value) >= 1000
        return three, more

    def settle(self, decimal: Sign) -> None:
        """Take `decimal` for the decimal sign of all numbers, those read so far too."""
        self.decimal, self._thousands = decimal, other(decimal)
        for place in self._unsure[decimal]:
            # 1020 / 1000 is the float nearest to 1.020, as both are exact.
            self.values[place] /= 1000
        self._unsure = {",": array("L"), ".": array("L")}

    def _read_sign(self, cell: str, line: int) -> float | None:
        """Read a cell in which a comma or a point may be anything."""
        match = GROUPED.fullmatch(cell)
        if match is None or match[3] or (match[2] and self.decimal is None):
            return self._read_any(cell, line)
        sign: Sign = "," if match[1] == "," else "."
        if self.decimal is None:
            places = self._unsure[sign]
            if not places:
                self._note("unsure", sign, cell, line)
            places.append(len(self.values))
        elif sign == self.decimal:
            return self._read_any(cell, line)
        else:
            self._note("thousands", sign, cell, line)
        return float(cell.replace(sign, ""))

    def _read_any(self, cell: str, line: int) -> float | None:
        written = parse_number(cell)
        if written is None or not math.isfinite(written.value):
            if is_missing(cell):
                return None
            fault = fault_of(cell)
            raise FileError(f"'{shown(cell)}' in {self._place} {fault.words}; {fault.mend}", line)
        value, decimal, thousands, unsure = written
        if self.decimal and decimal and decimal != self.decimal:
            raise FileError(self._contradiction(cell), line)
        if unsure:
            self._note("unsure", unsure, cell, line)
            if self.decimal is None:
                self._unsure[unsure].append(len(self.values))
            return value / 1000 if unsure == self.decimal else value
        if thousands:
            self._note("thousands", thousands, cell, line)
        elif decimal:
            self._note("decimal", decimal, cell, line)
        if decimal and not self.decimal:
            self.settle(decimal)
        return value

    @property
    def _place(self) -> str:
        return in_words(self.name)

    def _note(self, use: str, sign: Sign, cell: str, line: int) -> None:
        if (use, sign) not in self.examples:
            self.examples[use, sign] = Example(shown(cell.strip()), line)

    def _sure_example(self) -> Example | None:
        """Return the first cell that can be read in one way only, but for signs that are both."""
        if self._given or not self.decimal:
            return None
        sure = (("decimal", self.decimal), ("thousands", other(self.decimal)))
        return next((self.examples[key] for key in sure if key in self.examples), None)

    def _contradiction(self, cell: str) -> str:
        assert self.decimal
        place = f"'{shown(cell)}' in {self._place}"
        if self._given:
            sign = SIGN_NAMES[other(self.decimal)]
            return (
                f"{place} is not a number with --decimal {self.decimal} (three digits must follow "
                f"each {sign} that marks thousands); correct the cell or the option"
            )
        example = self._sure_example()
        assert example
        return (
            f"{place} has another decimal sign than '{example.cell}' in line {example.line}; "
            "write both the same way"
        )
