"""What the fit chart is given to show, and the observations worth drawing of very many."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from .bounds import Scale, padded

_MOST = 10_000
"""About how many observations are drawn at most: more than a very large terminal has cells."""


class FitPicture(NamedTuple):
    """All that the fit chart shows, in the file's units."""

    x: Sequence[float]
    y: Sequence[float]
    """The observations, a row each."""
    validation: frozenset[int]
    """The rows, from 0, that validate."""
    unknown_split: bool
    """Whether it isn't known yet which rows validate."""
    span: tuple[float, float]
    """The least and the greatest x."""
    curve: list[float | None]
    """Predictions evenly spaced over the span; empty before there are any."""
    x_name: str
    y_name: str
    drawn: list[tuple[float, float]] = []
    """Observations that aren't in the file, for training."""
    drawn_name: str = ""


class Observations(NamedTuple):
    """The observations to draw, and the axes they need: the same for every frame of a run."""

    train: list[tuple[float, float]]
    validation: list[tuple[float, float]]
    x: Scale
    y: Scale


def observations(picture: FitPicture) -> Observations:
    """Return the observations to draw: all, or every so many-th and the extreme ones.

    The y axis is theirs: a curve that is far off must not squash them. Without observations it is
    the curve's.
    """
    held_out = frozenset() if picture.unknown_split else picture.validation
    train: list[tuple[float, float]] = []
    validation: list[tuple[float, float]] = []
    for row in sorted(_drawn(picture.x, picture.y, held_out)):
        point = picture.x[row], picture.y[row]
        if math.isfinite(point[0]) and math.isfinite(point[1]):
            (validation if row in held_out else train).append(point)
    heights = [y for _, y in train + validation] or [y for _, y in curve_points(picture)]
    low, high = min(heights, default=0.0), max(heights, default=1.0)
    return Observations(train, validation, padded(*picture.span, 0.02), padded(low, high, 0.08))


def _drawn(x: Sequence[float], y: Sequence[float], held_out: frozenset[int]) -> set[int]:
    """Return the rows to draw."""
    count = min(len(x), len(y))
    every = max(1, count // _MOST)
    rows = set(range(0, count, every))
    if every > 1:
        rows.update(sorted(held_out)[:: max(1, len(held_out) // _MOST)])
        rows.update(column.index(end(column)) for column in (x, y) for end in (min, max))
    return {row for row in rows if row < count}


def curve_points(picture: FitPicture) -> list[tuple[float, float]]:
    """Return the fitted curve's points, those without a finite prediction left out."""
    low, high = picture.span
    steps = max(1, len(picture.curve) - 1)
    return [
        (low + (high - low) * index / steps, y)
        for index, y in enumerate(picture.curve)
        if y is not None and math.isfinite(y)
    ]
