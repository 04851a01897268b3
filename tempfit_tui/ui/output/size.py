"""The size of the terminal, within bounds."""

import os
from collections.abc import Iterable
from contextlib import suppress

MOST_COLUMNS, MOST_LINES = 640, 240
"""What is beyond stays blank: the screen of a terminal that reports more would take minutes."""
USUAL = 80, 24


def terminal_size(descriptors: Iterable[int]) -> tuple[int, int]:
    """Return the columns and lines of the first terminal of `descriptors` that reports them.

    Where none does, those of the environment's COLUMNS and LINES, else the usual ones. These come
    last, unlike in Textual: they don't change when the window does.
    """
    reported = [size for descriptor in descriptors if all(size := _reported(descriptor))]
    environment = _number("COLUMNS"), _number("LINES")
    columns, lines = reported[0] if reported else environment
    return min(columns or USUAL[0], MOST_COLUMNS), min(lines or USUAL[1], MOST_LINES)


def _reported(descriptor: int) -> tuple[int, int]:
    with suppress(OSError):
        return os.get_terminal_size(descriptor)
    return 0, 0


def _number(variable: str) -> int:
    written = os.environ.get(variable, "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0
