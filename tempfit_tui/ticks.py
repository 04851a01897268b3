"""Round-number ticks and their labels, for linear and log axes.

Pure arithmetic: nothing here knows a screen. Ticks are exact multiples of 1, 2 or 5 times a power
of ten, ascending, and inside the bounds; no two labels of an axis are the same.
"""

import math
from itertools import pairwise

LARGEST = 1e300
"""Bounds and data are held within plus and minus this, so that no difference overflows."""


def linear_ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Return at most `most` ticks from `low` to `high`, as many as round steps allow.

    With `whole`, the step is at least 1, as for epochs.
    """
    if not low < high or most < 1:
        return []
    power = math.floor(math.log10(high - low)) - 3
    if whole:
        power = max(power, 0)
    while True:
        for digit in (1, 2, 5):
            first, last = _multiples(low, high, digit, power)
            if last - first < most:
                ticks = [_times(count * digit, power) for count in range(first, last + 1)]
                # Neighbours can be one and the same number where the axis is very short.
                return sorted({tick for tick in ticks if low <= tick <= high})
        power += 1


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most `most` ticks from `low` to `high`, both above 0.

    Decades, or every so many of them; below two decades with 1-2-5 or 1-3 between.
    """
    if not 0 < low < high or most < 1:
        return []
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))

    def within(digits: tuple[int, ...], every: int = 1) -> list[float]:
        powers = (power for power in range(first, last + 1) if power % every == 0)
        ticks = (_times(digit, power) for power in powers for digit in digits)
        return [tick for tick in ticks if low <= tick <= high]

    if math.log10(high) - math.log10(low) < 2:
        for digits in ((1, 2, 5), (1, 3)):
            if 2 <= len(ticks := within(digits)) <= most:
                return ticks
        if len(ticks := within((1,))) == 2 <= most:
            return ticks
        return linear_ticks(low, high, most)
    every = 1
    while len(ticks := within((1,), every)) > most:
        every += 1
    return ticks


def labels(ticks: list[float], *, log: bool = False) -> list[str]:
    """Return a label for each tick, as in 0.01, 1,000, 12k or 1e-7.

    On a linear axis all labels have the same number of decimals.
    """
    if log and all(_is_round(tick) for tick in ticks):
        return [short(tick, 1) for tick in ticks]
    if not ticks:
        return []
    greatest = max(abs(tick) for tick in ticks)
    step = min((after - before for before, after in pairwise(ticks)), default=greatest)
    if greatest == 0:
        return ["0"]
    smallest = math.floor(math.log10(step) + 1e-9)
    if greatest >= 1e9 or greatest < 1e-3:
        digits = max(0, math.floor(math.log10(greatest)) - smallest)
        return [_exponent(tick, digits) for tick in ticks]
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if greatest >= 10 * unit and all(tick % unit == 0 for tick in ticks):
            return [f"{tick / unit:,.0f}{letter}" if tick else "0" for tick in ticks]
    return [f"{tick or 0.0:,.{max(0, -smallest)}f}" for tick in ticks]


def short(value: float, digits: int = 3) -> str:
    """Return `value` to `digits` significant digits in few letters, as in 6.58, 12.3k or 1e-7."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    size = abs(rounded)
    if not 1e-3 <= size < 1e9:
        return _exponent(value, digits - 1)
    if 1e3 <= size < 1e4:
        # To the unit: rounding it off would make it no shorter.
        return f"{value:,.0f}"
    unit, letter = (1e6, "M") if size >= 1e6 else (1e3, "k") if size >= 1e4 else (1.0, "")
    places = max(0, digits - 1 - math.floor(math.log10(size / unit) + 1e-9))
    return f"{rounded / unit:,.{places}f}{letter}"


def _multiples(low: float, high: float, digit: int, power: int) -> tuple[int, int]:
    """Return the first and last whole multiples of `digit` x 10^`power` inside the bounds."""
    step = _times(digit, power)
    if step == 0:
        return 0, 1 << 60
    # A hair's breadth wider, since 0.3 / 0.1 is below 3; what is outside is dropped by the caller.
    return math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)


def _times(count: int, power: int) -> float:
    """Return `count` x 10^`power`, correctly rounded: 3 x 10^-1 is 0.3 itself."""
    return float(count * 10**power) if power >= 0 else count / 10**-power


def _is_round(tick: float) -> bool:
    """Return whether `tick` has a single significant digit."""
    return float(f"{tick:.0e}") == tick


def _exponent(value: float, digits: int) -> str:
    """Return `value` with an exponent, trailing zeros left out, as in 1.5e-7."""
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"
