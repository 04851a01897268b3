"""Where an axis begins and ends: bounds that hold the data, at round numbers, and stay put.

Pure arithmetic. Bounds that moved with every frame of a training run would make the curves
shiver, and would send the whole chart to the terminal again.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from tempfit_tui.ticks import LARGEST

SHRINK = 0.6
"""Bounds shrink when the data could do with less than this part of them."""

_EARLY = 0.1
"""The part of a curve's columns that a linear axis may leave above its top."""

_FAR = 2.5
"""It does so only where they would stretch the axis more than so many times."""

_DIGITS = (1, 2, 5, 10)


class Scale(NamedTuple):
    """An axis from `low` to `high`, `low` < `high`; on a log axis both are above 0."""

    low: float
    high: float
    log: bool = False

    def fraction(self, value: float) -> float:
        """Return how far up the axis `value` is: 0 at `low`, 1 at `high`, others outside.

        Without a logarithm on a log axis, it is at the axis's bottom. Never beyond plus or minus
        1,000, so that arithmetic on it is safe.
        """
        if self.log:
            if value <= 0:
                return 0.0
            bottom = math.log10(self.low)
            part = (math.log10(value) - bottom) / (math.log10(self.high) - bottom)
        else:
            part = (_held(value) - self.low) / (self.high - self.low)
        return max(-1e3, min(1e3, part))

    def holds(self, value: float) -> bool:
        """Return whether `value` is inside."""
        return self.low <= value <= self.high

    @property
    def span(self) -> float:
        """The length in the axis's own units: decades on a log axis."""
        return math.log10(self.high) - math.log10(self.low) if self.log else self.high - self.low


def padded(low: float, high: float, part: float) -> Scale:
    """Return a linear scale with `part` of the span beyond each end; a single value is centred."""
    low, high = _held(low), _held(high)
    size = max(abs(low), abs(high))
    if high - low > max(1e-9 * size, 1e-290):
        room = (high - low) * part
    else:
        room = size / 10 if size > 1e-280 else 1.0
    return Scale(low - room, high + room)


def snapped(low: float, high: float, *, log: bool = False) -> Scale:
    """Return a scale that holds `low` to `high` and ends at round numbers."""
    if log:
        return _snapped_log(max(low, 1e-300), min(max(high, low, 1e-300), LARGEST))
    scale = padded(low, high, 0.0)
    step = _round_up(scale.span / 6)
    bottom, top = math.floor(scale.low / step) * step, math.ceil(scale.high / step) * step
    return Scale(min(bottom, scale.low), max(top, scale.high))


def settled(previous: Scale | None, low: float, high: float, *, log: bool = False) -> Scale:
    """Return `previous` while it holds `low` to `high` and isn't far too wide, else a new scale.

    It grows at the end where the data left it, and shrinks only below SHRINK.
    """
    fresh = snapped(low, high, log=log)
    if previous is None or previous.log != log:
        return fresh
    grown = Scale(min(previous.low, fresh.low), max(previous.high, fresh.high), log)
    if previous.low <= low and high <= previous.high:
        grown = previous
    return fresh if fresh.span < SHRINK * grown.span else grown


def robust_top(highs: Sequence[float], low: float) -> float:
    """Return a top for a linear axis that a few great values, as the first ones are, can't flatten.

    It is the greatest value, or, where that is far above the others, the greatest of all but a
    tenth; the last value is always below it.
    """
    top = max(highs)
    if len(highs) < 20:
        return top
    usual = max(sorted(highs)[len(highs) - 1 - math.ceil(len(highs) * _EARLY)], highs[-1])
    return usual if top - low > _FAR * (usual - low) > 0 else top


def _snapped_log(low: float, high: float) -> Scale:
    """Return the scale with ends at 1, 2 or 5 times a power of ten."""
    power = math.floor(math.log10(low))
    bottom = max((value for value in _near(power) if value <= low), default=low)
    top = min(
        (value for value in _near(math.floor(math.log10(high))) if value >= high), default=high
    )
    if bottom == top:
        # A single round value: a step of the axis around it.
        return Scale(bottom / 2, top * 2, log=True)
    return Scale(bottom, top, log=True)


def _near(power: int) -> list[float]:
    return [float(f"{digit}e{at}") for at in (power - 1, power, power + 1) for digit in (1, 2, 5)]


def _round_up(value: float) -> float:
    """Return the least of 1, 2 and 5 times a power of ten that isn't below `value`."""
    power = math.floor(math.log10(value))
    return next(
        (step for digit in _DIGITS if (step := float(f"{digit}e{power}")) >= value),
        float(f"1e{power + 1}"),
    )


def _held(value: float) -> float:
    return max(-LARGEST, min(LARGEST, value))
