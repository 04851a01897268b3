"""What the fit chart is given to show, and the observations worth drawing of very many."""

import math
from collections.abc import Sequence, Set
from random import Random
from typing import NamedTuple

from .bounds import Scale, padded

_MOST = 10_000
"""About how many observations are drawn at most: more than a very large terminal has cells."""
_COLUMNS = 500
"""Across so many columns the lowest and the highest observation of each are drawn."""


Scores = tuple[str, ...]
"""How well a curve fits some rows, in words of different lengths, the fullest first."""


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
    scores: tuple[Scores, Scores] = ((), ())
    """How well the curve fits the training rows and the validation rows."""
    cursor: tuple[float, float | None] | None = None
    """An input, and what is predicted for it."""


class Observations(NamedTuple):
    """The observations to draw, and the axes they need: the same for every frame of a run."""

    train: list[tuple[float, float]]
    validation: list[tuple[float, float]]
    x: Scale
    y: Scale


def observations(picture: FitPicture) -> Observations:
    """Return the observations to draw: all; or some of them at random, and those at the edges.

    The y axis is theirs: a curve that is far off must not squash them. Without observations it is
    the curve's.
    """
    held_out = frozenset() if picture.unknown_split else picture.validation
    train: list[tuple[float, float]] = []
    validation: list[tuple[float, float]] = []
    for row in sorted(_drawn(picture, held_out)):
        point = picture.x[row], picture.y[row]
        if math.isfinite(point[0]) and math.isfinite(point[1]):
            (validation if row in held_out else train).append(point)
    heights = [y for _, y in train + validation] or [y for _, y in curve_points(picture)]
    low, high = min(heights, default=0.0), max(heights, default=1.0)
    return Observations(train, validation, padded(*picture.span, 0.02), padded(low, high, 0.08))


def _drawn(picture: FitPicture, held_out: frozenset[int]) -> Set[int] | range:
    """Return the rows to draw.

    Every so many-th row would show one phase of what repeats itself in the file.
    """
    count = min(len(picture.x), len(picture.y))
    if count <= _MOST:
        return range(count)
    chance = Random(0)  # noqa: S311 - the same rows each time
    rows = set(chance.sample(range(count), _MOST)) | _edges(picture.x, picture.y)
    if len(held_out) > _MOST:
        held_out = frozenset(chance.sample(sorted(held_out), _MOST))
    return rows | {row for row in held_out if row < count}


def _edges(x: Sequence[float], y: Sequence[float]) -> set[int]:
    """Return the rows with the least and the greatest y in each of many columns, all of x."""
    left, right = min(x), max(x)
    width = right - left
    # Where floats can't tell columns apart all is in one.
    origin, scale = (left, _COLUMNS / width) if 1e-300 < width < math.inf else (0.0, 0.0)
    lows, lowest = [math.inf] * (_COLUMNS + 2), [0] * (_COLUMNS + 2)
    highs, highest = [-math.inf] * (_COLUMNS + 2), [0] * (_COLUMNS + 2)
    for row, (place, height) in enumerate(zip(x, y, strict=False)):
        column = int((place - origin) * scale)
        if height < lows[column]:
            lows[column], lowest[column] = height, row
        if height > highs[column]:
            highs[column], highest[column] = height, row
    return {*lowest, *highest, x.index(left), x.index(right)}


def curve_points(picture: FitPicture) -> list[tuple[float, float]]:
    """Return the fitted curve's points, those without a finite prediction left out."""
    low, high = picture.span
    steps = max(1, len(picture.curve) - 1)
    return [
        (low + (high - low) * index / steps, y)
        for index, y in enumerate(picture.curve)
        if y is not None and math.isfinite(y)
    ]
