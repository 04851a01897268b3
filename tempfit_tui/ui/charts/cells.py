"""A grid of coloured characters to compose a chart in, and the strips it becomes.

Columns count from the left and rows from the top, from 0. What is outside is silently left out.
Faint lines lie under everything: what is written next replaces them, and they don't keep a label
from being placed. No background is set anywhere: the widget's own shows.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tempfit_tui.text import brief, harmless

_BRAILLE = range(0x2800, 0x2900)
_PLAIN = str.maketrans({"→": "->", "—": "-", "…": "...", "·": "-", "▲": "^", "▼": "v"})


def plain(text: str) -> str:
    """Return `text` in ASCII, with `?` for what has no likeness there."""
    return text.translate(_PLAIN).encode("ascii", "replace").decode("ascii")


def width_of(text: str) -> int:
    """Return how many cells `text` takes."""
    return cell_len(text)


def shortened(text: str, width: int) -> str:
    """Return `text`, or as much of its beginning as fits `width` cells with an ellipsis."""
    text = brief(text)
    if cell_len(text) <= width:
        return text
    text = text[:width]  # a character without a width is rare
    while text and cell_len(text) >= width:
        text = text[:-1]
    return text + "…" if width > 0 else ""


class Cells:
    """A grid of `width` by `height` cells, each a character and its colour."""

    def __init__(self, width: int, height: int, *, ascii_only: bool = False) -> None:
        self.width = width
        self.height = height
        self.ascii_only = ascii_only
        self._letters = [[" "] * width for _ in range(height)]
        self._colours = [[""] * width for _ in range(height)]
        self._taken: set[tuple[int, int]] = set()

    def put(self, column: int, row: int, letter: str, colour: str, *, under: bool = False) -> None:
        """Set one cell to a character one cell wide; `under` for what may be written over."""
        if not (0 <= column < self.width and 0 <= row < self.height):
            return
        self._letters[row][column] = letter
        self._colours[row][column] = colour
        if not under:
            self._taken.add((column, row))

    def write(self, column: int, row: int, text: str, colour: str) -> None:
        """Write plain text from `column` on, control characters written out."""
        text = harmless(text)
        for letter in plain(text) if self.ascii_only else text:
            wide = cell_len(letter)
            if wide == 0 or column + wide > self.width:
                continue
            self.put(column, row, letter, colour)
            if wide == 2:
                # The other half of a wide character: no character of its own.
                self.put(column + 1, row, "", colour)
            column += wide

    def overlay(self, column: int, row: int, lines: Iterable[str], colour: str) -> None:
        """Lay lines of text over the grid, blanks left out; dots of braille join those there."""
        for y, line in enumerate(lines, row):
            for x, letter in enumerate(line, column):
                if letter == " " or not (0 <= x < self.width and 0 <= y < self.height):
                    continue
                there = self._letters[y][x]
                joined = letter
                if there and ord(there[0]) in _BRAILLE and ord(letter) in _BRAILLE:
                    joined = chr(ord(there[0]) | ord(letter))
                self.put(x, y, joined, colour)

    def is_free(self, column: int, row: int, width: int = 1) -> bool:
        """Return whether so many cells from `column` on are inside and hold nothing but lines."""
        return (
            0 <= row < self.height
            and column >= 0
            and column + width <= self.width
            and not any((x, row) in self._taken for x in range(column, column + width))
        )

    def place(self, text: str, colour: str, spots: Iterable[tuple[int, int]]) -> bool:
        """Write `text` at the first spot (column, row) with room for it, and a cell either side."""
        text = plain(text) if self.ascii_only else text
        width = cell_len(text)
        for column, row in spots:
            left, right = max(0, column - 1), min(self.width, column + width + 1)
            inside = column >= 0 and column + width <= self.width
            if inside and self.is_free(left, row, right - left):
                self.write(column, row, text, colour)
                return True
        return False

    def strips(self) -> list[Strip]:
        """Return a strip for each row, in colours without a background."""
        return [
            Strip(
                [
                    Segment("".join(letter for letter, _ in run), _style(colour))
                    for colour, run in groupby(_inked(letters, colours), itemgetter(1))
                ],
                self.width,
            )
            for letters, colours in zip(self._letters, self._colours, strict=True)
        ]


def _inked(letters: list[str], colours: list[str]) -> Iterator[tuple[str, str]]:
    """Give blanks the colour before them: each change of colour costs some 30 bytes to send."""
    ink = ""
    for letter, colour in zip(letters, colours, strict=True):
        if letter != " ":
            ink = colour
        yield letter, ink


@lru_cache(64)
def _style(colour: str) -> Style:
    return Style.from_color(Color.parse(colour)) if colour else Style.null()
