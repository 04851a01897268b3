"""The offset of a column that is far from 0, which training in float32 leaves out."""

import math
from collections.abc import Sequence
from fractions import Fraction

FAR = 100.0
"""Ranges from 0 beyond which an offset is subtracted. float32 keeps seven digits; a column that
far out has five of them left for its differences, or fewer."""


def offset_of(column: Sequence[float]) -> float:
    """Return what to subtract from a column before float32 loses its differences, mostly 0.

    A round number near the middle, as a person would choose: a multiple of the largest power of
    ten that is not above the range.
    """
    low, high = min(column), max(column)
    spread = high - low
    if not 0 < FAR * spread < max(abs(low), abs(high)):
        return 0.0
    unit = Fraction(10) ** math.floor(math.log10(spread))
    return float(round((Fraction(low) + Fraction(high)) / 2 / unit) * unit)
