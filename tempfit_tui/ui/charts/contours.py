"""Where a surface's contour lines run: its levels, and the dots that lie on them.

Pure arithmetic. The loss is interpolated at every dot, and a dot is on a line where the loss of a
neighbour is beyond a level that its own is below. Along each axis the interpolation is a parabola,
bent no more than the surface is at both ends (as in essentially non-oscillatory schemes, Harten
and others 1987): a quadratic loss comes out exactly, so that a ravine between two places of the
surface is found, and beside a cliff none is invented.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from tempfit_tui.ticks import LARGEST, linear_ticks

MOST_LEVELS = 8
"""Above the one at the bottom."""
LOWEST, HIGHEST = 0.02, 0.97
"""The parts of the surface's places below the lowest of these and below the highest, about."""
BOTTOM = 5
"""The line at the bottom rises at least so many times less than the next one."""
FLAT = 1e-6
"""What differs by no more than this part is one loss: 32-bit numbers are as coarse."""
TINY = 1e-300
"""Nor is there a level between losses as alike as that."""

_DENSE = ("1", "1.5", "2", "2.5", "3", "4", "5", "6", "7", "8", "9")
_HOLE = -1

Values = Sequence[float]
"""Of a row of dots, from the left; nan where the loss isn't finite."""
Mark = Callable[[int, int, int], None]
"""(column, row, level) of a dot on a line, counted from the left, the bottom and the lowest."""


def levels_of(losses: Iterable[float | None], least: float | None = None) -> list[float]:
    """Return the levels to draw, ascending round numbers; [] where the surface is flat.

    Their rise above the least loss grows by about the same factor from line to line: around a
    minimum the lines are then neither crowded far out nor missing near it. `least` is the least
    loss of all where that is known: the surface may have no place just there.
    """
    known = sorted(_held(loss) for loss in losses if loss is not None)
    if not known:
        return []
    floor = known[0] if least is None else min(_held(least), known[0])
    flat = max(FLAT * abs(floor), TINY)
    rises = [loss - floor for loss in known if loss - floor > flat]
    if not rises:
        return []
    high = rises[int(HIGHEST * (len(rises) - 1))]
    low = min(rises[int(LOWEST * len(rises))], high / 2)
    bottom = max(_series("125", range(_power(low) - 2, _power(low) + 1), low / BOTTOM))
    levels = {_level(rise, floor) for rise in (bottom, *_steps(low, high))}
    return sorted(level for level in levels if floor < level < known[-1])


def _steps(low: float, high: float) -> list[float]:
    """Return numbers of one digit from `low` to `high`, the densest series of a few that fits."""
    powers = range(_power(low), _power(high) + 1)
    for digits in (_DENSE, "125", "13", "1"):
        steps = [step for step in _series(digits, powers, high) if step >= low]
        if len(steps) <= MOST_LEVELS:
            return steps
    return steps[:: -(-len(steps) // MOST_LEVELS)]


def _series(digits: Iterable[str], powers: range, most: float) -> list[float]:
    steps = (float(f"{digit}e{power}") for power in powers for digit in digits)
    return [step for step in steps if step <= most]


def _power(value: float) -> int:
    return math.floor(math.log10(value))


def _level(rise: float, floor: float) -> float:
    """Return a round level about `rise` above `floor`; far above it, the rise is round itself."""
    if rise > abs(floor):
        return rise
    low, high = floor + 0.6 * rise, floor + 1.6 * rise
    found = (linear_ticks(low, high, most) for most in (1, 2, 3))
    return next((ticks[0] for ticks in found if ticks), rise + floor)


def heights(losses: Sequence[float | None], columns: int, width: int, height: int) -> list[Values]:
    """Return the loss at `height` rows of `width` dots each, evenly from edge to edge.

    `losses` are those of the surface, `columns` a row; in both the lowest row comes first.
    """
    held = [math.nan if loss is None else _held(loss) for loss in losses]
    grid = [held[start : start + columns] for start in range(0, len(held), columns)]
    stretched = _stretched(list(zip(*grid, strict=True)), width)
    return _stretched(list(zip(*stretched, strict=True)), height)


def _stretched(rows: Sequence[Values], count: int) -> list[Values]:
    """Return `count` rows evenly from the first of `rows` to the last, interpolated between."""
    if len(rows) == 1:
        return [rows[0]] * count
    curves = [
        [low - 2 * middle + high for low, middle, high in zip(*three, strict=True)]
        for three in zip(rows, rows[1:], rows[2:], strict=False)
    ]
    curves = [curves[0], *curves, curves[-1]] if curves else [[0.0] * len(rows[0])] * 2
    # Only valleys are rounded out: the top of a ridge is no place to go.
    bends = [
        [
            (one if one < two else two) if one > 0 < two else 0.0
            for one, two in zip(*pair, strict=True)
        ]
        for pair in pairwise(curves)
    ]
    made: list[Values] = []
    for index in range(count):
        at = index / (count - 1) * (len(rows) - 1) if count > 1 else (len(rows) - 1) / 2
        below = min(int(at), len(rows) - 2)
        up = at - below
        down, sag = 1 - up, up * (1 - up) / 2
        three = zip(rows[below], rows[below + 1], bends[below], strict=True)
        made.append([down * low + up * high - sag * bend for low, high, bend in three])
    return made


def trace_contours(values: Sequence[Values], levels: Sequence[float], mark: Mark) -> None:
    """Mark the dots on contour lines, the lowest level where a dot is on several."""
    bands = [
        [_HOLE if math.isnan(value) else bisect_right(levels, value) for value in row]
        for row in values
    ]
    for y, row in enumerate(bands):
        for x, (one, two) in enumerate(pairwise(row)):
            if one != two and one >= 0 and two >= 0:
                mark(x + (two < one), y, min(one, two))
    for y, (row, above) in enumerate(pairwise(bands)):
        if row != above:
            for x, (one, two) in enumerate(zip(row, above, strict=True)):
                if one != two and one >= 0 and two >= 0:
                    mark(x, y + (two < one), min(one, two))
    for x, y, least in _dips(values):
        if (level := bisect_right(levels, least)) < bands[y][x]:
            mark(x, y, level)


def _dips(values: Sequence[Values]) -> Iterator[tuple[int, int, float]]:
    """Return the dots beside which the loss is less than at any dot, and how little it is.

    A ravine narrower than a dot shows in these alone.
    """
    for y, row in enumerate(values):
        three = zip(row[1:], row[2:], row[3:-1], strict=False)
        for x in [x for x, (one, two, other) in enumerate(three, 2) if one > two <= other]:
            yield x, y, _dip(*row[x - 2 : x + 3])
    for y in range(2, len(values) - 2):
        three = zip(*values[y - 1 : y + 2], strict=True)
        for x in [x for x, (one, two, other) in enumerate(three) if one > two <= other]:
            yield x, y, _dip(*(row[x] for row in values[y - 2 : y + 3]))


def _dip(far: float, near: float, here: float, other: float, beyond: float) -> float:
    """Return the least loss around the middle one of five in a row, itself the least of them."""
    if near < other:
        far, near, other, beyond = beyond, other, near, far
    # Between here and the lesser neighbour `other`.
    bend = min(near - 2 * here + other, here - 2 * other + beyond)
    slope = other - here
    if not bend > 2 * slope:
        return here
    return (here + other) / 2 - bend / 8 - slope * slope / (2 * bend)


def _held(loss: float) -> float:
    return max(-LARGEST, min(LARGEST, loss))
